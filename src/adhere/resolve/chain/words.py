"""Values, facts and places in words, for explanations and tables."""

from __future__ import annotations

from collections.abc import Sequence

from adhere.resolve.chain.facts import Condition
from adhere.resolve.chain.instruction import Instruction
from adhere.resolve.chain.values import Range, Scalar, Values
from adhere.spec import Authority

MOST_WORDS = 160
"""Characters of an instruction's words that are shown."""


def legible(text: str, most: int = MOST_WORDS) -> str:
    """Return text that can be shown anywhere: one line, no control characters, not too long.

    >>> legible("two\\nlines \\x1b[31m")
    'two lines �[31m'
    """
    line = " ".join(text.split())
    line = "".join(char if char.isprintable() else "�" for char in line)
    return line if len(line) <= most else f"{line[: most - 1]}…"


def scalar(value: Scalar) -> str:
    """Say one value; a string only in quotes where it could be mistaken for another type.

    >>> scalar(True), scalar("true"), scalar(3), scalar("fr")
    ('true', '“true”', '3', 'fr')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    plain = legible(value, 60)
    odd = not plain or plain != value or plain in ("true", "false") or plain[0] in "-0123456789"
    return f"“{plain}”" if odd else plain


def listed(words: Sequence[str], conjunction: str = "and") -> str:
    """Join words as in a sentence.

    >>> listed(["a", "b", "c"]), listed(["a"]), listed(list("abcdefghij"))
    ('a, b and c', 'a', 'a, b, c, d, e, f and 4 more')
    """
    if len(words) > 8:
        words = [*words[:6], f"{len(words) - 6} more"]
        conjunction = "and"
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def values(some: Values) -> str:
    """Say which values a set holds.

    >>> from adhere.resolve.chain.values import anything_but, between, one_of
    >>> values(one_of("fr", "en")), values(anything_but("de")), values(between(1, 9, but=[3]))
    ('en or fr', 'anything but de', 'a number from 1 to 9 other than 3')
    """
    if some.is_empty:
        return "nothing"
    if some.one_of is not None:
        return listed([scalar(one) for one in some.one_of], "or")
    others = listed([scalar(one) for one in some.except_ or ()], "or")
    if some.range is None:
        return f"anything but {others}" if others else "anything"
    return _numbers(some.range) + (f" other than {others}" if others else "")


def _numbers(bounds: Range) -> str:
    if bounds.min is None and bounds.max is None:
        return "any number"
    if bounds.min is None:
        return f"a number of at most {bounds.max}"
    if bounds.max is None:
        return f"a number of at least {bounds.min}"
    if bounds.min == bounds.max:
        return str(bounds.min)
    return f"a number from {bounds.min} to {bounds.max}"


def condition(one: Condition) -> str:
    """Say a condition.

    >>> from adhere.resolve.chain.values import one_of
    >>> condition(Condition("adult", one_of(True)))
    'adult is true'
    """
    return f"{legible(one.fact)} is {values(one.values)}"


def whose(one: Instruction) -> str:
    """Say whose instruction it is and where it stands.

    A message is called what its origin calls it, or by its position, which counts from 0.
    """
    origin = one.origin
    ref = legible(origin.ref, 60)
    if origin.kind == "section":
        return f"the specification's section “{ref}”{_quoted(one, 'bytes')}"
    if origin.kind == "setting":
        return f"the setting {ref} made by {speaker(one.level)}{_quoted(one, '')}"
    where = f"in {ref or f'message {origin.position}'}{_quoted(one, 'characters')}"
    if one.level is Authority.NONE:
        source = f" from {legible(one.source, 60)}" if one.source else " without authority"
        return f"the text{source} {where}"
    possessive = "the platform's" if one.level is Authority.PLATFORM else f"the {one.level}'s"
    return f"{possessive} instruction {where}"


def _quoted(one: Instruction, unit: str) -> str:
    words = f"“{legible(one.text)}”" if one.text.strip() else ""
    if unit and one.origin.end > one.origin.start:
        place = f"{unit} {one.origin.start}-{one.origin.end}"
        return f" ({place}: {words})" if words else f" ({place})"
    return f" ({words})" if words else ""


def speaker(level: Authority) -> str:
    """Name whoever speaks at a level."""
    return {
        Authority.ROOT: "a root principle",
        Authority.PLATFORM: "the platform",
        Authority.SYSTEM: "the system",
        Authority.DEVELOPER: "a developer",
        Authority.USER: "a user",
        Authority.GUIDELINE: "a guideline",
        Authority.NONE: "nobody",
    }[level]
