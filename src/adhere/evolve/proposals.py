"""A proposal: a change of a spec, why, whom it answers, and what was decided. Pure.

A proposal is a folder in a git repository::

    proposals/0003-shorter-answers/
    ├── proposal.json    adhere/proposal/1
    ├── change.patch     from the old text to the new one, for git and people
    ├── spec.md          the new text
    ├── impact.json      adhere/impact/1
    ├── impact.md        the same, for a change request
    └── decision.json    adhere/proposal-decision/1, once somebody has decided
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import unified_diff
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from adhere.spec import Spec, digest_json

Outcome: TypeAlias = Literal["adopted", "deferred", "set_aside"]

_SLUG: Final = re.compile(r"[^a-z0-9]+")
Words: TypeAlias = Annotated[str, Meta(min_length=1, max_length=2000)]


class Proposal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is proposed (``adhere/proposal/1``).

    Attributes:
        id: ``0003-shorter-answers``: its number and its title.
        title: In one line.
        reason: Why, for people.
        author: Who proposes it.
        date: The day, ``YYYY-MM-DD``.
        answers: Ids of the comments it answers.
        old: Digest of the meaning it changes.
        new: Digest of the meaning it wants.
        source: Digest of the new text.
    """

    schema: Literal["adhere/proposal/1"] = "adhere/proposal/1"
    id: str
    title: Words
    reason: Words
    author: Words
    date: str
    answers: tuple[str, ...] = ()
    old: str
    new: str
    source: str

    @property
    def digest(self) -> str:
        """What a decision is about: nothing of the proposal can change after it."""
        return digest_json(self)


class ProposalDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was decided (``adhere/proposal-decision/1``).

    Attributes:
        proposal: The proposal's id.
        digest: The proposal's digest.
        outcome: What became of it.
        by: Who decided.
        reason: Why.
        date: The day.
    """

    schema: Literal["adhere/proposal-decision/1"] = "adhere/proposal-decision/1"
    proposal: str
    digest: str
    outcome: Outcome
    by: Words
    reason: Words
    date: str


class Decided(msgspec.Struct, frozen=True):
    """A proposal with its decision."""

    proposal: Proposal
    decision: ProposalDecision


def proposal_id(number: int, title: str) -> str:
    """Return what a proposal is called.

    >>> proposal_id(3, "Shorter answers!")
    '0003-shorter-answers'
    """
    slug = _SLUG.sub("-", title.lower()).strip("-")[:60].strip("-")
    return f"{number:04d}-{slug or 'change'}"


def patch(old: bytes, new: bytes, name: str) -> str:
    """Return the change as a unified diff that ``git apply`` takes."""
    before = old.decode(errors="replace").splitlines(keepends=True)
    after = new.decode(errors="replace").splitlines(keepends=True)
    lines = []
    for line in unified_diff(before, after, f"a/{name}", f"b/{name}"):
        lines.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(lines)


def wrong_with(decided: Decided) -> str:
    """Return why a decision is not about a proposal as it is; empty where it is."""
    if decided.decision.proposal != decided.proposal.id:
        return f"the decision is about {decided.decision.proposal}"
    if decided.decision.digest != decided.proposal.digest:
        return "the proposal is not the one that was decided about"
    return ""


def chain(start: str, end: Spec, adopted: Iterable[Decided]) -> tuple[list[Decided], str]:
    """Order adopted proposals so that they lead from one meaning to another.

    Args:
        start: Digest of the meaning of the last release; empty where there is none.
        end: The spec that is to be released.
        adopted: Every adopted proposal, released before or not.

    Returns:
        Those that lead from ``start`` to ``end``, in order and as few as do, and where the path
        ends too early: the digest that no adopted proposal leads on from; empty where it reaches
        ``end``.
    """
    steps: dict[str, list[Decided]] = {}
    for one in adopted:
        steps.setdefault(one.proposal.old, []).append(one)
    paths: dict[str, list[Decided]] = {start: []}
    reached = [start]
    for at in reached:  # it grows meanwhile: breadth first, no meaning twice
        if at == end.spec_digest:
            return paths[at], ""
        for step in reversed(steps.get(at, ())):
            if step.proposal.new not in paths:
                paths[step.proposal.new] = [*paths[at], step]
                reached.append(step.proposal.new)
    return paths[reached[-1]], reached[-1] or "the beginning"


def credits(decided: Sequence[Decided]) -> list[str]:
    """Return the ids of the comments that some proposals answer, each once."""
    return list(dict.fromkeys(name for one in decided for name in one.proposal.answers))
