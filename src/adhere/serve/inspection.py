"""Every check of a request, before anything is asked of a service. Pure but for what it remembers.

What is looked at is a superset of what is sent: each string of each item, joined; the same over the
borders of messages; each string of the tools' definitions and of every other field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from adhere.conversation import Message
from adhere.conversation.fields import strict_json
from adhere.detect import Finding, View
from adhere.serve.checks import Reason, Sheet
from adhere.serve.detectors import Detectors
from adhere.serve.faults import Refused
from adhere.serve.incoming import Item, ItemReader
from adhere.serve.keys import Principal
from adhere.serve.reading import Asked, leaves
from adhere.serve.recent import Recent
from adhere.serve.rules import InForce, Rules
from adhere.spec import Authority

_MAX_NAMES: Final = 8
_TOOLS: Final = 256
"""Definitions of tools that are kept, read."""
_FIELDS: Final = 1024
"""Texts beside the conversation whose phrases are remembered."""
_FUNCTIONS: Final = ("function", "custom")


class Inspected(msgspec.Struct, frozen=True):
    """A request that was looked at.

    Attributes:
        items: The conversation, with the digest of each item.
        tools: The definitions of tools, as they are sent.
        in_force: Settings, facts and the prompt.
    """

    items: tuple[tuple[bytes, Item], ...]
    tools: bytes
    in_force: InForce

    def conversation(self) -> Sequence[Message]:
        """What was said so far."""
        return [message for _, item in self.items for message in item.messages]


class Inspector:
    """Makes the checks of requests.

    Args:
        reader: Reads items.
        detectors: Makes detectors.
    """

    def __init__(self, reader: ItemReader, detectors: Detectors) -> None:
        self._reader = reader
        self._detectors = detectors
        self._known: Recent[bytes, _Tools] = Recent(_TOOLS)
        self._fields: Recent[tuple[str, str], tuple[Finding, ...]] = Recent(_FIELDS)

    def inspect(self, asked: Asked, who: Principal, rules: Rules, sheet: Sheet) -> Inspected:
        """Make every check of a request and write its outcome down.

        Raises:
            Refused: It cannot be read.
        """
        raws = asked.items
        if "instructions" in asked.fields:
            raws = (*_instructions(asked, who.level), *raws)
        items = tuple(
            self._reader.read(raw, asked.interface, who.level, place)
            for place, raw in enumerate(raws)
        )
        facts = _facts(asked, who, items, sheet)
        in_force = rules.in_force(who, asked.end_user, asked.own.settings, facts)
        _roles(items, sheet)
        _settings(in_force, sheet)
        tools = self._tools(asked, who, rules, sheet)
        if self._detectors.choices and sheet.table.is_on("phrases"):
            try:
                self._phrases(asked, items, sheet)
            except Exception as error:  # noqa: BLE001 - a check that cannot answer says so
                sheet.fail("phrases", Reason(full=f"it failed: {type(error).__name__}"))
        return Inspected(items, tools, in_force)

    def _tools(self, asked: Asked, who: Principal, rules: Rules, sheet: Sheet) -> bytes:
        if not asked.tools:
            return b""
        tools = self._known.get(asked.tools) or self._known.put(
            asked.tools, _read_tools(self._reader, asked.tools)
        )
        if not sheet.table.is_on("tools"):
            return asked.tools
        agent = rules.agents[who.developer]
        outside = [name for name, hosted in tools.named if not agent.may_offer(name, hosted)]
        if outside:
            sheet.block("tools", Reason(full=f"outside the scope: {_names(outside)}"))
        elif tools.posing:
            sheet.note(
                "tools", Reason(full=f"definitions pose as messages: {_names(tools.posing)}")
            )
        sheet.pass_("tools")
        return tools.sent

    def _phrases(self, asked: Asked, items: Sequence[tuple[bytes, Item]], sheet: Sheet) -> None:
        words: dict[str, list[str]] = {}
        for number, (_, item) in enumerate(items):
            phrases = self._detectors.for_speaker(item.speaker)
            if phrases is None:
                continue
            found = item.found.get(phrases)
            if found is None:
                found = item.found[phrases] = phrases.find(View(item.said))
            self._tell(found, f"item {number}", sheet)
            words.setdefault(item.speaker, []).append(item.words)
        for speaker, said in words.items():
            phrases = self._detectors.for_speaker(speaker)
            if phrases is not None and len(said) > 1:  # begun in one turn, ended in a later one
                self._tell(
                    phrases.find(View("\n".join(said))), f"all that the {speaker} says", sheet
                )
        tools = known.said if (known := self._known.get(asked.tools)) else ""
        for speaker, text in (
            ("user", "\n".join(leaves(asked.fields))), ("developer", tools), ("tool", tools),
        ):  # fmt: skip
            phrases = self._detectors.for_speaker(speaker)
            if phrases is not None and text:
                key = (speaker, text)
                found = self._fields.get(key)
                if found is None:
                    found = self._fields.put(key, phrases.find(View(text)))
                self._tell(found, "the other fields", sheet)
        sheet.pass_("phrases")

    def _tell(self, found: Sequence[Finding], where: str, sheet: Sheet) -> None:
        for one in found:
            choice = self._detectors.choices[one.rule]
            sheet.block(
                "phrases",
                Reason(
                    full=f"phrase {one.rule} in {where}, characters {one.start} to {one.end}",
                    public=choice.reason, section=choice.section, detail=one.rule,
                ),
            )  # fmt: skip


def _instructions(asked: Asked, level: Authority) -> Sequence[bytes]:
    """Return the field ``instructions`` as the item that it stands for."""
    said = asked.fields["instructions"]
    if said is None:
        return ()
    if not isinstance(said, str):
        raise Refused(400, "invalid_value", "'instructions' is a string", param="instructions")
    role = "system" if level is Authority.SYSTEM else "developer"
    return (msgspec.json.encode({"role": role, "content": said}),)


def _facts(
    asked: Asked, who: Principal, items: Sequence[tuple[bytes, Item]], sheet: Sheet
) -> Mapping[str, bool | int | str]:
    """Return the facts that count: those the platform states."""
    refused = [name for _, item in items for name in item.refused_facts]
    known: dict[str, bool | int | str] = {}
    for _, item in items:
        known.update(
            {
                name: fact.value
                for name, fact in item.facts.items()
                if isinstance(fact.value, bool | int | str)
            }
        )
    if who.level is Authority.SYSTEM:
        known.update(asked.own.facts)
    else:
        refused += asked.own.facts
    if refused:
        sheet.note("facts", Reason(full=f"not theirs to state: {_names(refused)}"))
    sheet.pass_("facts")
    return known


def _roles(items: Sequence[tuple[bytes, Item]], sheet: Sheet) -> None:
    demoted = sum(item.demoted for _, item in items)
    posing = [kind for _, item in items for kind in item.posing]
    if demoted or posing:
        said = [f"{demoted} messages without system authority"] if demoted else []
        said += [f"poses as a message: {_names(posing)}"] if posing else []
        sheet.note("roles", Reason(full="; ".join(said), detail="changed"))
    sheet.pass_("roles")


def _settings(in_force: InForce, sheet: Sheet) -> None:
    if in_force.refused:
        refused = [step.address for step in in_force.refused]
        sheet.note("settings", Reason(full=f"refused: {_names(refused)}", detail="refused"))
    sheet.pass_("settings")


class _Tools(msgspec.Struct, frozen=True):
    """Definitions of tools, read."""

    sent: bytes
    named: tuple[tuple[str, bool], ...]
    """What each is called, and whether the service runs it itself."""
    said: str
    posing: tuple[str, ...]


def _read_tools(reader: ItemReader, tools: bytes) -> _Tools:
    """Read definitions of tools, as text of somebody without authority."""
    wrapped = b'{"role":"assistant","content":"","tools":' + tools + b"}"
    _, item = reader.read(wrapped, "chat", Authority.NONE, 0)
    defined = strict_json(item.sent)["tools"]
    if not isinstance(defined, list):
        raise Refused(400, "invalid_value", "'tools' is a list", param="tools")
    sent = tools if item.sent == wrapped else msgspec.json.encode(defined)
    return _Tools(sent, tuple(map(_named, defined)), item.said, item.posing)


def _named(tool: Any) -> tuple[str, bool]:
    if not isinstance(tool, dict):
        raise Refused(400, "invalid_value", "a tool is an object", param="tools")
    kind = str(tool.get("type", ""))
    inner = tool.get(kind, tool)
    if kind in _FUNCTIONS and isinstance(inner, dict):
        return str(inner.get("name", "")), False
    return kind, True


def _names(names: Sequence[str]) -> str:
    """Return names for a record: few, short, and each once."""
    once = list(dict.fromkeys(name[:64] for name in names))
    more = f" and {len(once) - _MAX_NAMES} more" if len(once) > _MAX_NAMES else ""
    return ", ".join(once[:_MAX_NAMES]) + more
