"""What a site is made of."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from adhere.publish.site.evidence import RunEvidence
from adhere.resolve import PublicDecision
from adhere.sources.scores import Scores
from adhere.spec import Spec

_SLUG = re.compile(r"[^a-z0-9_]+")


class Edition(msgspec.Struct, frozen=True):
    """A version of the spec.

    Attributes:
        slug: Its name in addresses.
        label: Its name for people.
        spec: The text.
        translations: The same in other languages, by section id; what one lacks is shown in the
            language of ``spec``, and says so.
        note: What its makers say has changed, as Markdown.
    """

    slug: str
    label: str
    spec: Spec
    translations: tuple[Spec, ...] = ()
    note: str = ""


class ShownDecision(msgspec.Struct, frozen=True):
    """A decision, as the person it affects may see it, with the proof that it was recorded.

    ``proof`` is the text of a proof that anyone can check offline; empty where there is none.
    """

    decision: PublicDecision
    origin: str = ""
    number: int | None = None
    proof: str = ""


class Site(msgspec.Struct, frozen=True):
    """Everything a site shows.

    Attributes:
        title: The spec's name.
        editions: Its versions, newest first; at least one.
        runs: What evaluations found.
        scores: What others have published about models and this spec.
        decisions: Decisions to explain, by id.
        feedback: Where the live site takes comments, relative to its root; empty: it takes none.
        live: Whether a server answers, so that search and decisions need no script.
    """

    title: str
    editions: tuple[Edition, ...]
    runs: tuple[RunEvidence, ...] = ()
    scores: tuple[Scores, ...] = ()
    decisions: Mapping[str, ShownDecision] = {}
    feedback: str = ""
    live: bool = False

    @property
    def current(self) -> Edition:
        """The newest version."""
        return self.editions[0]


def slug(text: str) -> str:
    """Return a name that is safe in addresses and on every file system.

    >>> slug("v2025.12.18"), slug("../../etc/passwd"), slug("Ä")
    ('v2025-12-18', 'etc-passwd', 'x')
    """
    return _SLUG.sub("-", text.lower()).strip("-")[:80] or "x"


def unique_slugs(texts: list[str]) -> list[str]:
    """Return a slug for each text, none of them twice."""
    taken: set[str] = set()
    made = []
    for text in texts:
        name = first = slug(text)
        number = 2
        while name in taken:
            name, number = f"{first}-{number}", number + 1
        taken.add(name)
        made.append(name)
    return made


def notes_by_version(changelog: str) -> dict[str, str]:
    """Return what a changelog in Markdown says of each version.

    A heading that is a version's name, with or without a ``v`` before it, begins its entry.

    >>> notes_by_version("# Log\\n\\n## v1.2\\n\\nMore.\\n")["1-2"]
    'More.'
    """
    notes: dict[str, list[str]] = {}
    current: list[str] = []
    for line in changelog.splitlines():
        if line.startswith("#"):
            name = slug(line.lstrip("#").strip().split(" ")[0])
            current = notes.setdefault(name.removeprefix("v"), [])
        else:
            current.append(line)
    return {name: "\n".join(lines).strip() for name, lines in notes.items()}
