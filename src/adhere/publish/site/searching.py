"""What can be found by searching, for the static site and for the live one.

The static site loads a prepared list when somebody begins to search, and MiniSearch (vendored)
looks through it in the browser. The live site asks SQLite's full-text index, so it needs no script.
Both look through the same entries.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import Final

import msgspec
from markupsafe import Markup, escape

from adhere.publish.site.prose import Prose
from adhere.publish.site.reading import Comparison, Said, ShownExample, ShownSection, ShownSetting

MOST_HITS: Final = 30
MOST_QUERY: Final = 200
"""Characters of a query that are read."""

_ENTRY_TEXT: Final = 20_000
"""Characters of one entry that can be found; a longer section is found by its beginning."""

_WORD = re.compile(r"\w+")
_TAG = re.compile(r"<[^>]*>")


class Entry(msgspec.Struct, frozen=True):
    """Something that can be found.

    Attributes:
        anchor: Its place on the page of the newest version.
        title: What it is called.
        kind: ``section``, ``example`` or ``setting``.
        level: Authority of its section.
        text: What it says.
        names: Other words it is known by: its id, its tags.
    """

    anchor: str
    title: str
    kind: str
    level: str
    text: str
    names: str = ""


class Hit(msgspec.Struct, frozen=True):
    """Something found, with a stretch of its text in which the words are marked."""

    entry: Entry
    extract: Markup


def entries(sections: Iterable[ShownSection], prose: Prose) -> tuple[Entry, ...]:
    """Return everything that can be found, in reading order."""
    return tuple(entry for top in sections for s in top.walk() for entry in _of(s, prose))


def _of(shown: ShownSection, prose: Prose) -> Iterator[Entry]:
    level = str(shown.section.authority or "")
    words = []
    inside: list[Entry] = []
    for block in shown.blocks:
        for piece in block.pieces:
            if isinstance(piece, ShownExample):
                title = prose.plain(str(piece.title)) or f"Example of {shown.plain_title}"
                text = _text(_example(piece))
                inside.append(Entry(piece.anchor, title, "example", level, text))
            elif isinstance(piece, ShownSetting):
                text = _text([piece.setting.summary, piece.setting.id.replace("_", " ")])
                inside.append(Entry(piece.anchor, piece.setting.address, "setting", level, text))
            else:
                words.append(Markup(_TAG.sub(" ", piece)).unescape())  # noqa: S704  (to text)
    names = " ".join((shown.section.id.replace("_", " "), *shown.section.tags))
    yield Entry(shown.anchor, shown.plain_title, "section", level, _text(words), _text([names]))
    yield from inside


def _example(piece: ShownExample) -> Iterator[str]:
    for step in piece.steps:
        if isinstance(step, Said):
            yield step.turn.text
        elif isinstance(step, Comparison):
            for labelled in step.answers:
                reason = Markup(_TAG.sub(" ", labelled.reason)).unescape()  # noqa: S704  (to text)
                yield f"{reason} {labelled.answer.turn.text}"


def _text(words: Iterable[str]) -> str:
    return " ".join(" ".join(words).split())[:_ENTRY_TEXT]


def index_script(found: Iterable[Entry]) -> str:
    """Return the list as a script: a page opened from a disk may load no other kind of file."""
    rows = msgspec.json.encode([msgspec.structs.astuple(entry) for entry in found]).decode()
    return f"self.adhereEntries={rows.replace('<', chr(92) + 'u003c')};\n"


class SearchIndex:
    """The live site's index: SQLite's FTS5 in memory."""

    def __init__(self, found: Iterable[Entry]) -> None:
        self._entries = tuple(found)
        self._lock = Lock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute(
            "CREATE VIRTUAL TABLE entry USING fts5(title, text, names, tokenize='porter unicode61')"
        )
        self._database.executemany(
            "INSERT INTO entry (rowid, title, text, names) VALUES (?, ?, ?, ?)",
            ((n, entry.title, entry.text, entry.names) for n, entry in enumerate(self._entries)),
        )
        self._database.commit()

    def find(self, query: str, most: int = MOST_HITS) -> list[Hit]:
        """Return what has all the words of the query, the best first; of the last a beginning."""
        words = _WORD.findall(query[:MOST_QUERY])
        if not words:
            return []
        # Each word as a quoted string: nothing of the query is read as syntax.
        asked = " ".join(f'"{word}"' for word in words) + "*"
        with self._lock:
            rows = self._rows(asked, most)
        return [Hit(self._entries[number], _marked(extract)) for number, extract in rows]

    def _rows(self, asked: str, most: int) -> list[tuple[int, str]]:
        found = self._database.execute(
            "SELECT rowid, snippet(entry, 1, char(2), char(3), '…', 24) FROM entry "
            "WHERE entry MATCH ? ORDER BY bm25(entry, 8.0, 1.0, 4.0) LIMIT ?",
            (asked, most),
        )
        return list(found)


def _marked(extract: str) -> Markup:
    text = str(escape(extract)).replace("\x02", "<mark>").replace("\x03", "</mark>")
    return Markup(text)  # noqa: S704  (escaped above)
