"""What a tool does to the world, as its deployer declares it."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cached_property
from typing import Final, Literal

import msgspec

from adhere.errors import InputError
from adhere.resolve.gate.scope import read_table


class Effect(StrEnum):
    """What a call changes, the least consequential first."""

    READ = "read"
    WRITE = "write"
    SEND = "send"
    PERMISSION = "permission"
    SPEND = "spend"
    DELETE = "delete"


MOST_CONSEQUENTIAL: Final = Effect.DELETE


class ArgumentRole(StrEnum):
    """What an argument decides.

    An argument without a role is content, unless its whole value is an e-mail address (then it is
    a recipient) or a URL (then it is egress).
    """

    RECIPIENT = "recipient"
    """Who gets something: an address, an account, a new collaborator."""
    EGRESS = "egress"
    """Where data goes to, or is fetched from with data in the request: a URL, a host."""
    AMOUNT = "amount"
    IDENTIFIER = "identifier"
    """What is acted upon, or set: a product, a repository, a key, a new password."""
    CONTENT = "content"
    """Nothing of these, whatever it looks like."""


class ToolSpec(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One tool.

    Attributes:
        name: As the model calls it.
        effect: What a call changes.
        summary: One sentence; shown to the person who has to confirm.
        arguments: Roles of arguments.
        asked_by: How a principal asks for it. Each entry is words that stand in one sentence, with
            ``|`` between alternatives: ``"buy|purchase"``, ``"change|update password"``. Without
            any, the words of the tool's name are taken.
        step_of: Tools that need this one as a step: who asks for them asks for it.
        author: The field of each record in its results that names who wrote the record, where the
            tool itself vouches for that field (the sender of an e-mail). All other fields of such
            a record are the author's words.
        outside: Fields of its results that outsiders word (reviews, comments).
        closed: Its results hold nothing an outsider can word: a date, a balance.
    """

    name: str
    effect: Effect
    summary: str = ""
    arguments: dict[str, ArgumentRole] = {}
    asked_by: tuple[str, ...] = ()
    step_of: tuple[str, ...] = ()
    author: str = ""
    outside: tuple[str, ...] = ()
    closed: bool = False

    def outsiders_word(self, field: str) -> bool:
        """Whether a field of its results is worded by whoever wrote the record, not by the tool."""
        return field in self.outside or bool(self.author and field != self.author)


class ToolSpecs(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    dict=True,  # for what is worked out once
):
    """The tools of an agent (``adhere/tool-specs/1``)."""

    schema: Literal["adhere/tool-specs/1"]
    tools: tuple[ToolSpec, ...] = ()

    def __post_init__(self) -> None:
        names = [tool.name for tool in self.tools]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"the tool {twice!r} is declared twice")

    @cached_property
    def _by_name(self) -> dict[str, ToolSpec]:
        return {tool.name: tool for tool in self.tools}

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The words of the tools' names, and those they are asked for with."""
        words = {word for tool in self.tools for word in name_words(tool.name)}
        asked = " ".join(phrase for tool in self.tools for phrase in tool.asked_by)
        return frozenset(words) | frozenset(re.findall(r"[a-z]+", asked.casefold()))

    def get(self, name: str) -> ToolSpec:
        """Return the tool's spec; for a tool that nobody declared, the cautious default."""
        found = self._by_name.get(name)
        return undeclared(name) if found is None else found

    def declares(self, name: str) -> bool:
        """Whether the tool is declared."""
        return name in self._by_name

    def asked_through(self, spec: ToolSpec) -> tuple[ToolSpec, ...]:
        """Return the declared tools that have ``spec`` as a step, at any depth."""
        found: dict[str, ToolSpec] = {}
        pending = list(spec.step_of)
        while pending:
            name = pending.pop()
            whole = self._by_name.get(name)
            if whole is not None and name not in found and name != spec.name:
                found[name] = whole
                pending.extend(whole.step_of)
        return tuple(found.values())


_READING: Final = frozenset(
    {
        "get", "list", "read", "search", "view", "show", "find", "check", "lookup", "count",
        "describe",
    }
)  # fmt: skip
_ACTING: Final = frozenset(
    {
        "add", "accept", "apply", "book", "buy", "cancel", "change", "charge", "clear", "click",
        "create", "delete", "download", "edit", "execute", "grant", "invite", "login", "mark",
        "modify", "move", "order", "pay", "post", "publish", "purchase", "push", "put", "refund",
        "remove", "reply", "reserve", "run", "send", "set", "share", "submit", "transfer", "update",
        "upload", "write",
    }
)  # fmt: skip


def undeclared(name: str, description: str = "") -> ToolSpec:
    """Return the spec of a tool that nobody declared.

    It is taken for the most consequential kind, unless its name begins with a word of reading
    (get, list, read, search, view, show, find, check, lookup, count, describe) and neither the
    name nor the description holds a word of acting (add, buy, delete, send, …).

    >>> undeclared("get_weather").effect, undeclared("get_and_delete_mail").effect
    (<Effect.READ: 'read'>, <Effect.DELETE: 'delete'>)
    """
    words = name_words(name)
    said = {*words, *re.findall(r"[a-z]+", description.casefold())}
    said |= {word.removesuffix("s") for word in said}
    reads = bool(words) and words[0] in _READING and not said & _ACTING
    return ToolSpec(name=name, effect=Effect.READ if reads else MOST_CONSEQUENTIAL)


def name_words(name: str) -> list[str]:
    """Return the words of a tool's name: ``sendEmail_now`` gives send, email, now."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.findall(r"[a-z]+", spaced.casefold())


def parse_tool_specs(data: bytes, *, name: str) -> ToolSpecs:
    """Read tool specs from TOML or, where ``name`` ends in ``.json``, from JSON.

    Raises:
        InputError: They are not tool specs.
    """
    try:
        return msgspec.convert(read_table(data, name), ToolSpecs)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise InputError(
            f"these are not tool specs: {error}", place=name, remedy="see docs/gate.md"
        ) from error
