"""Instructions: what somebody asks for, with whose authority, and where it is written."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from adhere.resolve.chain.facts import Condition, Fact
from adhere.resolve.chain.values import Admissible
from adhere.spec import Authority

Name: TypeAlias = Annotated[str, Meta(min_length=1)]
ANY: Final = "*"
_ROOT_LEVELS: Final = (Authority.ROOT, Authority.PLATFORM)


class Origin(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Where an instruction is written.

    Attributes:
        kind: A section of the spec, a message, or a setting that somebody set.
        ref: The section's id, the setting's address, or what the message is called.
        position: Place of the message in the conversation, 0 for the first. -1 for text of the
            spec, which counts as earlier than everything. A setting that was set before the
            conversation has -1 too and counts as later than the spec, earlier than any message.
        start: First character in the message's content; first byte in the source of a spec.
        end: One past the last.
    """

    kind: Literal["section", "message", "setting"]
    ref: str = ""
    position: Annotated[int, Meta(ge=-1, le=2**31)] = -1
    start: Annotated[int, Meta(ge=0)] = 0
    end: Annotated[int, Meta(ge=0)] = 0

    def __post_init__(self) -> None:
        if self.kind == "section" and self.position != -1:
            raise ValueError("text of a section has no place in the conversation: position is -1")
        if self.kind == "message" and self.position < 0:
            raise ValueError("a message's position counts from 0")


class Delegation(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Authority handed to text that has none of its own.

    Attributes:
        selector: The `Instruction.source` it is for, or ``*`` for any.
        keys: The keys it is for; ``*`` stands for every key.
        max_level: The most it hands on.

    Raises:
        ValueError: It hands on nothing.
    """

    selector: Name
    keys: Annotated[tuple[Name, ...], Meta(min_length=1)]
    max_level: Authority

    def __post_init__(self) -> None:
        if self.max_level is Authority.NONE:
            raise ValueError("a delegation of level none hands on nothing")


class Instruction(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    gc=False,
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """Something somebody asks for: that a key takes one of some values.

    Attributes:
        id: Its name, unique among the candidates.
        level: The level of the section or message that holds it; ``none`` for quoted text, tool
            output, files and images.
        origin: Where it is written.
        key: What it is about, such as ``language`` or ``tool.browser``.
        allowed: The values it admits; at least one.
        when: Conditions that all must hold; none means always.
        mode: Whether it is said, or only implied by subject, tone or context.
        exception_to: Ids of instructions it is an exception to.
        delegates: Authority it hands on where it applies.
        inferred: Somebody concluded that it is there; it is not written out.
        suspected_mistake: Somebody concluded that its author did not mean it.
        needs_capability: What the assistant must be able to do to follow it.
        source: For text without authority, where it comes from: ``tool:browser``,
            ``untrusted:2``, ``file:AGENTS.md``.
        text: Its words.
        extractor: Who found it in the prose.

    Raises:
        ValueError: It admits nothing; or it claims to be of level root and is not the spec's, or
            only implied.
    """

    id: Name
    level: Authority
    origin: Origin
    key: Name
    allowed: Admissible
    when: tuple[Condition, ...] = ()
    mode: Literal["explicit", "implicit"] = "explicit"
    exception_to: tuple[str, ...] = ()
    delegates: Delegation | None = None
    inferred: bool = False
    suspected_mistake: bool = False
    needs_capability: str | None = None
    source: str = ""
    text: str = ""
    extractor: str = ""

    def __post_init__(self) -> None:
        if self.allowed.is_empty:
            raise ValueError(f'instruction "{self.id}" admits no value at all')
        section = self.origin.kind == "section"
        if self.level is Authority.ROOT and not section:
            raise ValueError(f'"{self.id}": only sections of the spec are of level root')
        if self.mode == "implicit" and section and self.level in _ROOT_LEVELS:
            raise ValueError(f'"{self.id}": what is only implied cannot be of level {self.level}')


class Candidates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a resolution depends on (``adhere/instructions/1``).

    Attributes:
        instructions: In any order; only their positions count.
        facts: By name. A fact that is not here, or has no value, is unknown.
        capabilities: What the assistant is able to do, of what instructions may need.
        spec_digest: The spec the sections come from.

    Raises:
        ValueError: Two instructions have one id, or one is an exception to an id nobody has.
    """

    schema: Literal["adhere/instructions/1"] = "adhere/instructions/1"
    instructions: tuple[Instruction, ...]
    facts: dict[str, Fact] = {}
    capabilities: tuple[str, ...] = ()
    spec_digest: str = ""

    def __post_init__(self) -> None:
        ids = {instruction.id for instruction in self.instructions}
        if len(ids) < len(self.instructions):
            seen: set[str] = set()
            for instruction in self.instructions:
                if instruction.id in seen:
                    raise ValueError(f'two instructions have the id "{instruction.id}"')
                seen.add(instruction.id)
        for instruction in self.instructions:
            for excepted in instruction.exception_to:
                if excepted not in ids:
                    raise ValueError(
                        f'"{instruction.id}" is an exception to "{excepted}", which is not there'
                    )
