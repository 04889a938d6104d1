"""What a heading says of its section: id, level, names it had, tags, owner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from adhere.compiler.diagnostic import Severity, quoted
from adhere.compiler.markdown import Heading
from adhere.spec import Authority

MAX_ID: Final = 200
"""Longest id, in characters: ids are repeated in examples, settings and findings."""

_LEVELS = tuple(level.value for level in Authority if level.rank)
_LISTS = {"tags": "tags", "oldids": "old_ids"}
_ATTRIBUTES = ("authority", "tags", "oldids", "owner")
_WORD = re.compile(r"\w+")

Problem = tuple[str, Severity, str, str]
"""Code, severity, message and remedy of a finding about a heading."""


def read_heading(heading: Heading, title: str) -> tuple[dict[str, Any], list[Problem]]:
    """Return the fields of `adhere.spec.Section` that a heading decides, and what is wrong."""
    problems = list[Problem]()
    name = heading.id
    if name and len(name) > MAX_ID:
        problems.append((
            "id-too-long",
            Severity.ERROR,
            f"an id has at most {MAX_ID} characters, this one has {len(name):,}",
            "choose a shorter id",
        ))  # fmt: skip
        name = name[:MAX_ID]
    fields = {
        "id": name or "_".join(_WORD.findall(title[:MAX_ID].lower())) or "section",
        "id_given": bool(name),
        "title": title,
        "depth": heading.depth,
    }
    if "{#" in title:
        problems.append((
            "heading-attributes",
            Severity.WARNING,
            "the attributes of the heading are read as part of its title",
            "write them once, at the end of the line: {#id authority=user tags=a,b}",
        ))  # fmt: skip
    problems += _read_attributes(heading, fields)
    return fields, problems


def _read_attributes(heading: Heading, fields: dict[str, Any]) -> Iterator[Problem]:
    seen = set()
    for name, value in heading.attributes:
        if name in seen:
            yield (
                "repeated-attribute",
                Severity.ERROR,
                f"the heading has the attribute {quoted(name)} twice",
                "keep one of them; the first one counts",
            )
            continue
        seen.add(name)
        if name == "authority" and value in _LEVELS:
            fields["authority"] = Authority(value)
        elif name == "authority":
            yield (
                "unknown-authority",
                Severity.ERROR,
                f"{quoted(value or '')} is not a level of authority",
                f"use one of {', '.join(_LEVELS)}",
            )
        elif name in _LISTS and value:
            fields[_LISTS[name]] = tuple(word for word in value.split(",") if word)
        elif name == "owner" and value:
            fields["owner"] = value
        else:
            yield (
                "unknown-attribute",
                Severity.WARNING,
                f"{quoted(name)} is not an attribute of a heading, or has no value",
                f"use one of {', '.join(_ATTRIBUTES)}",
            )
    for name in heading.classes:
        yield (
            "unknown-attribute",
            Severity.WARNING,
            f"{quoted('.' + name)} is a class, which nobody reads",
            "remove it, or use tags=",
        )
