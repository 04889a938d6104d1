"""Which sections carry rules, and which of them are tested: several rules need the same answer."""

from __future__ import annotations

import re

from adhere.spec import Section

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
_INSTRUCTS = re.compile(r"\b(?:must|shall|should|never|do not|don['’]t)\b", re.I)


def instructs(section: Section) -> bool:
    """Whether the section's own text tells somebody what to do: prose, answers or settings."""
    return (
        bool(section.settings)
        or has_labelled_example(section)
        or _INSTRUCTS.search(own_words(section)) is not None
    )


def own_words(section: Section) -> str:
    """Return the section's prose without comments to authors; empty where there is none."""
    return _COMMENT.sub("", section.prose).strip()


def has_labelled_example(section: Section) -> bool:
    """Whether an example of the section says of an answer that it is right or wrong."""
    return any(
        answer.verdict is not None for example in section.examples for answer in example.answers
    )
