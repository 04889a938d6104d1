"""What a rule may look at, indexed once so that every rule stays linear in the document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from adhere.compiler.prompts import PromptFile
from adhere.compiler.source import Source
from adhere.compiler.write import write_spec
from adhere.spec import Marker, Section, Setting, Spec


@dataclass(slots=True)
class Node:
    """A section with its place in the tree."""

    section: Section
    parent: Node | None
    chapter: Node | None = None
    """The top-level section it belongs to; None for one of them."""
    above: Section | None = None
    """The nearest section around it that has a level of authority."""
    ranked: bool = False
    """Whether it, or a section below it, has a level of authority."""


@dataclass(frozen=True)
class Context:
    """What is linted.

    Attributes:
        spec: The document.
        prompts: Its files of evaluation prompts by marker; None where nobody asked about them.
        since: An older version of the document, to be compared with.
        tested: Ids of sections that a test case outside the document covers.
    """

    spec: Spec
    prompts: Mapping[str, PromptFile] | None = None
    since: Spec | None = None
    tested: frozenset[str] = frozenset()

    @cached_property
    def source(self) -> Source:
        """The document's text, put together again from the spec.

        Raises:
            ValueError: The spec was not made by the compiler.
        """
        return Source(write_spec(self.spec), self.spec.name)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every section in document order, with its place in the tree."""
        return tuple(_nodes(self.spec))

    @property
    def sections(self) -> Iterator[Section]:
        """Every section in document order."""
        return (node.section for node in self.nodes)

    @cached_property
    def ids(self) -> Mapping[str, list[Section]]:
        """Sections by id: more than one where an id is used twice."""
        found: defaultdict[str, list[Section]] = defaultdict(list)
        for section in self.sections:
            found[section.id].append(section)
        return dict(found)

    @cached_property
    def old_ids(self) -> Mapping[str, list[Section]]:
        """Sections by the ids they had before."""
        found: defaultdict[str, list[Section]] = defaultdict(list)
        for section in self.sections:
            for old in dict.fromkeys(section.old_ids):
                found[old].append(section)
        return dict(found)

    @cached_property
    def markers(self) -> Mapping[str, list[tuple[Section, Marker]]]:
        """Where each marker stands."""
        found: defaultdict[str, list[tuple[Section, Marker]]] = defaultdict(list)
        for section in self.sections:
            for marker in section.markers:
                found[marker.name].append((section, marker))
        return dict(found)

    @cached_property
    def settings(self) -> Mapping[str, Setting]:
        """Settings by address; the first where one is declared twice."""
        found: dict[str, Setting] = {}
        for section in self.sections:
            for setting in section.settings:
                found.setdefault(setting.address, setting)
        return found


def _nodes(spec: Spec) -> list[Node]:
    """List the tree without recursion: a spec read from JSON may be nested without end."""
    nodes: list[Node] = []
    pending = [Node(section, None) for section in reversed(spec.sections)]
    while pending:
        node = pending.pop()
        node.ranked = node.section.authority is not None
        nodes.append(node)
        chapter, above = node.chapter or node, node.section if node.ranked else node.above
        children = reversed(node.section.children)
        pending += [Node(child, node, chapter, above) for child in children]
    for node in reversed(nodes):  # children come after their parents
        if node.ranked and node.parent is not None:
            node.parent.ranked = True
    return nodes
