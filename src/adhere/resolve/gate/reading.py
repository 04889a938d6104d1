"""A conversation as the gate reads it: who said what, and how far a value can be trusted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, Literal

import msgspec

from adhere.conversation import Message, Role, ToolCall
from adhere.resolve.gate.intent import (
    asks_for,
    content_stems,
    delegates,
    names_person,
    people,
)
from adhere.resolve.gate.provenance import (
    MAX_TEXT,
    PRINCIPALS,
    Text,
    ValueOrigin,
    origins,
    texts_of,
    words_of,
)
from adhere.resolve.gate.records import Record, records_of
from adhere.resolve.gate.tools import ToolSpec, ToolSpecs
from adhere.resolve.gate.values import EMAIL, host_of, leaves, names_place
from adhere.spec import Authority


class Standing(StrEnum):
    """How far a value can be trusted to be what a principal meant, the best first."""

    PRINCIPAL = "principal"
    """A principal said it."""
    ANCHORED = "anchored"
    """A field of a record that the principals' words describe."""
    LED = "led"
    """A field of what was looked up by the principals' words, or said by whom they referred to."""
    NEUTRAL = "neutral"
    """A field of a result that nobody's words led to."""
    OWN = "own"
    """Found nowhere: the assistant's own."""
    TAINTED = "tainted"
    """Untrusted prose says it, or a look-up by words that only untrusted prose says."""


class Traced(msgspec.Struct, frozen=True, gc=False):
    """A value, how far it can be trusted, and where it may come from."""

    standing: Standing
    origins: tuple[ValueOrigin, ...] = ()
    person: str = ""
    """The person a principal named whose address it is: the only one that bears the name, and it
    is a field, or stands in what was looked up by the principals' words."""

    @property
    def trusted(self) -> bool:
        """Whether it can be taken for what a principal meant."""
        return self.standing in _TRUSTED or bool(self.person)


class _Result(msgspec.Struct, frozen=True):
    message: int
    spec: ToolSpec
    led: Literal["principal", "untrusted", ""]
    records: tuple[Record, ...]
    content: str
    prose: str
    """All its fields, as they read once the structure is taken off."""


_CALLED: Final = re.compile(r"(?i)name|title|category|brand|label|kind")
_AROUND: Final = ".,;:!?'\"()[]{}|"
_TRUSTED: Final = frozenset({Standing.PRINCIPAL, Standing.ANCHORED, Standing.LED})


class Reading:
    """What has been said so far; grows a message at a time.

    Args:
        specs: The tools.

    Attributes:
        fields: How many fields tools have returned; a result that is prose counts as one.
    """

    def __init__(self, specs: ToolSpecs) -> None:
        self.specs = specs
        self.texts: list[Text] = []
        self.results: list[_Result] = []
        self.untrusted_seen = False
        self._count = 0
        self._calls: dict[str, ToolCall] = {}
        self._unanswered: list[ToolCall] = []
        self._said: list[Text] = []
        self._prose: list[Text] = []
        self._traced: dict[str, Traced] = {}
        self.fields = 0
        self._people: frozenset[str] = frozenset()
        self._stems: frozenset[str] = frozenset()
        self._bearers: dict[str, set[str]] = {}

    def add(self, message: Message) -> None:
        """Take in the next message."""
        number, self._count = self._count, self._count + 1
        new = list(texts_of(number, message))
        if message.role is Role.ASSISTANT:
            self._unanswered.extend(message.tool_calls)
            self._calls.update({call.id: call for call in message.tool_calls if call.id})
        elif message.role is Role.TOOL:
            self._take_result(number, message)
        for text in new:
            if text.principal:
                self._said.append(text)
            elif text.untrusted and message.role is not Role.TOOL:
                self._prose.append(text)
                self.untrusted_seen = True
        self.texts.extend(new)
        if any(text.principal for text in new):
            said = [text.content for text in self._said if text.role is not Role.SYSTEM]
            self._people = people(said, self.specs)
            self._stems = frozenset().union(*map(content_stems, said))
            self._bearers = {}
            for result in self.results:
                self._note_bearers(result)
        self._traced.clear()

    def _take_result(self, number: int, message: Message) -> None:
        call = self._answered(message)
        name = call.name if call else message.name or ""
        spec = self.specs.get(name)
        records = records_of(message.text)
        prose = "\n".join(record.text for record in records) if records else message.text
        result = _Result(number, spec, self._led(call), records, message.text, prose)
        self.results.append(result)
        self.fields += sum(len(record.fields) for record in records) or 1
        if not spec.closed and message.text.strip():
            self.untrusted_seen = True
        self._note_bearers(result)

    def _note_bearers(self, result: _Result) -> None:
        """Note every address in a result that bears the name of a person a principal named."""
        for match in EMAIL.finditer(result.content):
            address = match[0].strip(_AROUND).casefold()
            if person := names_person(address, self._people):
                self._bearers.setdefault(person, set()).add(address)

    def _answered(self, message: Message) -> ToolCall | None:
        """Return the call that a result answers: by id, else by the tool's name, else by order."""
        call = self._calls.get(message.tool_call_id or "")
        if call is None:
            same = (one for one in self._unanswered if message.name in (None, one.name))
            call = next(same, None)
        if call in self._unanswered:
            self._unanswered.remove(call)
        return call

    def _led(self, call: ToolCall | None) -> Literal["principal", "untrusted", ""]:
        """Whose words a look-up was made with."""
        if call is None:
            return ""
        traced = [
            self.trace(value)
            for _, value in leaves(call.arguments)
            if len(value) > 2 and not value.replace(".", "").isdigit()
        ]
        if any(one.standing is Standing.TAINTED and not one.trusted for one in traced):
            return "untrusted"
        return "principal" if any(one.trusted for one in traced) else ""

    def asked(self, spec: ToolSpec) -> Authority:
        """Return the level of the principal who asked for a tool, NONE where nobody did."""
        for text in reversed(self._said):
            if asks_for(spec, self.specs, (text.content,)):
                return Authority(text.role.value)
        return Authority.NONE

    def asked_by_referred(self, spec: ToolSpec) -> bool:
        """Whether someone whose requests a principal took up asks for a tool."""
        if not delegates(text.content for text in self._said if text.role is not Role.SYSTEM):
            return False
        return any(
            asks_for(spec, self.specs, (record.text,))
            for result in self.results
            for record in result.records
            if self._is_referred(result, record)
        )

    def trace(self, value: str) -> Traced:
        """Say how far a value can be trusted, and where it comes from."""
        known = self._traced.get(value)
        if known is None:
            known = self._traced[value] = self._trace(value)
        return known

    def _trace(self, value: str) -> Traced:
        found = origins(value, self.texts)
        person = names_person(value, self._people) if EMAIL.fullmatch(value) else ""
        if len(self._bearers.get(person, ())) != 1:
            person = ""  # two addresses bear the name: neither is the one that was meant
        if any(one.role in PRINCIPALS for one in found) or self._is_within_said(value):
            return Traced(Standing.PRINCIPAL, found, person)
        fields = tuple(self._as_fields(value))
        if Standing.ANCHORED in fields:
            standing = Standing.ANCHORED
        elif self._said_by_referred(value):
            standing = Standing.LED
        elif self._in_prose(value):
            standing = Standing.TAINTED
        elif not fields:
            return Traced(Standing.OWN, found)
        else:
            # What a tainted look-up brought up stays tainted where it comes back later, from a
            # cart or a list: so the first field decides, unless the principals' words led to one.
            standing = Standing.LED if Standing.LED in fields else fields[0]
        if standing is Standing.TAINTED:
            looked_up = {result.message for result in self.results if result.led == "principal"}
            if not any(one.message in looked_up for one in found):
                person = ""
        return Traced(standing, found, person)

    def _is_within_said(self, value: str) -> bool:
        """Whether it is below a folder, or on a host, that a principal named."""
        if value.startswith("/"):
            if ".." in value.split("/"):
                return False
            parts = value.rstrip("/").split("/")
            parents = ["/".join(parts[:size]) for size in range(2, len(parts))]
            return any(
                names_place(text.content, parent) for text in self._said for parent in parents
            )
        host = host_of(value)
        return bool(host) and any(names_place(text.content, host) for text in self._said)

    def _as_fields(self, value: str) -> Iterator[Standing]:
        """Say what each field that consists of the value is worth."""
        words = words_of(value)
        if not words:
            return
        for result in self.results:
            if not result.records and words_of(result.content) == words:
                yield _WORTH[result.led]
            for record in result.records:
                for key, field in record.fields:
                    if words_of(field) != words or result.spec.outsiders_word(key):
                        continue
                    if result.led != "untrusted" and self._describes(record, words):
                        yield Standing.ANCHORED
                    yield _WORTH[result.led]

    def _describes(self, record: Record, words: str) -> bool:
        """Whether the principals' words are among what the record is called."""
        called = [field for key, field in record.fields if _CALLED.search(key)]
        named = (*record.names, *(field for field in called if words_of(field) != words))
        return any(content_stems(name) & self._stems for name in named)

    def _author(self, result: _Result, record: Record) -> str | None:
        """Return the person a principal named who wrote a record."""
        field = record.field(result.spec.author)
        match = EMAIL.search(field)
        person = names_person(match[0] if match else field, self._people)
        return person or None

    def _is_referred(self, result: _Result, record: Record) -> bool:
        who = self._author(result, record) if result.spec.author else None
        return who is not None and len(self._bearers.get(who, ())) == 1

    def _said_by_referred(self, value: str) -> bool:
        texts = [
            Text(result.message, Role.USER, field)  # looked for by its very words
            for result in self.results
            for record in result.records
            if self._is_referred(result, record)
            for _, field in record.fields
        ]
        host = host_of(value)
        return bool(origins(value, texts)) or bool(
            host and any(names_place(text.content, host) for text in texts)
        )

    def _in_prose(self, value: str) -> bool:
        """Whether untrusted text says the value, other than as a whole field of the tool's."""
        host, words = host_of(value), words_of(value)

        def says(text: Text) -> bool:
            return len(text.content) > MAX_TEXT or bool(
                origins(value, (text,)) or (host and names_place(text.content, host))
            )

        if any(says(text) for text in self._prose):
            return True
        for result in self.results:
            # All at once first: most results do not say it anywhere.
            if result.spec.closed or not says(Text(result.message, Role.TOOL, result.prose)):
                continue
            if not result.records and words_of(result.content) != words:
                return True
            for record in result.records:
                if self._is_referred(result, record):
                    continue
                for key, field in record.fields:
                    own = words_of(field) == words and not result.spec.outsiders_word(key)
                    if not own and says(Text(result.message, Role.TOOL, field)):
                        return True
        return False


_WORTH: Final = {
    "principal": Standing.LED, "": Standing.NEUTRAL, "untrusted": Standing.TAINTED,
}  # fmt: skip


def read_conversation(conversation: Sequence[Message], specs: ToolSpecs) -> Reading:
    """Read a conversation from its beginning."""
    reading = Reading(specs)
    for message in conversation:
        reading.add(message)
    return reading
