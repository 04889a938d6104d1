"""From a conversation and a spec's settings to the instructions that the resolver decides about.

The order: who said what (`attribute`), which facts were stated and by whom (`facts_from`), what the
words ask for (an `Extractor`); then everything beside the settings of the spec.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from adhere.conversation import Conversation
from adhere.extract.delegation import delegations
from adhere.extract.extracted import Extracted, Extractor
from adhere.extract.instructions import instructions_of, order_is_kept
from adhere.resolve import (
    Attribution,
    Candidates,
    Instruction,
    Markup,
    Profile,
    RefusedStatement,
    attribute,
    facts_from,
    settings_candidates,
    with_facts,
)
from adhere.spec import Authority, Spec

CHAIN_SECTIONS: Final = ("follow_all_applicable_instructions", "apply_instructions")
"""Ids of the section that says whose word counts, in the published spec and in ours."""


class Interpretation(msgspec.Struct, frozen=True):
    """What a conversation comes to under a spec.

    Attributes:
        candidates: For `adhere.resolve.resolve`.
        attribution: Whose words are whose, with notices for whoever wrote them.
        facts_refused: Statements of facts that set nothing.
    """

    candidates: Candidates
    attribution: Attribution
    facts_refused: tuple[RefusedStatement, ...]


async def interpret(
    conversation: Conversation,
    spec: Spec,
    profiles: Mapping[Authority, Profile],
    extractor: Extractor,
    *,
    markup: Markup = "data",
) -> Interpretation:
    """Read a conversation as instructions and facts, beside the settings of a spec.

    An instruction on what a setting governs has that setting's address as its key, so that it is
    held to what is allowed, to the bounds of its level, and to what profiles have fixed.

    Args:
        conversation: What was said.
        spec: The spec it stands under.
        profiles: What system, developer and user asked for beforehand.
        extractor: Who finds instructions in the words.
        markup: What an operator's message that is nothing but XML is taken for.

    Raises:
        ServiceError: The extractor asks a service, and that failed.
    """
    attribution = attribute(conversation, markup=markup)
    found = await extractor.extract(conversation, attribution.spans)
    stated = facts_from(conversation)
    base = settings_candidates(spec, profiles)
    given = delegations(conversation, attribution)
    said = instructions_of(_governed(found, spec))
    candidates = msgspec.structs.replace(
        base,
        instructions=(*base.instructions, *_order(spec), *given, *said),
        facts=with_facts(base.facts, stated.facts),
    )
    return Interpretation(candidates, attribution, stated.refused)


def _governed(found: Sequence[Extracted], spec: Spec) -> list[Extracted]:
    """Give what was found the address of the setting that governs it, if there is one, as key."""
    addresses = {setting.governs: setting.address for setting in spec.settings() if setting.governs}
    return [msgspec.structs.replace(one, key=addresses.get(one.key, one.key)) for one in found]


def _order(spec: Spec) -> tuple[Instruction, ...]:
    for section in spec.walk():
        level = section.authority
        if section.id in CHAIN_SECTIONS and level in (Authority.ROOT, Authority.PLATFORM):
            return (order_is_kept(section.id),)
    return ()
