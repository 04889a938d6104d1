"""XML, JSON and YAML inside prose, found in one pass each.

None of it is validated: an outsider whose words stand in such a block may break its syntax, and
what he broke must stay quoted. So an end that stands behind the end (``</comment>`` a second time)
extends the block, and what is begun and not ended goes to the last end there is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from adhere.resolve.attribution.region import Reason, Region, outermost

_TAG: Final = re.compile(
    r"<!--(?P<comment>)|<!\[CDATA\[(?P<cdata>)"
    r"|<(?P<slash>/)?(?P<name>[A-Za-z_][\w.-]{0,63}(?::[\w.-]{1,63})?)(?P<rest>[\s/][^<>]{0,2000})?>"
)
_FORMATTING: Final = frozenset(
    {
        "a", "b", "big", "br", "center", "del", "em", "font", "hr", "i", "ins", "mark", "s",
        "small", "span", "strong", "sub", "sup", "u", "wbr",
    }
)  # fmt: skip
"""HTML that only says how words look: it quotes nothing."""


def xml_regions(text: str) -> Iterator[Region]:
    """Yield the outermost elements, comments and empty elements with attributes.

    A tag that is never closed is a word in angle brackets, as in "write <name> here".
    """
    return outermost(_elements(text))


def _elements(text: str) -> Iterator[Region]:
    opened: list[tuple[str, int]] = []
    waiting: Counter[str] = Counter()
    closed: dict[str, int] = {}
    ends = {"comment": "-->", "cdata": "]]>"}
    skip = 0
    for match in _TAG.finditer(text):
        if match.start() < skip:
            continue
        name = (match["name"] or "").lower()
        if match.lastgroup in ends and not name:
            found = text.find(ends[match.lastgroup], match.end())
            if found < 0:
                del ends[match.lastgroup]  # nor will a later one be ended
                continue
            skip = found + 3
            yield Region(match.start(), skip, Reason.XML, match.lastgroup)
        elif name in _FORMATTING:
            continue
        elif match["slash"]:
            if waiting[name]:
                while True:
                    inner, start = opened.pop()
                    waiting[inner] -= 1
                    if inner == name:
                        break
                closed.setdefault(name, start)
                yield Region(start, match.end(), Reason.XML, name)
            elif name in closed:
                yield Region(closed[name], match.end(), Reason.XML, name, broken=True)
        elif (match["rest"] or "").endswith("/"):
            if match["rest"].strip(" /"):
                yield Region(match.start(), match.end(), Reason.XML, name)
        else:
            opened.append((name, match.start()))
            waiting[name] += 1


_ITEM: Final = r"""(?:'[^'\n]{0,200}'|-?\d[\d.eE+-]{0,30}|true|false|null)"""
_OPENS: Final = re.compile(
    r"""\{\s{0,50}(?:"[^"\n]{0,200}"|'[^'\n]{0,200}'|[A-Za-z_]\w{0,63})\s{0,50}:"""
    rf"""|\[\s{{0,50}}(?:\{{|"|(?P<flat>{_ITEM}(?:\s{{0,50}},\s{{0,50}}{_ITEM})+\s{{0,50}}\]))"""
)
"""What begins an object, or a list; a list of plain values as a whole."""
_BRACKETS: Final = re.compile(r"[{}\[\]]")
_TOKENS: Final = re.compile(
    r"""(?P<bracket>[{}\[\]])|"(?:[^"\\]|\\.)*(?:"|\Z)|'(?:[^'\\\n]|\\.)*(?:'|$)""", re.S | re.M
)
"""Brackets outside strings; a string that is not ended goes on to the end."""


def json_regions(text: str) -> Iterator[Region]:
    """Yield objects and lists, and what is written like them: Python's, JavaScript's, broken ones.

    A Markdown link, ``[1]`` and ``{name}`` are none.
    """
    found = list(_values(text))
    if not found:
        return
    edges = [region.end for region in found] + [len(text)]
    for region, limit in zip(found, edges[1:], strict=True):
        end = region.end
        # Counted from the block on: an opening bracket in the prose after it has its own end.
        depth = 0
        for match in _BRACKETS.finditer(text, region.end, limit):
            depth += 1 if match[0] in "{[" else -1
            if depth < 0:
                before = text[max(match.start() - 4, 0) : match.start()].rstrip()
                if before.endswith(('"', "'")):
                    end = match.end()
                depth = 0
        broken = end > region.end
        yield Region(region.start, end, Reason.JSON, open=region.open, broken=broken)


def _values(text: str) -> Iterator[Region]:
    last = max(text.rfind("}"), text.rfind("]"))
    at = 0
    while match := _OPENS.search(text, at, last + 1):
        start = match.start()
        if match["flat"]:
            at, closed = match.end(), True
        else:
            at, closed = _closing(text, start, last + 1)
        if text[start] == "{" or not text.startswith("(", at):  # else a link
            yield Region(start, at, Reason.JSON, open=not closed)


def _closing(text: str, start: int, last: int) -> tuple[int, bool]:
    """Return where the bracket at ``start`` is closed; else where the last one is, and False."""
    depth = 0
    for match in _TOKENS.finditer(text, start, last):
        if match["bracket"]:
            depth += 1 if match[0] in "{[" else -1
            if not depth:
                return match.end(), True
    return last, False


_LINE: Final = re.compile(r"([ ]*)([^\n]*)(?:\n|\Z)")
_KEY: Final = re.compile(r"(?:- )?[a-z_][a-z0-9_.-]{0,63}:(?: +(\S.*))?$")
_FOLDED: Final = re.compile(r"[|>][+-]?$")
_DASH: Final = re.compile(r"- \S")


def yaml_regions(text: str) -> Iterator[Region]:
    """Yield blocks that are YAML beyond doubt.

    That is, lines of lower-case keys of one word each, without a fence around them: three in a row
    that have values, or two of which one has the other below it. "Tone: friendly" is prose.
    """
    block: list[_Line] = []
    blank = hanging = False
    for match in _LINE.finditer(text):
        indent, said = len(match[1]), match[2].rstrip()
        if not said:
            blank = True
            continue
        key = _KEY.match(said)
        base = block[0].indent if block else 0
        follows = key is not None or (hanging and _DASH.match(said) is not None)
        inside = bool(block) and (indent > base or (indent == base and follows and not blank))
        if not inside:
            yield from _beyond_doubt(block)
            block = []
        if inside or key is not None:
            value = (key and key[1]) or ""
            folded = _FOLDED.match(value) is not None
            valued = bool(value) and not folded
            line = _Line(indent, match.start(), match.end(2), key is not None, valued, folded)
            block.append(line)
            if indent == block[0].indent:
                hanging = not valued
        blank = False
    yield from _beyond_doubt(block)


class _Line(NamedTuple):
    indent: int
    start: int
    end: int
    is_key: bool
    has_value: bool
    is_folded: bool
    """Its value is the text below it."""


def _beyond_doubt(block: list[_Line]) -> Iterator[Region]:
    keys = [line for line in block if line.is_key]
    nested = (
        bool(keys)
        and not block[0].has_value
        and any(line.indent > block[0].indent for line in keys)
    )
    folded = len(block) > 1 and block[0].is_folded
    if nested or folded or sum(line.has_value for line in keys) >= 3:
        yield Region(block[0].start, block[-1].end, Reason.YAML)
