"""Breaks real documents in the ways of the dialect: for the soak test and for the fuzzer."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

REFERENCE = Path(__file__).parent.parent / "specs" / "reference" / "spec.md"

TOKENS = [
    token.encode()
    for token in (
        "# ", "## H {#h authority=root tags=a,b oldids=c owner=d}\n", "{#", "}", " authority=boss",
        "\n", "\n\n", "\r\n", "\r", "\t", "    ", " ", "\0", "\ufeff", "\u2028", "\x0b", "\x0c",
        "~~~", "~~~xml\n", "~~~setting\n", "~~~\n", "````", "<user>", "</user>", "<assistant>",
        "</assistant>", '<assistant recipient="t" end_turn="false">', "<comparison>",
        "</comparison>", "<system>", "<developer>", '<tool name="t">', "<untrusted>", "<settings>",
        "<!-- GOOD: why -->", "<!-- BAD[#h] -->", "<!-- OK, if: -->", "<!--", "-->", "<![CDATA[",
        "]]>", "<?", "?>", "<!DOCTYPE r [<!ENTITY a 'b'>]>", "&a;", "&amp;", "&#x41;", "&", "<",
        "**Example**: title\n\n", "[?](#h)", "[words](#h)", "[^m1]", "[^m1]: words", "[", "](",
        ")", '!!! meta "Title"\n', "!!! x\n    ", "!!!", "+   #", "> ", "- ", "+ ", "1. ",
        "| a | b |\n", "|---|---|\n", "---\n", "===\n", "***", "_", "`", "\\", "<div>\n",
        "<script>", "[l]: /url\n", "+++\n", 'id = "x"\n', 'type = "integer"\n', "default = 1\n",
        "allowed = { min = 0 }\n", 'changeable_by = ["user"]\n', "a.a.a.a = [[[1]]]\n",
        "<!-- no test needed: why -->", "é",
        "\U0001f600",
    )
] + [b"\xff", b"\xc3", b"\xed\xa0\x80"]  # fmt: skip


def corpus() -> list[bytes]:
    """The documents to break: the reference spec, and the published ones where they are."""
    paths = [REFERENCE]
    if "ADHERE_DATA" in os.environ:
        folder = Path(os.environ["ADHERE_DATA"]) / "openai_model_spec"
        paths += sorted(folder.glob("*/model_spec.md"))
    return [path.read_bytes() for path in paths]


class Mutator:
    """Makes broken documents; the same number always makes the same document."""

    def __init__(self, documents: list[bytes]) -> None:
        self._documents = documents
        self._steps: list[Callable[[Random, bytearray], None]] = [
            self._insert, self._insert, self._insert, self._splice, self._delete, self._duplicate,
            self._flip, self._repeat, self._swap, self._line_ends,
        ]  # fmt: skip

    def make(self, number: int, *, size: int = 4096) -> bytes:
        """Return a broken excerpt of about ``size`` bytes; one in 200 is a whole document."""
        random = Random(number)  # noqa: S311 - nothing here is secret
        document = random.choice(self._documents)
        if number % 200:
            out = bytearray(self._excerpt(random, document, size))
        else:
            out = bytearray(document)
        return self.break_up(random, out)

    def break_up(self, random: Random, out: bytearray) -> bytes:
        """Break ``out`` in up to ten places."""
        for _ in range(random.choice((1, 1, 2, 3, 5, 10))):
            random.choice(self._steps)(random, out)
        return bytes(out)

    def _excerpt(self, random: Random, document: bytes, size: int) -> bytes:
        start = random.randrange(len(document))
        if random.random() < 0.8:
            start = document.rfind(b"\n", 0, start) + 1
        return document[start : start + random.randrange(1, 2 * size)]

    def _insert(self, random: Random, out: bytearray) -> None:
        at = random.randrange(len(out) + 1)
        if random.random() < 0.5:
            at = out.rfind(b"\n", 0, at) + 1
        out[at:at] = random.choice(TOKENS)

    def _splice(self, random: Random, out: bytearray) -> None:
        at = random.randrange(len(out) + 1)
        out[at:at] = self._excerpt(random, random.choice(self._documents), 200)

    def _range(self, random: Random, out: bytearray) -> tuple[int, int]:
        start = random.randrange(len(out) + 1)
        return start, min(start + random.choice((1, 2, 10, 100, 1000)), len(out))

    def _delete(self, random: Random, out: bytearray) -> None:
        start, end = self._range(random, out)
        del out[start:end]

    def _duplicate(self, random: Random, out: bytearray) -> None:
        start, end = self._range(random, out)
        at = random.randrange(len(out) + 1)
        out[at:at] = out[start:end]

    def _flip(self, random: Random, out: bytearray) -> None:
        if out:
            out[random.randrange(len(out))] ^= 1 << random.randrange(8)

    def _repeat(self, random: Random, out: bytearray) -> None:
        at = random.randrange(len(out) + 1)
        out[at:at] = random.choice(TOKENS) * random.choice((2, 5, 50, 200))

    def _swap(self, random: Random, out: bytearray) -> None:
        lines = out.split(b"\n")
        one, two = random.randrange(len(lines)), random.randrange(len(lines))
        lines[one], lines[two] = lines[two], lines[one]
        out[:] = b"\n".join(lines)

    def _line_ends(self, random: Random, out: bytearray) -> None:
        start, end = self._range(random, out)
        end_mark = random.choice((b"\r\n", b"\r", b"\n\n", b""))
        out[start:end] = out[start:end].replace(b"\n", end_mark)
