"""Extraction by rules: deterministic, in linear time, for English.

Each message is read sentence by sentence. Of a sentence the clauses that ask for something are
found first (an imperative, "could you", "your answer must", a fragment such as "In two lines.");
then each rule looks for its own kind in them. What a rule understands becomes a key and the values
it may have; a clause that asks for something no rule understands is kept as ``other``, so that it
is seen that something was asked.

A sentence is read as a whole although words in it may be quoted: in *never say "sorry"* the quoted
word is what the instruction is about. It has the authority of the place where it begins; one that
begins inside a quotation, or in text nobody vouches for, has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from adhere.conversation import Conversation, Message, Role
from adhere.extract.extracted import Extracted, Kind, Span, Voices
from adhere.extract.reading import Hit, Reading, Rule
from adhere.extract.rules_deeds import action, task, tool
from adhere.extract.rules_form import case, details, form, layout
from adhere.extract.rules_role import override, persona, secrecy, topic
from adhere.extract.rules_style import language, length
from adhere.extract.rules_words import wording
from adhere.extract.sentences import Clause, clauses, sentences

RULES: Final[tuple[Rule, ...]] = (
    override, secrecy, persona, tool, language, length, form, details, case, layout, wording, topic,
    action,
)  # fmt: skip
"""In this order: where two of one kind lie over each other the first stands."""

_OPERATORS: Final = (Role.SYSTEM, Role.DEVELOPER)


class RuleExtractor:
    """Finds instructions by the rules of this room."""

    name = "rules:1"

    async def extract(
        self, conversation: Conversation, spans: Sequence[Span]
    ) -> tuple[Extracted, ...]:
        """Return what the rules find; see `extract_by_rules`."""
        return extract_by_rules(conversation, spans)


def extract_by_rules(conversation: Conversation, spans: Sequence[Span]) -> tuple[Extracted, ...]:
    """Find instructions in the messages of a conversation, but not in those of the assistant.

    Args:
        conversation: What was said.
        spans: Who has authority over each character of it.
    """
    voices = Voices(spans)
    found: list[Extracted] = []
    for number, message in enumerate(conversation):
        if message.role is not Role.ASSISTANT:
            found += _of_message(number, message, voices)
    return tuple(found)


def _of_message(number: int, message: Message, voices: Voices) -> Iterator[Extracted]:
    operator = message.role in _OPERATORS
    for begin, text in _parts(message):
        for sentence in sentences(text):
            reading = Reading(sentence.text, tuple(clauses(sentence.text)), operator)
            for hit in hits(reading):
                start, end = begin + sentence.start + hit.start, begin + sentence.start + hit.end
                clause = _clause_at(reading, hit.start)
                voice = voices.weakest(
                    number,
                    {start, begin + sentence.start + (clause.start if clause else hit.start)},
                )
                if voice is None:
                    continue
                key = f"other.{number}.{start}" if hit.kind is Kind.OTHER else hit.key
                yield Extracted(
                    kind=hit.kind, key=key, allowed=hit.allowed, polarity=hit.polarity,
                    message=number, start=start, end=end, level=voice.level, mode=hit.mode,
                    condition=clause.condition if clause else "", source=voice.source,
                    text=message.text[start:end], extractor=RuleExtractor.name,
                )  # fmt: skip


def _parts(message: Message) -> Iterator[tuple[int, str]]:
    """Yield the texts of a message that stand for themselves, with where they begin."""
    if isinstance(message.content, str):
        yield 0, message.content
        return
    at = 0
    for part in message.content:
        if part.type != "settings":
            yield at, part.text
            at += len(part.text)


def _clause_at(reading: Reading, at: int) -> Clause | None:
    return next((one for one in reversed(reading.clauses) if one.start <= at < one.end), None)


def hits(reading: Reading) -> list[Hit]:
    """Return what the rules find in a sentence, in order."""
    found: list[Hit] = []
    for rule in RULES:
        for hit in rule(reading):
            end = hit.start + len(reading.text[hit.start : hit.end].rstrip())
            if not any(_repeats(hit, other) for other in found):
                found.append(hit._replace(end=end))
    found += task(reading, found)
    return sorted(found, key=lambda hit: (hit.start, hit.end))


def _repeats(hit: Hit, other: Hit) -> bool:
    """Whether another rule said the same, or said better what these words mean."""
    if hit.start >= other.end or other.start >= hit.end:
        return False
    if hit.kind is other.kind:
        return hit.key == other.key or hit.kind in _ONE_A_PLACE
    return (other.kind, hit.kind) in _STRONGER


_ONE_A_PLACE: Final = frozenset([Kind.PERSONA, Kind.OVERRIDE, Kind.LENGTH, Kind.ACTION, Kind.TOOL])

_STRONGER: Final = {
    (Kind.SECRECY, Kind.TOPIC), (Kind.SECRECY, Kind.ACTION), (Kind.OVERRIDE, Kind.ACTION),
    (Kind.OVERRIDE, Kind.PERSONA), (Kind.TOOL, Kind.ACTION), (Kind.WORDING, Kind.TOPIC),
    (Kind.LENGTH, Kind.WORDING), (Kind.PERSONA, Kind.TOPIC), (Kind.SECRECY, Kind.PERSONA),
    (Kind.TOOL, Kind.WORDING), (Kind.OVERRIDE, Kind.SECRECY),
}  # fmt: skip
"""Of two kinds that claim the same words, the first is meant."""
