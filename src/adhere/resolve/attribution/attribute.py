"""From a conversation to spans of text with their level of authority.

The rules, in the order in which they are applied to a message:

1. The container gives the level: a system, developer or user message its role's; an assistant's
   and a tool's message none.
2. In any message there is none for parts that are untrusted, files, images and audio; for blocks
   of untrusted text, fences, block quotes, XML, JSON and YAML; for quotations.
3. There is none for text that cues say is quoted without marks. Such spans are ``inferred``.
4. Settings are facts and no instructions (`facts_from`).

Nothing raises a level. What later messages say changes nothing about earlier ones. Text without
authority can be given some by an applicable instruction; that is for the resolver, which knows a
span by its ``source``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import msgspec

from adhere.conversation import Conversation, Message, Role, ToolCall
from adhere.detect import Spoof, SpoofKind, role_spoofing
from adhere.resolve.attribution.implied import implied_regions
from adhere.resolve.attribution.quoting import block_regions, quotations
from adhere.resolve.attribution.region import IMPLIED, Reason, Region, masked
from adhere.spec import Authority

Markup: TypeAlias = Literal["data", "sections"]
"""What an operator's message is taken for that consists of XML elements and nothing else.

``data``, the default: quoted text, as the published spec says, so that it instructs nobody.
``sections``: plain text whose tags are headings. It gives whatever stands in that message its
authority, so it is only for prompts into which nobody else's words are put. Untrusted text,
fences, JSON, YAML and quotations stay quoted. Either choice is reported whenever it matters.
"""

SILENT_SHARE: Final = 0.5
"""Above this share of letters without authority an operator's message is reported.

Text that is declared untrusted, and files, are meant to be silent and do not count.
"""

_LEVELS: Final = {
    Role.SYSTEM: Authority.SYSTEM,
    Role.DEVELOPER: Authority.DEVELOPER,
    Role.USER: Authority.USER,
    Role.ASSISTANT: Authority.NONE,
    Role.TOOL: Authority.NONE,
}
_PARTS: Final = {
    "untrusted": Reason.UNTRUSTED,
    "file": Reason.FILE,
    "image": Reason.IMAGE,
    "audio": Reason.AUDIO,
    "reasoning": Reason.ASSISTANT,
}


GUIDANCE: Final = frozenset(
    {"agents.md", "agents", "claude.md", "contributing.md", "readme.md", "readme"}
)
"""Files that projects keep for whoever works on them, by their names in lower case."""


_LONGEST_PATH: Final = 4096


class AttributedSpan(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A stretch of a message with one level of authority.

    Attributes:
        message: Its number in the conversation.
        start: First character in `Message.text`.
        end: One past the last; equal to ``start`` for an image, audio or file without words.
        level: Its authority.
        reason: Why.
        source: For text without authority, what a delegation can select: ``tool:browser``,
            ``untrusted:2``, ``file:AGENTS.md``, ``xml:notes``, ``quotation:1``; numbers count
            from 1 through the conversation. What a tool was asked to read from one file of
            `GUIDANCE` has that file's name, too.
        inferred: Concluded from a cue, and written nowhere.
    """

    message: int
    start: int
    end: int
    level: Authority
    reason: Reason
    source: str = ""
    inferred: bool = False


class SilentShare(msgspec.Struct, frozen=True, gc=False):
    """How much of a message that should speak with authority has none.

    Attributes:
        message: Its number.
        level: The level of its role.
        by_rule: Share of its letters and digits, 0 to 1, that have none by rule.
        inferred: Share that has none by inference.
    """

    message: int
    level: Authority
    by_rule: float
    inferred: float


NoticeKind: TypeAlias = Literal[
    "mostly_silent", "wholly_markup", "read_as_sections", "never_ended", "ended_twice", "posing"
]


class Notice(msgspec.Struct, frozen=True, gc=False):
    """Something about a message that its author, or whoever answers for it, should know.

    Attributes:
        kind: ``mostly_silent``: more than `SILENT_SHARE` of an operator's message has no
            authority. ``wholly_markup``: it is nothing but XML, and says nothing.
            ``read_as_sections``: it is nothing but XML, and counts as plain text by policy.
            ``never_ended``: a block was begun and never ended, and swallows what follows.
            ``ended_twice``: an end stands behind a block's end, as after a break-out.
            ``posing``: text poses as another message.
        message: Its number.
        start: First character.
        end: One past the last.
        text: The same for people.
    """

    kind: NoticeKind
    message: int
    start: int
    end: int
    text: str


class Attribution(msgspec.Struct, frozen=True):
    """Whose authority each character of a conversation has.

    Attributes:
        spans: In order; those of a message cover it exactly once.
        silent: One for each system, developer and user message with any letters.
        notices: In order of the messages.
    """

    spans: tuple[AttributedSpan, ...]
    silent: tuple[SilentShare, ...]
    notices: tuple[Notice, ...]


def attribute(conversation: Conversation, *, markup: Markup = "data") -> Attribution:
    """Say for every character of a conversation which authority it has, and why.

    Takes time linear in the text.

    Args:
        conversation: Any conversation.
        markup: What an operator's message that is nothing but XML is taken for.

    >>> found = attribute((Message(Role.USER, 'Translate "stop all of it", please.'),))
    >>> [(span.start, span.end, span.level.value) for span in found.spans]
    [(0, 10, 'user'), (10, 26, 'none'), (26, 35, 'user')]
    """
    reader = _Reader(markup)
    for number, message in enumerate(conversation):
        reader.read(number, message)
    return Attribution(tuple(reader.spans), tuple(reader.silent), tuple(reader.notices))


NO_SOURCES: Final[Mapping[Region, str]] = MappingProxyType({})


class _Reader:
    """Reads messages in order; remembers only counts and the names of calls."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self._counts: Counter[str] = Counter()
        self._calls: dict[str, str] = {}
        self._read: dict[str, str] = {}
        self.spans: list[AttributedSpan] = []
        self.silent: list[SilentShare] = []
        self.notices: list[Notice] = []

    def read(self, number: int, message: Message) -> None:
        """Take in the next message."""
        for call in message.tool_calls:
            self._calls[call.id] = call.name
            self._read[call.id] = _guidance(call)
        spoofs = role_spoofing(message.text)
        level = _LEVELS[message.role]
        if level is Authority.NONE:
            self._without_authority(number, message)
        else:
            regions = list(_parts(message))
            regions += self._quoted(number, message, regions, spoofs)
            spoofs = tuple(_without_own_tags(spoofs, regions))
            self._cover(number, message.text, level, regions)
            self._measure(number, message.text, level)
        self._tell_spoofs(number, spoofs)

    def _without_authority(self, number: int, message: Message) -> None:
        sources: dict[Region, str] = {}
        if message.role is Role.TOOL:
            name = message.name or self._calls.get(message.tool_call_id or "", "")
            whole = Region(0, len(message.text), Reason.TOOL, name)
            if file := self._read.get(message.tool_call_id or "", ""):
                sources[whole] = f"file:{file}"
        else:
            whole = Region(0, len(message.text), Reason.ASSISTANT)
        inside = [part for part in _parts(message) if part.reason is not Reason.ASSISTANT]
        regions = [*inside, whole] if message.text else inside
        self._cover(number, message.text, Authority.NONE, regions, sources)

    def _quoted(
        self, number: int, message: Message, parts: list[Region], spoofs: tuple[Spoof, ...]
    ) -> list[Region]:
        """Find what is quoted in the text of a message outside ``parts``."""
        text = masked(message.text, parts)
        blocks = block_regions(text)
        if message.role is not Role.USER:
            blocks = self._sections(number, text, blocks)
        rest = masked(text, blocks)
        for block in blocks:
            self._tell_block(number, block)
        quoted = list(quotations(rest))
        return [*blocks, *quoted, *implied_regions(rest, message.role, quoted, spoofs)]

    def _sections(self, number: int, text: str, blocks: list[Region]) -> list[Region]:
        """Apply the policy for messages that are nothing but XML."""
        xml = [block for block in blocks if block.reason is Reason.XML]
        if not xml or masked(text, blocks).strip("\0 \t\n\r"):
            return blocks
        if self._markup == "data":
            self._tell("wholly_markup", number, 0, len(text), "it is nothing but XML, which quotes")
            return blocks
        self._tell("read_as_sections", number, 0, len(text), "its XML counts as plain text")
        return block_regions(text, xml=False)

    def _cover(
        self,
        number: int,
        text: str,
        level: Authority,
        regions: list[Region],
        known: Mapping[Region, str] = NO_SOURCES,
    ) -> None:
        """Split a message into spans; where regions overlap, the first gives the reason."""
        sources = dict(known)
        for start, end, region in _sweep(regions, len(text)):
            if region is None:
                self.spans.append(AttributedSpan(number, start, end, level, Reason.SPEAKER))
                continue
            if region not in sources:
                sources[region] = self._source(region)
            self.spans.append(
                AttributedSpan(
                    number, start, end, Authority.NONE, region.reason, sources[region],
                    region.reason in IMPLIED,
                )
            )  # fmt: skip

    def _source(self, region: Region) -> str:
        if region.reason is Reason.ASSISTANT:
            return "assistant"
        kind = region.reason.value
        if region.name or region.reason is Reason.TOOL:
            return f"{kind}:{region.name}"
        self._counts[kind] += 1
        return f"{kind}:{self._counts[kind]}"

    def _measure(self, number: int, text: str, level: Authority) -> None:
        """Add up what has no authority in the last message."""
        letters: Counter[str] = Counter()
        for span in reversed(self.spans):
            if span.message != number:
                break
            said = sum(map(str.isalnum, text[span.start : span.end]))
            if span.reason is Reason.SPEAKER:
                letters["spoken"] += said
            elif span.inferred:
                letters["inferred"] += said
            elif span.reason in (Reason.UNTRUSTED, Reason.FILE):
                letters["declared"] += said
            elif span.reason is not Reason.SETTINGS:
                letters["quoted"] += said
        total = letters.total()
        if not total:
            return
        by_rule = (letters["declared"] + letters["quoted"]) / total
        self.silent.append(SilentShare(number, level, by_rule, letters["inferred"] / total))
        quiet = letters["quoted"] + letters["inferred"]
        # What its author declares untrusted is meant to be silent.
        if level is not Authority.USER and quiet > SILENT_SHARE * (total - letters["declared"]):
            what = f"{letters['quoted']:,} letters by rule, {letters['inferred']:,} by inference"
            self._tell(
                "mostly_silent", number, 0, len(text), f"most of it has no authority: {what}"
            )

    def _tell_block(self, number: int, block: Region) -> None:
        what = block.name or block.reason.value
        if block.open:
            self._tell("never_ended", number, block.start, block.end, f"{what} is never ended")
        if block.broken:
            self._tell("ended_twice", number, block.start, block.end, f"{what} is ended twice")

    def _tell_spoofs(self, number: int, spoofs: tuple[Spoof, ...]) -> None:
        for spoof in spoofs:
            claimed = f", claims to be {spoof.claims}" if spoof.claims else ""
            through = f" (through {', '.join(spoof.through)})" if spoof.through else ""
            text = f"{spoof.kind.value.replace('_', ' ')}{claimed}{through}"
            self._tell("posing", number, spoof.start, spoof.end, text)

    def _tell(self, kind: NoticeKind, message: int, start: int, end: int, text: str) -> None:
        self.notices.append(Notice(kind, message, start, end, text))


def _without_own_tags(spoofs: tuple[Spoof, ...], regions: list[Region]) -> Iterator[Spoof]:
    """Leave out what poses as the tag of a block of untrusted text and is it."""
    blocks = [region for region in regions if region.reason is Reason.UNTRUSTED]
    starts, ends = {block.start for block in blocks}, {block.end for block in blocks}
    for spoof in spoofs:
        own = spoof.start in starts or spoof.end in ends
        if not (own and spoof.kind is SpoofKind.MESSAGE_TAG):
            yield spoof


def _guidance(call: ToolCall) -> str:
    """Return the file of guidance that a call is about, if it is the one file it names."""
    names = [
        value.replace("\\", "/").rpartition("/")[2]
        for value in call.arguments.values()
        if isinstance(value, str) and len(value) <= _LONGEST_PATH
    ]
    files = [name for name in names if name.casefold() in GUIDANCE]
    return files[0] if len(files) == 1 else ""


def _parts(message: Message) -> Iterator[Region]:
    """Yield the parts that do not speak for the message."""
    if isinstance(message.content, str):
        return
    at = 0
    for part in message.content:
        if part.type == "settings":
            continue  # no part of the text
        end = at + len(part.text)
        if part.type in _PARTS:
            yield Region(at, end, _PARTS[part.type], part.name)
        at = end


def _sweep(regions: list[Region], size: int) -> Iterator[tuple[int, int, Region | None]]:
    """Yield stretches that cover a text once, each with the first region it lies in.

    A region of no length, such as an image's, is yielded where it stands.
    """
    waiting = sorted(
        (region.start, rank, region) for rank, region in enumerate(regions) if region.start <= size
    )
    bounds = sorted({0, size, *(r.start for r in regions), *(r.end for r in regions)})
    active: list[tuple[int, Region]] = []
    begun, current = 0, None
    taken = 0
    for at in bounds:
        empty = []
        while taken < len(waiting) and waiting[taken][0] <= at:
            _, rank, region = waiting[taken]
            taken += 1
            if region.end > region.start:
                heappush(active, (rank, region))
            else:
                empty.append(region)
        while active and active[0][1].end <= at:
            heappop(active)
        top = active[0][1] if active else None
        if at > begun and (top is not current or empty or at == size):
            yield begun, at, current
            begun = at
        for region in empty:
            yield at, at, region
        current = top
