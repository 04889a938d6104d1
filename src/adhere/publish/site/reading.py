"""A spec as it is read: what a page shows of each section, in order, with a name for each place."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

import msgspec
from markupsafe import Markup

from adhere.publish.site.prose import Prose, Target
from adhere.spec import (
    Answer,
    Authority,
    Block,
    Domain,
    Example,
    Section,
    Setting,
    Spec,
    Turn,
    digest_bytes,
)

RESERVED: Final = frozenset({"main", "contents", "results", "theme", "q"})
"""Names that pages use for places of their own."""


class Labelled(msgspec.Struct, frozen=True):
    """A possible answer with its label made fit to be read."""

    answer: Answer
    reason: Markup
    condition: Markup
    cites: tuple[Target, ...]


class Comparison(msgspec.Struct, frozen=True, tag="comparison"):
    """Possible answers at one place of a conversation."""

    answers: tuple[Labelled, ...]


class Said(msgspec.Struct, frozen=True, tag="said"):
    """A message of a conversation."""

    turn: Turn


class ShownExample(msgspec.Struct, frozen=True, tag="example"):
    """An example: ``anchor`` is its permalink."""

    anchor: str
    title: Markup
    steps: tuple[Said | Comparison, ...]


class MayChange(msgspec.Struct, frozen=True):
    """Whether a level may change a setting, and to what."""

    level: Authority
    may: bool
    within: str


class ShownSetting(msgspec.Struct, frozen=True, tag="setting"):
    """A setting and who may change it within what."""

    setting: Setting
    anchor: str
    allowed: str
    default: str
    levels: tuple[MayChange, ...]


Piece: TypeAlias = Markup | ShownExample | ShownSetting


class ShownBlock(msgspec.Struct, frozen=True):
    """A block of a section's body.

    Attributes:
        kind: ``prose``, or what kind of box it is; examples and settings are ``piece``.
        anchor: Its permalink: the section's and six hexadecimal digits of a digest of its words,
            so that it stays while text around it changes. Empty where it has none.
        title: A box's.
        pieces: HTML, with examples and settings in their places.
    """

    kind: str
    anchor: str
    title: str
    pieces: tuple[Piece, ...]


class ShownSection(msgspec.Struct, frozen=True):
    """A section; ``level`` is its own, ``effective`` the highest below a heading that groups."""

    section: Section
    anchor: str
    title: Markup
    plain_title: str
    effective: Authority
    aliases: tuple[str, ...]
    blocks: tuple[ShownBlock, ...]
    children: tuple[ShownSection, ...]
    size: int = 1
    """How high its own body will be, in steps from 1 to 6, each about twice the one before."""
    language: str = ""
    """Where this section is not in the language of the page: the one it is in."""

    def walk(self) -> Iterator[ShownSection]:
        """This section, then those below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def targets_of(spec: Spec) -> dict[str, Target]:
    """Return where each id and old id leads, with unique names for places.

    Of sections with one id the first has it; links cannot tell them apart either.
    """
    targets: dict[str, Target] = {}
    old: dict[str, Target] = {}
    for section in spec.walk():
        target = Target(_free(section.id), section.title.replace("`", ""))
        targets.setdefault(section.id, target)
        for name in section.old_ids:
            old.setdefault(name, target)
    return {**old, **targets}


def _free(anchor: str) -> str:
    return f"{anchor}~" if anchor in RESERVED else anchor


class Reader:
    """Makes the sections of one spec fit to be shown."""

    def __init__(self, spec: Spec, prose: Prose) -> None:
        self._spec, self._prose = spec, prose
        self._targets = prose.targets
        self._names: Counter[str] = Counter()

    def sections(self) -> tuple[ShownSection, ...]:
        """Return the top-level sections, each with those below it."""
        return tuple(self._section(section) for section in self._spec.sections)

    def preamble(self) -> tuple[Markup, ...]:
        """Return what stands before the first heading."""
        return tuple(self._prose.block(block.text) for block in self._spec.preamble)

    def _section(self, section: Section) -> ShownSection:
        anchor = self._name(_free(section.id))
        levels = [child.authority for child in section.walk() if child.authority is not None]
        effective = section.authority or max(
            levels, key=lambda level: level.rank, default=Authority.NONE
        )
        title = self._prose.inline(section.title)
        inside = _Inside(section)
        blocks = tuple(self._block(inside, block, anchor) for block in section.blocks)
        children = tuple(self._section(child) for child in section.children)
        plain = self._prose.plain(section.title)
        aliases = tuple(_free(name) for name in section.old_ids)
        return ShownSection(
            section, anchor, title, plain or anchor, effective, aliases, blocks, children,
            size_of(section),
        )  # fmt: skip

    def _block(self, section: _Inside, block: Block, anchor: str) -> ShownBlock:
        inside = section.things(block)
        if block.kind in ("example", "setting") and inside:
            return ShownBlock("piece", "", "", (self._piece(inside[0]),))
        box = section.boxes.get(block.span.start) if block.kind == "box" else None
        text = box.text if box else block.text
        parts = self._prose.pieces(text, len(inside))
        pieces: list[Piece] = [parts[0]]
        if len(parts) > 1:
            for thing, part in zip(inside, parts[1:], strict=True):
                pieces += [self._piece(thing), part]
        digest = digest_bytes(" ".join(text.split()).encode())[7:13]
        kind, title = (box.kind or "box", box.title) if box else ("prose", "")
        return ShownBlock(kind, self._name(f"{anchor}:{digest}"), title, tuple(pieces))

    def _piece(self, thing: Example | Setting) -> ShownExample | ShownSetting:
        if isinstance(thing, Setting):
            return _setting(thing, self._name(thing.address))
        steps: list[Said | Comparison] = []
        waiting = list(thing.answers)
        for number in range(len(thing.turns) + 1):
            here = [answer for answer in waiting if answer.after == number]
            for comparison in dict.fromkeys(answer.comparison for answer in here):
                answers = (answer for answer in here if answer.comparison == comparison)
                steps.append(Comparison(tuple(self._labelled(answer) for answer in answers)))
            if number < len(thing.turns):
                steps.append(Said(thing.turns[number]))
        title = self._prose.inline(thing.title) if thing.title else Markup()
        return ShownExample(self._name(thing.id), title, tuple(steps))

    def _labelled(self, answer: Answer) -> Labelled:
        cites = (self._targets.get(name, Target("", name)) for name in answer.sections)
        return Labelled(
            answer,
            self._prose.inline(answer.reason) if answer.reason else Markup(),
            self._prose.inline(answer.condition) if answer.condition else Markup(),
            tuple(cites),
        )

    def _name(self, name: str) -> str:
        """Return a name no other place on the page has."""
        self._names[name] += 1
        number = self._names[name]
        return name if number == 1 else self._name(f"{name}-{number}")


def size_of(section: Section) -> int:
    """Return how high a section's own body will be, in steps (see `ShownSection`).

    A browser lays out what is far away only when somebody comes near; with the rough height the
    scroll bar hardly moves then.
    """
    text = sum(block.span.end - block.span.start for block in section.blocks)
    pixels = 0.35 * text + 40 * len(section.blocks)
    return min(6, max(1, round(math.log2(max(pixels, 1) / 125))))


class _Inside:
    """What stands in the blocks of a section, by place."""

    def __init__(self, section: Section) -> None:
        things: list[Example | Setting] = [*section.examples, *section.settings]
        self._things = sorted(things, key=_start)
        self.boxes = {box.span.start: box for box in section.boxes}

    def things(self, block: Block) -> list[Example | Setting]:
        """Return the examples and settings in a block, in order."""
        first = bisect_left(self._things, block.span.start, key=_start)
        return self._things[first : bisect_left(self._things, block.span.end, key=_start)]


def _start(thing: Example | Setting) -> int:
    return thing.span.start


_LEVELS: Final = (Authority.SYSTEM, Authority.DEVELOPER, Authority.USER)


def _setting(setting: Setting, anchor: str) -> ShownSetting:
    levels = []
    for level in _LEVELS:
        may = level in setting.changeable_by
        bound = setting.bounds.get(level)
        within = domain_words(bound or setting.allowed, setting.type) if may else ""
        levels.append(MayChange(level, may, within))
    allowed = domain_words(setting.allowed, setting.type)
    return ShownSetting(setting, anchor, allowed, value_words(setting.default), tuple(levels))


def value_words(value: object) -> str:
    """Return a setting's value in words.

    >>> value_words(True), value_words(("a", "b")), value_words(())
    ('yes', 'a, b', 'none')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ", ".join(value_words(item) for item in value) or "none"
    return str(value) if value != "" else "empty"


def domain_words(domain: Domain, kind: str) -> str:
    """Return the values of a domain in words.

    >>> domain_words(Domain(min=1, max=5), "integer")
    '1 to 5'
    >>> domain_words(Domain(values=("a", "b")), "set")
    'any of: a, b'
    """
    if domain.values is not None:
        words = ", ".join(value_words(value) for value in domain.values)
        return f"any of: {words}" if kind == "set" else words
    if kind == "integer":
        ends: Mapping[Literal["min", "max"], str] = {
            "min": "" if domain.min is None else f"{domain.min:,}",
            "max": "" if domain.max is None else f"{domain.max:,}",
        }
        if ends["min"] and ends["max"]:
            return f"{ends['min']} to {ends['max']}"
        if ends["min"] or ends["max"]:
            return f"at least {ends['min']}" if ends["min"] else f"at most {ends['max']}"
        return "any whole number"
    if kind == "boolean":
        return "yes, no"
    words = "any text" if domain.pattern is None else f"text like {domain.pattern}"
    return (
        words if domain.max_length is None else f"{words}, up to {domain.max_length:,} characters"
    )
