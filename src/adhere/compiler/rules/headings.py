"""Where in a heading its id and its old ids stand."""

from __future__ import annotations

import re

from adhere.compiler.rules.context import Context
from adhere.spec import Section, SourceSpan

_OLD_IDS = re.compile(rb"(?<=[\s{])oldids=(?P<ids>[^\s}]*)")
_NAME = re.compile(rb"[^,]+")


def id_span(context: Context, section: Section) -> SourceSpan:
    """Return the span of ``#id`` in the heading's attributes; without one, of the heading."""
    start, attributes = _attributes(context, section)
    # An id ends where an attribute ends: "#a" is not found in "#ab".
    found = re.search(rb"#" + re.escape(section.id.encode()) + rb"(?=[\s}])", attributes)
    if found is None:
        return section.heading.span
    return context.source.span(start + found.start(), start + found.end())


def old_id_spans(context: Context, section: Section) -> dict[str, SourceSpan]:
    """Return the span of every id within ``oldids=``."""
    start, attributes = _attributes(context, section)
    found = _OLD_IDS.search(attributes)
    if found is None:
        return {}
    names = _NAME.finditer(attributes, *found.span("ids"))
    return {
        name[0].decode(): context.source.span(start + name.start(), start + name.end())
        for name in names
    }


def _attributes(context: Context, section: Section) -> tuple[int, bytes]:
    """Return the ``{…}`` that ends the heading's line, and where it starts."""
    span = section.heading.span
    line = context.source.data[span.start : span.end].split(b"\n", 1)[0].rstrip(b"# \t\r")
    opening = line.rfind(b"{") if line.endswith(b"}") else -1
    return (span.start + opening, line[opening:]) if opening >= 0 else (span.start, b"")
