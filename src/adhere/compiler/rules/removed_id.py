"""An id that an older version had and this one does not know."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.rules.context import Context, Node
from adhere.compiler.rules.rule import Finding, Rule
from adhere.spec import Section, SourceSpan


def _find(context: Context) -> Iterator[Finding]:
    if context.since is None:
        return
    before = Context(context.since)
    known = {**context.ids, **context.old_ids}
    # A section of the same title under a new id is the same section, renamed.
    renamed = {
        section.title: section for section in context.sections if section.id not in before.ids
    }
    for node in before.nodes:
        gone = node.section
        if gone.id in known or not gone.id_given:
            continue
        successor = renamed.get(gone.title)
        place: SourceSpan
        owner: str | None
        if successor is not None:
            place, owner = successor.heading.span, successor.id
            message = f"the section {quoted(gone.title)} had the id {quoted(gone.id)} before"
            remedy = f"write {{#{successor.id} oldids={gone.id}}} in this heading"
        else:
            place, owner = _place(context, node)
            message = f"the id {quoted(gone.id)} of {quoted(gone.title)} is gone"
            remedy = f"write oldids={gone.id} in the heading of the section that took its place"
        yield Finding(place, message, remedy, owner)


def _place(context: Context, node: Node) -> tuple[SourceSpan, str | None]:
    """Return the nearest section around the lost one that is still there, or the beginning."""
    ancestor = node.parent
    while ancestor is not None:
        found: list[Section] = context.ids.get(ancestor.section.id, [])
        if found:
            return found[0].heading.span, found[0].id
        ancestor = ancestor.parent
    return SourceSpan(0, 0, 1, 1), None


RULE = Rule(
    "removed-id",
    Severity.WARNING,
    "an id of the older version is neither an id nor an old id any more (with --since)",
    "Old results, complaints and links that name the section cannot be found again.",
    _find,
)
