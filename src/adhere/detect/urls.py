"""Addresses in a text, as whoever renders it would follow them.

Found are URLs with any scheme, without one (``//host``, ``www.host``, ``host/path``) and
``mailto:``, wherever they stand: in Markdown links, images and reference definitions, in attributes
of HTML, between angle brackets, bare. Where an address ends is read like a renderer does: at white
space, a quotation mark, an angle bracket, or a bracket that was not opened inside it (GitHub
Flavored Markdown, 6.9). Its host is read like a browser does: after the last ``@``, backslashes are
slashes, percent signs are taken off, compatibility forms are folded (WHATWG URL, 3 and 4).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias
from urllib.parse import unquote

import msgspec
import re2

LONGEST: Final = 4_096
"""Characters of an address that are looked at."""

MOST_INSIDE: Final = 4
"""Addresses inside another one that are looked at; who follows that one goes to its host."""

UrlKind: TypeAlias = Literal["image", "link"]

_START: Final = re2.compile(
    r"(?i)\b[a-z][a-z0-9+.-]{0,20}:[/\\]{2,4}|\bmailto:|(?:^|[\s\"'(=<\[])(?P<relative>[/\\]{2})"
    r"|(?P<named>\b(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?::[0-9]{1,5})?[/?#]|\bwww\.)"
)
_END: Final = re2.compile(r"[\s<>\"`]")
_BRACKETS: Final = re.compile(r"[()\[\]]")
_HOST_END: Final = re2.compile(r"[/\\?#]")
_IMAGE: Final = re2.compile(
    r"(?i)!\[[^\]\n]{0,200}\]\([ \t]{0,4}<?\z|\burl\(\s{0,4}[\"']?\z"
    r"|(?:\bsrc(?:set)?|\bposter|\bbackground)\s{0,4}=\s{0,4}[\"']?\z"
)
_UNFINISHED_IMAGE: Final = re2.compile(r"!\[[^\]\n]{0,200}(?:\](?:\([ \t]{0,4}<?)?)?\z")
_SIGNS: Final = ("/", "\\", "?", "#", ".", ":")
"""Without one of these there is no address."""
_ANNOUNCE: Final = ("![", "=", "(")
_NEAR: Final = 256
"""Characters before an address in which its use is announced."""


class Url(msgspec.Struct, frozen=True, gc=False):
    """An address in a text.

    Attributes:
        kind: ``image``: loaded as soon as the text is shown. ``link``: somebody has to follow it.
        start: First character.
        authority: First character after the scheme and its slashes.
        end: One past the last.
        host: Whom it reaches, as a browser reads it; empty while that is not known.
        path: The path.
        told: What else it tells: user, subdomains, query, fragment, with spaces between.
        complete: Whether it is known to end there.
    """

    kind: UrlKind
    start: int
    authority: int
    end: int
    host: str
    path: str
    told: str
    complete: bool


def urls(text: str, *, final: bool = True) -> Iterator[Url]:
    """Yield the addresses in a text, in order; one inside another is one more.

    Args:
        text: The text.
        final: Whether nothing follows it.

    >>> [(url.kind, url.host, url.told) for url in urls("![](https://a.example@b.example/?q=1)")]
    [('image', 'b.example', 'a.example ?q=1')]
    """
    if not any(sign in text for sign in _SIGNS):
        return
    outer, inner = 0, 0
    for match in _START.finditer(text):
        if match.start() < outer:
            inner += 1
            if match[2] is not None or inner > MOST_INSIDE:
                continue
        else:
            inner = 0
        start = match.start(1) if match[1] else match.start()
        yield (url := _read(text, start, start if match[2] else match.end(), final))
        outer = max(outer, url.end)


def unfinished_url(text: str) -> tuple[int, Url | None]:
    """Return where what may become an address begins, and the address if it is one already."""
    tail = max(len(text) - LONGEST, 0)
    begun = next((url for url in urls(text[tail:], final=False) if not url.complete), None)
    if begun is not None:
        begun = msgspec.structs.replace(
            begun, start=begun.start + tail, authority=begun.authority + tail, end=len(text)
        )
        return _announced(text, begun.start), begun
    word = "" if text[-1:].isspace() else text.rsplit(None, 1)[-1:]
    return _announced(text, len(text) - len(word[0]) if word else len(text)), None


def _announced(text: str, start: int) -> int:
    """Return where what stands before a place begins to say how an address there is used."""
    near = max(start - _NEAR, 0)
    if not any(sign in text[near:start] for sign in _ANNOUNCE):
        return start
    image = _IMAGE.search(text[near:start]) or _UNFINISHED_IMAGE.search(text[near:start])
    return near + image.start() if image else start


def host_of(written: str) -> str:
    """Return the host of an authority (``user@HOST:443``) as a browser reads it."""
    host = unquote(written.rpartition("@")[2])
    host = unicodedata.normalize("NFKC", host).replace("。", ".").lower()
    if not host.startswith("["):
        host = host.partition(":")[0]
    return host.rstrip(".")


def _read(text: str, start: int, authority: int, final: bool) -> Url:
    most = text[authority : authority + LONGEST]
    stop = _END.search(most)
    size = _balanced(most[: stop.start()] if stop else most)
    if start and text[start - 1] == "'" and (quote := most.find("'", 0, size)) >= 0:
        size = quote
    end = authority + size
    complete = final or end < len(text)
    rest = most[:size].replace("\\", "/")
    host_end = _HOST_END.search(rest)
    cut = host_end.start() if host_end else size
    path, asked = _divided(rest[cut:])
    host, told = "", [asked]
    if host_end or complete:
        host = host_of(rest[:cut])
        told = [rest[:cut].rpartition("@")[0], *host.split(".")[:-2], asked]
    image = _IMAGE.search(text[max(start - _NEAR, 0) : start])
    return Url(
        "image" if image else "link", start, authority, end, host, path,
        " ".join(part for part in told if part), complete,
    )  # fmt: skip


def _divided(written: str) -> tuple[str, str]:
    """Divide what follows the host into the path, and the query with the fragment."""
    cuts = [at for at in (written.find("?"), written.find("#")) if at >= 0]
    at = min(cuts, default=len(written))
    return written[:at], written[at:]


def _balanced(text: str) -> int:
    """Return how far a text goes until a bracket closes that was not opened in it."""
    opened = {")": 0, "]": 0}
    for match in _BRACKETS.finditer(text):
        char = match[0]
        if char in "([":
            opened[")" if char == "(" else "]"] += 1
        else:
            opened[char] -= 1
            if opened[char] < 0:
                return match.start()
    return len(text)
