"""An old id that belongs to somebody else now."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context
from adhere.compiler.rules.headings import old_id_spans
from adhere.compiler.rules.rule import Finding, Rule
from adhere.spec import SourceSpan


def _find(context: Context) -> Iterator[Finding]:
    for section in context.sections:
        places: dict[str, SourceSpan] | None = None
        for old in section.old_ids:
            # The present holder of an id has it; else the first to claim it.
            owner = (context.ids.get(old) or context.old_ids[old])[0]
            if owner is section and section.id != old:
                continue
            places = old_id_spans(context, section) if places is None else places
            yield Finding(
                places.get(old, section.heading.span),
                f"the old id {quoted(old)} is this section's own id"
                if owner is section
                else f"the old id {quoted(old)} belongs to {quoted(owner.title)}",
                "take it out of oldids= here, or rename the other section",
                section.id,
            )


RULE = Rule(
    "reused-old-id",
    Severity.WARNING,
    "an old id is the id, or an old id, of another section",
    "Results and complaints from before the renaming would be counted for the wrong section.",
    _find,
)
