"""From a file of instructions or a conversation to what the resolver decides about."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from adhere.assemble.loading import read_limited
from adhere.assemble.services import is_service, open_service
from adhere.conversation import Conversation, decode_conversation
from adhere.errors import InputError, UsageError
from adhere.extract import (
    Interpretation,
    ModelExtractor,
    RuleExtractor,
    interpret,
)
from adhere.resolve import (
    Attribution,
    Candidates,
    Markup,
    Profile,
    read_candidates,
    settings_candidates,
    with_facts,
)
from adhere.spec import Authority, Spec

RULES: Final = "rules"
_READY: Final = "adhere/instructions/1"


class _Head(msgspec.Struct):
    schema: str = ""


def read_case(
    path: Path,
    spec: Spec | None,
    profiles: Mapping[Authority, Profile],
    *,
    extractor: str = RULES,
    markup: Markup = "data",
    max_bytes: int,
    max_instructions: int,
) -> Interpretation:
    """Read what a file asks for, and put the settings of a spec beside it.

    Args:
        path: Ready instructions (``adhere/instructions/1``), or a conversation: chat completions,
            Responses, or our own form.
        spec: Whose settings count; a conversation cannot do without.
        profiles: What was asked for beforehand.
        extractor: ``rules``, or the address of a model.
        markup: What an operator's message that is nothing but XML is taken for.
        max_bytes: Refuse larger files.
        max_instructions: Refuse more ready instructions.

    Raises:
        InputError: The file is neither, or too large.
        UsageError: A conversation without a spec; profiles without one; no such extractor.
        ServiceError: The extractor is a model, and it failed.
        SystemFault: The file cannot be read.
    """
    data = read_limited(path, max_bytes)
    if len(data) > max_bytes:
        raise InputError(
            f"the file is larger than {max_bytes} bytes",
            place=str(path),
            remedy="raise --max-bytes, if that is meant",
        )
    if spec is None and profiles:
        raise UsageError("profiles set what a spec declares", remedy="name it with --spec")
    if _is_ready(data):
        ready = read_candidates(data, name=str(path), max_instructions=max_instructions)
        return Interpretation(_beside(ready, spec, profiles, path), Attribution((), (), ()), ())
    conversation = decode_conversation(data, name=str(path))
    if spec is None:
        raise UsageError(
            "a conversation is resolved under a spec",
            place=str(path),
            remedy="name one with --spec, such as `--spec reference`",
        )
    return asyncio.run(_interpret(conversation, spec, profiles, extractor, markup))


def _is_ready(data: bytes) -> bool:
    try:
        return msgspec.json.decode(data, type=_Head).schema == _READY
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False  # what it is instead, whoever reads it as a conversation will say


def _beside(
    ready: Candidates, spec: Spec | None, profiles: Mapping[Authority, Profile], path: Path
) -> Candidates:
    """Put ready instructions and facts beside the settings of a spec."""
    if spec is None:
        return ready
    base = settings_candidates(spec, profiles)
    try:
        return Candidates(
            instructions=(*base.instructions, *ready.instructions),
            facts=with_facts(base.facts, ready.facts),
            capabilities=ready.capabilities,
            spec_digest=base.spec_digest,
        )
    except ValueError as error:
        raise InputError(str(error), place=str(path), remedy="rename the instruction") from error


async def _interpret(
    conversation: Conversation,
    spec: Spec,
    profiles: Mapping[Authority, Profile],
    extractor: str,
    markup: Markup,
) -> Interpretation:
    if extractor == RULES:
        return await interpret(conversation, spec, profiles, RuleExtractor(), markup=markup)
    if not is_service(extractor):
        raise UsageError(
            f'"{extractor}" is not an extractor', remedy=f"use {RULES}, or https://HOST/v1#MODEL"
        )
    model = open_service(extractor)
    try:
        return await interpret(conversation, spec, profiles, ModelExtractor(model), markup=markup)
    finally:
        await model.close()
