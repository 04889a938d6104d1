"""What moderators do, as a public log: a comment's state is what the log says and nothing else.

There is no state to change behind the log's back. Each action holds the digest of the one before,
so that an action taken out or altered breaks the chain for everybody who kept a later digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from adhere.spec import digest_plain


class ActionKind(StrEnum):
    """What a moderator did."""

    HIDE = "hide"
    SHOW = "show"
    ANSWER = "answer"
    PLAN = "plan"
    """It is part of a proposal."""
    ADOPT = "adopt"
    DEFER = "defer"
    SET_ASIDE = "set_aside"


class State(StrEnum):
    """What became of a comment."""

    OPEN = "open"
    ANSWERED = "answered"
    PLANNED = "planned"
    ADOPTED = "adopted"
    DEFERRED = "deferred"
    SET_ASIDE = "set_aside"


_BECOMES: Final = {
    ActionKind.ANSWER: State.ANSWERED,
    ActionKind.PLAN: State.PLANNED,
    ActionKind.ADOPT: State.ADOPTED,
    ActionKind.DEFER: State.DEFERRED,
    ActionKind.SET_ASIDE: State.SET_ASIDE,
}

START: Final = "sha256:" + "0" * 64


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the log.

    Attributes:
        number: From 1, without gaps.
        by: Number of the moderator.
        name: The name they had then.
        comment: The comment.
        kind: What was done.
        link: What it refers to: a proposal, a release; may be empty.
        reason: Why, for everybody to read.
        at: Seconds since the epoch.
        digest: Of all this and the digest before.
    """

    number: int
    by: int
    name: str
    comment: str
    kind: ActionKind
    link: str
    reason: str
    at: float
    digest: str


def digest_after(before: str, action: Action) -> str:
    """Return the digest an action has after the one before."""
    return digest_plain(
        [before, action.number, action.by, action.name, action.comment, action.kind.value,
         action.link, action.reason, repr(action.at)]
    )  # fmt: skip


def check_actions(actions: Iterable[Action]) -> str:
    """Return what is wrong with a log of actions; empty where nothing is."""
    before = START
    for number, action in enumerate(actions, start=1):
        if action.number != number:
            return f"action {number} is missing"
        if digest_after(before, action) != action.digest:
            return f"action {number} is not what was written"
        before = action.digest
    return ""


def state_after(actions: Sequence[Action]) -> tuple[State, bool]:
    """Return what became of a comment, and whether it is hidden, by the actions on it."""
    state, hidden = State.OPEN, False
    for action in actions:
        if action.kind in _BECOMES:
            state = _BECOMES[action.kind]
        else:
            hidden = action.kind is ActionKind.HIDE
    return state, hidden
