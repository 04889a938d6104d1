"""What a text is made of: counts, letters, Markdown, quotations, JSON; asked by `judge.checks`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, TypeAlias

import msgspec
import pyromark
import re2

from adhere.conversation import Count, Format, JsonSchema, LetterCase, Quotes
from adhere.detect import fold
from adhere.judge.ifeval_text import count_sentences

Seen: TypeAlias = tuple[bool, str]
"""Whether a check passed, and what was seen, for people."""

_OPTIONS: Final = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH
_COUNTED: Final = {
    "headings": "Heading", "list_items": "Item", "code_blocks": "CodeBlock", "links": "Link",
    "tables": "Table",
}  # fmt: skip
_BARE_LINK: Final = re2.compile(r"https?://[^\s<>()\[\]]+")
_EMOJI: Final = re2.compile(
    r"[\x{1F1E6}-\x{1F1FF}]{2}|[\x{1F300}-\x{1FAFF}\x{2600}-\x{27BF}\x{2B50}\x{2B55}]"
    r"(?:[\x{FE0F}\x{1F3FB}-\x{1F3FF}]|\x{200D}[\x{1F300}-\x{1FAFF}\x{2600}-\x{27BF}])*"
)
_MARKS: Final = {"questions": re2.compile(r"[?？]+"), "exclamations": re2.compile(r"[!！]+")}
_QUOTED: Final = re2.compile(r'["“„«]([^"“”„«»]+)["”“»]')
_BLOCK_QUOTE: Final = re2.compile(r"(?m)(?:^ {0,3}>.*(?:\n|$))+")
_NOT_PLAIN: Final = frozenset(
    ("Heading", "List", "CodeBlock", "BlockQuote", "Table", "Emphasis", "Strong", "Strikethrough",
     "Link", "Image", "HtmlBlock", "Code", "Rule", "InlineHtml")
)  # fmt: skip


def count(check: Count, text: str) -> Seen:
    """Count what the check asks for."""
    number = _number(check.of, text)
    top = number if check.max is None else check.max
    return check.min <= number <= top, f"{number} {check.of.replace('_', ' ')}"


def _number(what: str, text: str) -> int:
    match what:
        case "characters":
            return len(text.strip())
        case "sentences":
            return count_sentences(text)
        case "paragraphs":
            return sum(1 for part in re2.split(r"\n[ \t]*\n", text) if part.strip())
        case "lines":
            return sum(1 for line in text.splitlines() if line.strip())
        case "emojis":
            return len(_EMOJI.findall(text))
        case "questions" | "exclamations":
            return len(_MARKS[what].findall(text))
    number = sum(1 for name, _ in _elements(text) if name == _COUNTED[what])
    if what == "links":  # an address in the open is none to Markdown, and one to a reader
        number += sum(len(_BARE_LINK.findall(words)) for name, words in _elements(text) if words)
    return number


def letter_case(check: LetterCase, text: str) -> Seen:
    """Say whether all letters are capital, or none is."""
    passed = text.isupper() if check.is_ == "upper" else text.islower()
    wanted = {"upper": "capital", "lower": "small"}[check.is_]
    return passed, f"all letters are {wanted}" if passed else f"not all letters are {wanted}"


def form(check: Format, text: str) -> Seen:
    """Say whether the text has the form."""
    if check.is_ == "one_line":
        lines = len(text.strip().splitlines())
        return lines == 1, f"{lines} lines"
    found = Counter(name for name, _ in _elements(text))
    marked = sorted(name for name in found if name in _NOT_PLAIN)
    seen = f"Markdown: {', '.join(marked) or 'none'}"
    if check.is_ in ("plain", "markdown"):
        return bool(marked) is (check.is_ == "markdown"), seen
    if check.is_ == "table":
        return found["Table"] > 0, seen
    blocks = _blocks(text)
    wanted = {"code": ["CodeBlock"], "list": ["List"]}[check.is_]
    return blocks == wanted, f"blocks: {', '.join(blocks[:8]) or 'none'}"


def _elements(text: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each element, and its words where it is running text."""
    links = code = 0
    for event in pyromark.events(text, options=_OPTIONS):
        if isinstance(event, str):
            yield event, ""
            continue
        ((kind, what),) = event.items()
        name = _name(what)
        if kind in ("Start", "End"):
            step = 1 if kind == "Start" else -1
            links += step * (name in ("Link", "Image"))
            code += step * (name == "CodeBlock")
            if kind == "Start":
                yield name, ""
        elif kind == "Text":
            yield "Text", "" if links or code else str(what)
        else:
            yield str(kind), ""


def _blocks(text: str) -> list[str]:
    depth = 0
    blocks: list[str] = []
    for event in pyromark.events(text, options=_OPTIONS):
        if isinstance(event, str):
            if event == "Rule" and depth == 0:
                blocks.append(event)
            continue
        ((kind, what),) = event.items()
        if kind == "Start":
            if depth == 0:
                blocks.append(_name(what))
            depth += 1
        elif kind == "End":
            depth -= 1
    return blocks


def _name(what: Any) -> str:
    return what if isinstance(what, str) else str(next(iter(what))) if what else ""


# -- quotations ----------------------------------------------------------------------------------
def quotes(check: Quotes, text: str, conversation: str) -> Seen:
    """Say whether each quotation stands in the source."""
    source = _words(check.source or conversation)
    found = [
        quotation
        for quotation in _quotations(text)
        if len(_words(quotation).split()) >= check.words
    ]
    invented = [one for one in found if f" {_words(one)} " not in f" {source} "]
    if invented:
        return False, f'not in the source: "{invented[0][:200]}"'
    return len(found) >= check.min, f"{len(found)} quotations, all in the source"


def _quotations(text: str) -> Iterator[str]:
    yield from (block.replace(">", " ") for block in _BLOCK_QUOTE.findall(text))
    yield from _QUOTED.findall(_BLOCK_QUOTE.sub("\n", text))


def _words(text: str) -> str:
    """Reduce to letters and digits with one space between: punctuation at the ends is nobody's."""
    return " ".join(re.findall(r"\w+", fold(text)))


# -- JSON ----------------------------------------------------------------------------------------
def json_schema(check: JsonSchema, text: str) -> Seen:
    """Hold the answer against the schema."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        return False, f"not JSON: {error}"
    from jsonschema.exceptions import best_match  # noqa: PLC0415  (0.1 s that most runs never need)

    try:
        worst = best_match(_validator(msgspec.json.encode(check.schema)).iter_errors(value))
    except RecursionError:
        return False, "the schema or the answer is nested too deep"
    if worst is None:
        return True, "JSON that keeps to the schema"
    return False, f"{worst.json_path}: {worst.message[:200]}"


def schema_flaw(schema: dict[str, Any]) -> str | None:
    """Return what is wrong with a JSON Schema, or None."""
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415

    try:
        Draft202012Validator.check_schema(schema)
        for node in _nodes(schema):
            target = node.get("$ref", node.get("$dynamicRef"))
            if isinstance(target, str) and not target.startswith("#"):
                return f'the reference "{target}" leads out of the schema'
            if isinstance(node.get("pattern"), str):
                _compiled(node["pattern"])
            if "patternProperties" in node:  # the library matches their names by Python's patterns
                return "patternProperties is not taken"
    except SchemaError as error:
        return f"not a JSON Schema: {error.message[:200]}"
    except re2.error:
        return "a pattern of the schema is not RE2"
    except RecursionError:
        return "the schema is nested too deep"
    return None


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _nodes(part)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


@lru_cache(maxsize=512)
def _validator(schema: bytes) -> Any:
    """A validator that fetches nothing and whose patterns take linear time.

    The library's own patterns are Python's, which a long answer can keep busy for ever.
    """
    from jsonschema import Draft202012Validator, ValidationError, validators  # noqa: PLC0415
    from referencing import Registry  # noqa: PLC0415

    def pattern(_of: Any, wanted: str, value: Any, _schema: Any) -> Iterator[Any]:
        if isinstance(value, str) and not _compiled(wanted).search(value):
            yield ValidationError(f"does not match {wanted!r}")

    own = validators.extend(Draft202012Validator, {"pattern": pattern})
    return own(msgspec.json.decode(schema), registry=Registry())
