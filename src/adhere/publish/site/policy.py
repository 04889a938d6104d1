"""What policymakers ask, and which sections of a spec answer (``policy.toml``)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

from adhere.spec import Section, Spec


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question, and the ids and tags of the sections that answer it."""

    id: str
    title: str
    question: str
    sections: tuple[str, ...]
    tags: tuple[str, ...] = ()


class Provision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A provision of a law or a standard, in our own words.

    Attributes:
        instrument, article: Which law or standard, and where in it.
        about: What it asks for.
        topics: Topics whose sections bear on it.
        pages: Pages of the site that bear on it.
        verified_by: Who checked this entry against the text, and when; empty: nobody has.
    """

    instrument: str
    article: str
    about: str
    verified_by: str
    topics: tuple[str, ...] = ()
    pages: tuple[Literal["read", "results", "changes", "why"], ...] = ()


class PolicyMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file (``adhere/policy/1``)."""

    schema: Literal["adhere/policy/1"]
    topic: tuple[Topic, ...]
    provision: tuple[Provision, ...]


class Answered(msgspec.Struct, frozen=True):
    """A topic with the sections of one spec that answer it."""

    topic: Topic
    sections: tuple[Section, ...]


@cache
def policy_map() -> PolicyMap:
    """Return the map that ships with adhere."""
    data = files("adhere.publish.site").joinpath("policy.toml").read_bytes()
    return msgspec.toml.decode(data, type=PolicyMap)


def answered(spec: Spec) -> tuple[Answered, ...]:
    """Return each topic with the sections of ``spec`` that answer it, in the spec's order."""
    return tuple(
        Answered(
            topic,
            tuple(
                section
                for section in spec.walk()
                if not {section.id, *section.old_ids}.isdisjoint(topic.sections)
                or not set(section.tags).isdisjoint(topic.tags)
            ),
        )
        for topic in policy_map().topic
    )


def instruments(found: tuple[Answered, ...]) -> dict[str, list[tuple[Provision, list[Section]]]]:
    """Return the provisions by instrument, each with the sections that bear on it, each once."""
    by_topic = {answer.topic.id: answer.sections for answer in found}
    table: dict[str, list[tuple[Provision, list[Section]]]] = {}
    for provision in policy_map().provision:
        sections = {
            section.id: section for topic in provision.topics for section in by_topic[topic]
        }
        table.setdefault(provision.instrument, []).append((provision, list(sections.values())))
    return table
