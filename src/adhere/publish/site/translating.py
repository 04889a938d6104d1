"""A spec in another language, section by section, with what is missing shown and marked."""

from __future__ import annotations

from msgspec.structs import replace

from adhere.publish.site.model import Edition
from adhere.publish.site.prose import Prose
from adhere.publish.site.reading import Reader, ShownSection


def translated(
    shown: tuple[ShownSection, ...], edition: Edition, language: int, original: Prose
) -> tuple[ShownSection, ...]:
    """Return the sections in the ``language``-th language of ``edition``.

    The original decides which sections there are, in which order and with which authority: a
    translation changes words only. A section it lacks stays as it is and names its language.

    Args:
        shown: The sections of the original.
        edition: The version, with its translations.
        language: Which of them, from 1.
        original: How links of the original are made.
    """
    spec = edition.translations[language - 1]
    prose = Prose(spec, original.targets)
    words = {
        section.section.id: section
        for top in Reader(spec, prose).sections()
        for section in top.walk()
    }
    fallback = edition.spec.metadata.language or "en"

    def one(section: ShownSection) -> ShownSection:
        children = tuple(one(child) for child in section.children)
        found = words.get(section.section.id)
        if found is None:
            return replace(section, children=children, language=fallback)
        return replace(
            section,
            title=found.title,
            plain_title=found.plain_title,
            blocks=found.blocks,
            children=children,
        )

    return tuple(one(section) for section in shown)
