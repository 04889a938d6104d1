"""A file of prompts that says it belongs elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.rule import Finding, Rule

_MARKUP = re.compile(r"[*_`\\]")
_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"'})


def _find(context: Context) -> Iterator[Finding]:
    for name, file in (context.prompts or {}).items():
        if file.says_marker and file.says_marker != name:
            yield Finding(
                file.header,
                f"the file is called {quoted(name)}, but says it is for {quoted(file.says_marker)}",
                "make the name of the file and its first line agree",
                file=file.name,
            )
        places = [section for section, _ in context.markers.get(name, [])]
        titles = {_plain(section.title) for section in places}
        if places and file.says_section and _plain(file.says_section) not in titles:
            yield Finding(
                file.title_span,
                f"the prompts are for {quoted(file.says_section)}, but their marker stands in "
                f"{quoted(places[0].title)}",
                "name the section the marker stands in, or move the marker",
                places[0].id,
                file.name,
            )


def _plain(title: str) -> str:
    """Return a title as a reader would compare it: no markup, no kinds of quotes, no case."""
    return " ".join(_MARKUP.sub("", title).translate(_QUOTES).casefold().split())


RULE = Rule(
    "prompts-of-another-section",
    Severity.WARNING,
    "a file of prompts names another marker or section than the one it is used for "
    "(with --prompts)",
    "Either the prompts test the wrong rule, or their first line misleads whoever edits them.",
    _find,
)
