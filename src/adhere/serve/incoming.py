"""What a request goes through before it is sent on, an item of its conversation at a time.

An item that was seen before under the same authority is known by its digest and not read again, so
a long history costs a hash a message. An item that nothing was changed in is sent on as it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final
from xml.sax.saxutils import escape

import msgspec

from adhere.conversation import Message, Role, parse_chat, parse_responses
from adhere.conversation.fields import strict_json
from adhere.detect import Finding, Phrases, neutralise
from adhere.errors import InputError
from adhere.resolve import Fact, facts_from
from adhere.serve.faults import Refused
from adhere.serve.reading import INTERFACES, Interface, leaves
from adhere.serve.recent import Recent
from adhere.spec import Authority

_CACHED: Final = 20_000
"""Items whose reading is kept."""
_MAX_KEPT: Final = 65_536
"""Bytes of the longest item whose reading is kept."""
_SHORTEST: Final = 16
"""Letters that could hold something encoded."""


class Item(msgspec.Struct, frozen=True):
    """An item of a conversation, read.

    Attributes:
        sent: What is sent on, for services that know developers.
        sent_as_system: The same for those that call them system.
        messages: What it says.
        said: Every string in it, joined, and the parts of its content as one text.
        speaker: Whose words they are: ``system``, ``developer``, ``user``, ``assistant``, ``tool``.
        posing: What in its text posed as a message, by kind, and was neutralised.
        facts: Facts it states, and may.
        refused_facts: Names of facts that it may not state.
        demoted: Whether it claimed system authority, and has the developer's.
        words: What it says to people: the text of its messages, joined.
        found: What phrases were found in it, by what looked for them.
    """

    sent: bytes
    sent_as_system: bytes
    messages: tuple[Message, ...]
    said: str
    speaker: str
    posing: tuple[str, ...]
    facts: dict[str, Fact]
    refused_facts: tuple[str, ...]
    demoted: bool
    words: str
    found: dict[Phrases, tuple[Finding, ...]]


class ItemReader:
    """Reads items, and remembers what it read."""

    def __init__(self) -> None:
        self._known: dict[tuple[Interface, bool], Recent[bytes, Item]] = {
            (interface, platform): Recent(_CACHED)
            for interface in INTERFACES
            for platform in (False, True)
        }

    def read(
        self, raw: bytes, interface: Interface, level: Authority, place: int
    ) -> tuple[bytes, Item]:
        """Return an item's digest, and what it comes to.

        Args:
            raw: Its bytes.
            interface: The interface it is of.
            level: The highest authority its sender can have.
            place: Its number in the request.

        Raises:
            Refused: It cannot be read.
        """
        key = sha256(raw).digest()
        kept = self._known[interface, level is Authority.SYSTEM]
        known = kept.get(key)
        if known is None:
            known = _read(raw, interface, level, place)
            if len(raw) <= _MAX_KEPT:
                kept.put(key, known)
        return key, known


def _read(raw: bytes, interface: Interface, level: Authority, place: int) -> Item:
    name = "messages" if interface == "chat" else "input"
    try:
        value = strict_json(raw)
        if not isinstance(value, dict):
            raise ValueError("it is no object")  # noqa: TRY004 - what was sent is wrong, not we
        demoted = level is not Authority.SYSTEM and _demote(value)
        posing: list[str] = []
        neutral = False
        if not (level is Authority.SYSTEM and _role(value) == "system"):
            neutral = _neutralise(value, posing)
        marked = _mark_untrusted(value)
        parse = parse_chat if interface == "chat" else parse_responses
        messages = parse([value], name=f"{name}[{place}]")
    except (ValueError, RecursionError, OverflowError) as error:
        raise Refused(
            400, "invalid_json", f"{name}[{place}] cannot be read: {error}", param=name
        ) from error
    except InputError as error:
        raise Refused(400, "invalid_value", str(error), param=error.place) from error
    try:
        sent = msgspec.json.encode(value) if demoted or neutral or marked else raw
        as_system = sent
        if _role(value) == "developer":
            as_system = msgspec.json.encode({**value, "role": "system"})
    except OverflowError as error:
        raise Refused(
            400, "invalid_value", f"a number in {name}[{place}] is too large", param=name
        ) from error
    stated = facts_from(messages)
    words = "".join(message.text for message in messages)
    in_parts = any(not isinstance(message.content, str) for message in messages)
    said = "\n".join([words, *leaves(value)] if in_parts else leaves(value))
    return Item(
        sent, as_system, tuple(messages), said, _speaker(messages, level),
        tuple(posing), stated.facts, tuple(one.name for one in stated.refused), demoted,
        words, {},
    )  # fmt: skip


def _role(value: Any) -> str:
    return str(value.get("role", "")) if isinstance(value, dict) else ""


def _demote(value: Any) -> bool:
    """Take system authority off an item of somebody who has none; whether it claimed any."""
    if _role(value) not in ("system", "platform"):
        return False
    value["role"] = "developer"
    return True


def _neutralise(value: Any, posing: list[str]) -> bool:
    """Neutralise every text, wherever it stands; whether any was changed.

    Args:
        value: The item; changed in place.
        posing: Gets what poses as a message, or as the machinery around one.
    """
    changed = False
    pending = [value]
    while pending:
        one = pending.pop()
        for key, member in one.items() if isinstance(one, dict) else enumerate(one):
            if isinstance(member, str):
                if len(member) < _SHORTEST and member.isalnum():
                    continue  # a word, such as a role
                clean = _neutral_json(member, posing) if key == "arguments" else None
                if clean is None:
                    neutral = neutralise(member)
                    posing += [spoof.kind.value for spoof in neutral.found]
                    clean = neutral.text
                if clean != member:
                    one[key] = clean
                    changed = True
            elif isinstance(member, dict | list):
                pending.append(member)
    return changed


def _neutral_json(written: str, posing: list[str]) -> str | None:
    """Neutralise the texts in a call's arguments, which stay JSON; None where they are none."""
    try:
        value = strict_json(written)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    return msgspec.json.encode(value).decode() if _neutralise(value, posing) else written


def _mark_untrusted(value: Any) -> bool:
    """Put parts that only adhere knows into words, so that no text can close its own tag."""
    content = value.get("content") if isinstance(value, dict) else None
    if not isinstance(content, list):
        return False
    marked = False
    for number, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in ("untrusted_text", "settings"):
            text = escape(str(part.get("text", "")))
            content[number] = {"type": "text", "text": f"\n<{kind}>\n{text}\n</{kind}>\n"}
            marked = True
    return marked


def _speaker(messages: Sequence[Message], level: Authority) -> str:
    role = messages[0].role if messages else Role.USER
    if role is Role.SYSTEM:
        return "system" if level is Authority.SYSTEM else "developer"
    return role.value
