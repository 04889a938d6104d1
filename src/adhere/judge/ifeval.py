"""IFEval's verifiable instructions: whether an answer follows them, decided by the text alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, get_args

import msgspec

from adhere.errors import InputError
from adhere.judge.ifeval_kinds import (
    CapitalWordFrequency,
    ConstrainedResponse,
    EndChecker,
    EnglishCapital,
    EnglishLowercase,
    Existence,
    ForbiddenWords,
    Frequency,
    Identify,
    JsonFormat,
    LetterFrequency,
    MultipleSections,
    NoComma,
    NthParagraphFirstWord,
    NumberBullets,
    NumberHighlights,
    NumberParagraphs,
    NumberPlaceholders,
    NumberSentences,
    NumberWords,
    Postscript,
    Quotation,
    RepeatPrompt,
    ResponseLanguage,
    Title,
    TwoResponses,
)
from adhere.judge.verdict import Finding

Instruction: TypeAlias = (
    CapitalWordFrequency | ConstrainedResponse | EndChecker | EnglishCapital | EnglishLowercase
    | Existence | ForbiddenWords | Frequency | JsonFormat | LetterFrequency | MultipleSections
    | NoComma | NthParagraphFirstWord | NumberBullets | NumberHighlights | NumberParagraphs
    | NumberPlaceholders | NumberSentences | NumberWords | Postscript | Quotation | RepeatPrompt
    | ResponseLanguage | Title | TwoResponses
)  # fmt: skip

KINDS: tuple[str, ...] = tuple(
    sorted(str(kind.__struct_config__.tag) for kind in get_args(Instruction))
)
"""The ids of all kinds."""


def parameters(kind: str) -> tuple[str, ...]:
    """Return the names of the parameters of a kind.

    Raises:
        KeyError: There is no such kind.
    """
    by_tag = {str(each.__struct_config__.tag): each for each in get_args(Instruction)}
    return tuple(by_tag[kind].__struct_fields__)


def instruction(kind: str, given: Mapping[str, Any]) -> Instruction:
    """Return the instruction of this kind; parameters that are None count as not given.

    Raises:
        InputError: There is no such kind, or a parameter is missing, unknown or out of range.
    """
    if kind not in KINDS:
        raise InputError(f'no check is known for "{kind}"', remedy="see adhere.judge.ifeval.KINDS")
    known = {name: value for name, value in given.items() if value is not None}
    try:
        found: Instruction = msgspec.convert({**known, "kind": kind}, Instruction)
    except msgspec.ValidationError as error:
        raise InputError(f'the parameters of "{kind}" do not fit: {error}') from error
    return found


def follow(what: Instruction, response: str, identify: Identify) -> Finding:
    """Check one instruction strictly: the response as it is, and an empty one follows nothing.

    Args:
        what: The instruction.
        response: The answer.
        identify: Tells the language of a text, asked where a language is wanted.
    """
    kind = str(what.__struct_config__.tag)
    if not response.strip():
        return Finding(kind, False, "the answer is empty")
    if isinstance(what, ResponseLanguage | EnglishCapital | EnglishLowercase):
        passed, detail = what.look_at(response, identify)
    else:
        passed, detail = what.look(response)
    return Finding(kind, passed, detail)


def follow_all(
    instructions: Iterable[Instruction], response: str, identify: Identify
) -> tuple[Finding, ...]:
    """Check each instruction; the answer is right where all are followed."""
    return tuple(follow(what, response, identify) for what in instructions)
