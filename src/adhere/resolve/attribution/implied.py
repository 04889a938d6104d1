"""Text that its author quoted without marking it: a pasted article, an e-mail, a problem to solve.

Where such text begins can be read from cues; where it ends, mostly not, and a pasted text may end
in words that pretend to be its reader's. So it goes on to the end of the message, or, in the
message of an operator who uses headings, to the end of the section. Everything found here is
marked as inferred: whoever acts on it asks rather than decides.

English cues only.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final, Protocol

from adhere.conversation import Role
from adhere.detect import Spoof, SpoofKind
from adhere.resolve.attribution.region import Reason, Region

_TEXT: Final = (
    r"(?:text|article|e-?mails?|messages?|letter|passage|paragraph|document|file|story|essay|poem"
    r"|comments?|reviews?|posts?|tweets?|transcript|conversation|chat|dialogue|logs?|output|error"
    r"|code|snippet|function|program|script|query|data|table|catalog(?:ue)?|report|abstract|paper"
    r"|r[eé]sum[eé]|cv|bio|profile|(?:web ?)?page|website|content|quote|sentences?|lyrics"
    r"|description|problem|puzzle|riddle|notes|input|statement|speech|contract|excerpt|draft"
    r"|recipe|context|sample|announcement|headlines?|feedback|documentation|info"
    r"|information|facts?|haiku|limerick|song|verses?|proof|theorem|equation|expression|definition"
    r"|introduction|argument|claim|theory|hypothesis|tagline|slogan|pitch|memo|minutes|dataset)"
)
_DIRECTIVE: Final = re.compile(
    r"\b(?:instructions?|rules?|guidelines?|guidance|steps?|formats?|requirements?|constraints?"
    r"|criteria|questions?|tasks?|template|style|tone|persona|polic(?:y|ies)|following ways?"
    r"|options|sections?|structure|points|order|things|must|should|include[sd]?|contain(?:s|ing)?"
    r"|tools?|functions|commands|titled|called|named|entitled|finish|end|start|begin|conclude)\b",
    re.I,
)
_THIS: Final = (
    r"(?:this|these|the following|following|that|attached|here(?:'s|’s| is| are)(?: the| my| our)?)"
)
_TURN: Final = (
    r"(?:summari[sz]e|translate|proofread|paraphrase|rewrite|rephrase|classify|categori[sz]e"
    r"|simplify|shorten|condense|critique|spell-?check|fact-?check|correct|edit|analy[sz]e|review)"
)
_THIS_TEXT: Final = (
    rf"\b{_THIS} (?:[\w'’-]+ ){{0,3}}{_TEXT}\b|\b{_TEXT} (?:is )?(?:below|attached|here|follows)\b"
)
_ABOUT_THIS_TEXT: Final = re.compile(_THIS_TEXT, re.I)
_ABOUT_TEXT: Final = re.compile(
    rf"{_THIS_TEXT}|\b(?:my|our) (?:[\w'’-]+ ){{0,3}}{_TEXT}\b|\bthe {_TEXT}:"
    rf"|\b{_TURN}\b(?: [\w'’-]+){{0,4}} (?:this|that|it|these|following|below)\b",
    re.I,
)
_TURNS: Final = re.compile(rf"\b{_TURN}\b", re.I)
_COLON: Final = re.compile(r":[*_]{0,2}([ \t]*\n\s*|[ \t]+)(?=[^\s\0])")
_MAX_CLAUSE: Final = 300
_PARAGRAPH: Final = re.compile(r"\n[ \t]*\n\s*")
_HEADING: Final = re.compile(r"^ {0,3}(#{1,6})[ \t]+\S", re.M)
_DIVIDER: Final = re.compile(
    r"^[ \t]*(?:([-=*_#~])\1{2,}[ \t]*$"
    rf"|[-=*#~]{{2,}}[ \t]*(?:(?:begin|start)(?: of)? )?{_TEXT}[ \t]*:?"
    r"[ \t]*[-=*#~]{0,80}[ \t]*$)",
    re.I | re.M,
)
_MAIL: Final = re.compile(
    r"^(?:from|sent|date|reply-to|to|subject):[ \t]?\S[^\n]*\n(?:[a-z-]{2,14}:[^\n]*\n){0,6}"
    r"(?:from|to|cc|subject|date|sent):[ \t]?\S[^\n]*(?:\n[a-z-]{2,14}:[^\n]*){0,6}"
    r"|^-{2,}[ \t]*(?:original|forwarded) message[ \t]*-{2,}|^begin forwarded message:"
    r"|^on [^\n]{5,80} wrote:[ \t]*$",
    re.I | re.M,
)
_SENDER: Final = re.compile(
    r"^(?:from|sent|date|reply-to):(?s:.*)(?:@|^subject:)|message|wrote", re.I | re.M
)
"""A draft has no sender, and a journey from one place to another no subject."""
_ABOVE: Final = re.compile(
    rf"\b(?:above|preceding) (?:[\w'’-]+ ){{0,2}}{_TEXT}\b|\b{_TEXT} above\b"
    rf"|\b{_TURN} (?:all )?(?:of )?the above\b",
    re.I,
)
_PERSONAL: Final = re.compile(r"\b(?:i|i'm|me|my|we|our|you|your|please)\b|\?\s*$", re.I)
_MARKS: Final = re.compile('["“”„«»‹›「」『』]')
_MAX_REQUEST: Final = 600
"""Most characters of a request that comes before, or after, the text it is about."""
_MAX_TITLE: Final = 120
_LEAST_ABOVE: Final = 200


class _Unmarked:
    """A text without quotation marks, and the way back.

    A cue holds whether somebody put marks into it or not: marks must never give authority.
    """

    def __init__(self, text: str) -> None:
        self._cut = [match.start() - n for n, match in enumerate(_MARKS.finditer(text))]
        self.text = _MARKS.sub("", text)

    def back(self, at: int) -> int:
        """Return a position's place in the original, before any mark that stands there."""
        return at + bisect_right(self._cut, at - 1)


def implied_regions(
    text: str, role: Role, quoted: list[Region], spoofs: tuple[Spoof, ...]
) -> list[Region]:
    """Return stretches that cues say are somebody else's words.

    Where a text is announced and stands in quotation marks, nothing has to be inferred.

    Args:
        text: A message's text with its marked blocks as NUL.
        role: Who sent it.
        quoted: The quotations in it.
        spoofs: What in it poses as a message.
    """
    plain = _Unmarked(text)
    marked = {region.start: region.end for region in quoted if region.reason is Reason.QUOTATION}

    def is_marked(start: int, *, whole_lines: bool) -> bool:
        end = marked.get(plain.back(start))
        if end is None:
            return False
        return not whole_lines or text[end : end + 40].lstrip(" \t.")[:1] in ("", "\n")

    found = [
        Region(plain.back(start), plain.back(end), reason)
        for start, end, reason in _cues(plain.text, role, is_marked)
        if start < end
    ]
    posing = _posing(text, role, spoofs)
    if posing is not None:
        found.append(Region(posing, len(text), Reason.POSING))
    return found


class _IsMarked(Protocol):
    def __call__(self, start: int, *, whole_lines: bool) -> bool:
        """Whether a quotation begins there."""


def _cues(text: str, role: Role, is_marked: _IsMarked) -> Iterator[tuple[int, int, Reason]]:
    operator = role in (Role.SYSTEM, Role.DEVELOPER)
    headings = [(match.start(), len(match[1])) for match in _HEADING.finditer(text)]
    reached = 0
    for start in sorted(_introduced(text, is_marked)):
        if start >= reached:
            reached = _section_end(headings, start, len(text)) if operator else len(text)
            yield start, reached, Reason.INTRODUCED
    for match in _MAIL.finditer(text):
        if _SENDER.search(match[0]):
            yield match.start(), len(text), Reason.MAIL
            break
    divider = _divided(text)
    if divider is not None:
        yield divider, len(text), Reason.DIVIDER
    above = None if operator else _above(text)
    if above is not None:
        yield 0, above, Reason.ABOVE


def _introduced(text: str, is_marked: _IsMarked) -> Iterator[int]:
    """Yield where announced texts begin."""
    start = _after_request(text)
    if start is not None:
        yield start
    for match in _COLON.finditer(text):
        begin = max(match.start() - _MAX_CLAUSE, 0)
        begin = max(begin, *(text.rfind(end, begin, match.start()) for end in ".!?;:\n\0"))
        clause = text[begin : match.start() + 1]
        if not _ABOUT_TEXT.search(clause) or _DIRECTIVE.search(clause):
            continue
        # On the same line, what follows a colon is the author's own more often than not.
        block = "\n" in match[1]
        if (block or _TURNS.search(clause)) and not is_marked(match.end(), whole_lines=block):
            yield match.end()


def _after_request(text: str) -> int | None:
    """Return where a text with a title begins after a first paragraph about "this article"."""
    first = _PARAGRAPH.search(text, 0, _MAX_REQUEST)
    if first is None or not _ABOUT_THIS_TEXT.search(text, 0, first.start()):
        return None
    if text[: first.start()].endswith(":"):
        return None
    title, found, _ = text[first.end() : first.end() + _MAX_TITLE + 1].partition("\n")
    if not found or len(title) > _MAX_TITLE or "\0" in title or title.rstrip().endswith("."):
        return None
    return None if _PERSONAL.search(title) else first.end()


def _divided(text: str) -> int | None:
    """Return where the first divider stands that a request about a text comes before."""
    match = _DIVIDER.search(text)
    if match is None or match.start() > _MAX_REQUEST or "\0" in text[: match.start()]:
        return None
    request = text[: match.start()]
    about = (
        _ABOUT_TEXT.search(f"{request.rstrip()}:") is not None
        and _DIRECTIVE.search(request) is None
    )
    return match.start() if about else None


def _above(text: str) -> int | None:
    """Return where a last paragraph begins that is about the text above it."""
    tail = text.rstrip()
    start = tail.rfind("\n\n") + 2
    if start < max(_LEAST_ABOVE, 2) or len(tail) - start > _MAX_REQUEST:
        return None
    return start if _ABOVE.search(tail, start) else None


def _section_end(headings: list[tuple[int, int]], start: int, end: int) -> int:
    """Return where the section ends that ``start`` stands in; ``end`` where it stands in none."""
    number = bisect_right(headings, (start, 0))
    if not number:
        return end
    depth = headings[number - 1][1]
    for later in range(number, len(headings)):
        if headings[later][1] <= depth:
            return headings[later][0]
    return end


_ABOVE_THE_USER: Final = frozenset({"system", "developer", "platform"})


def _posing(text: str, role: Role, spoofs: tuple[Spoof, ...]) -> int | None:
    """Return the first line that poses as a message its author could not send."""
    for spoof in spoofs:
        if not {*spoof.through} <= {"invisible", "lookalike"}:
            continue
        before = text[max(spoof.start - 40, 0) : spoof.start].rpartition("\n")[2]
        line_start = not before.strip(" \t>*_#")
        token = spoof.kind is SpoofKind.TEMPLATE_TOKEN
        higher = role is Role.USER and spoof.claims in _ABOVE_THE_USER
        if line_start and "\0" not in text[spoof.start : spoof.end] and (token or higher):
            return spoof.start
    return None
