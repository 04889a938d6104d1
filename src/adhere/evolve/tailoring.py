"""What an organisation wants otherwise than the spec it extends: a file, and what it says.

::

    schema = "adhere/tailoring/1"
    extends = "openai@2025-12-18"     # what names the base, as for every verb
    digest = "sha256:…"               # the base's meaning, as it was when this was last checked
    level = "developer"               # whose wishes these are: system or developer
    title = "Acme assistant"
    version = "1.0.0"

    [[change]]
    remove = "be_creative"            # a section the level may override
    reason = "Our assistant fills in forms."

    [[change]]
    replace = "avoid_errors"          # heading and text of the section, from a file beside this one
    text = "avoid_errors.md"

    [[change]]
    add = "house_rules.md"            # sections, in the dialect of specs
    after = "avoid_errors"            # in the base; at the end where nothing is said

    [[change]]
    authority = "be_creative"         # the level of a section, within what the level may override
    to = "developer"

    [[change]]
    default = "tone.profanity"        # the default of a setting, within what the level may choose
    to = "never"

    [[change]]
    bounds = "tone.profanity"         # what a level below may choose: less, never more
    of = "user"
    to = ["never"]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from adhere.compiler.toml import MAX_BYTES, read_table
from adhere.errors import InputError
from adhere.spec import Authority

SCHEMA: Final = "adhere/tailoring/1"
MOST_CHANGES: Final = 500

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=300)]
_HEADER: Final = re.compile(r"^[ \t]*\[\[[ \t]*change[ \t]*\]\]", re.M)


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One change; exactly one of ``add``, ``remove``, ``replace``, ``authority``, ``default`` and
    ``bounds`` says which kind.

    Attributes:
        add: File of sections to add.
        after: Section they come after, with its subsections; the end of the document without.
        remove: Section to take out, with its subsections.
        replace: Section whose heading and text are replaced; subsections stay.
        text: File with the section that takes its place.
        authority: Section whose level changes.
        default: Address of the setting whose default changes.
        bounds: Address of the setting whose bounds are narrowed.
        of: The level they are narrowed for.
        to: The new level, default or bounds.
        reason: For people.
    """  # noqa: D205

    add: Name | None = None
    after: Name | None = None
    remove: Name | None = None
    replace: Name | None = None
    text: Name | None = None
    authority: Name | None = None
    default: Name | None = None
    bounds: Name | None = None
    of: Literal["developer", "user"] | None = None
    to: Any = None
    reason: str = ""

    @property
    def kind(self) -> str:
        """Which of the six it is.

        Raises:
            ValueError: None, or several.
        """
        kinds = [name for name in _FIELDS if getattr(self, name) is not None]
        if len(kinds) != 1:
            raise ValueError(f"a change says one of {', '.join(_FIELDS)}")
        return kinds[0]

    @property
    def target(self) -> str:
        """The section or setting it is about; empty for an addition at the end."""
        kind = self.kind
        return (self.after or "") if kind == "add" else str(getattr(self, kind))

    @property
    def section(self) -> str:
        """The section it is about."""
        target = self.target
        return target.rpartition(".")[0] if self.kind in ("default", "bounds") else target

    @property
    def file(self) -> str | None:
        """The file it brings along."""
        return self.add or self.text

    def __str__(self) -> str:
        """Say what it does, in few words."""
        match self.kind:
            case "add":
                return f"add {self.add}" + (f" after {self.after}" if self.after else "")
            case "authority":
                return f"authority of {self.authority}: {self.to}"
            case "default":
                return f"default of {self.default}: {_shown(self.to)}"
            case "bounds":
                return f"bounds of {self.bounds} for {self.of}: {_shown(self.to)}"
            case kind:
                return f"{kind} {self.target}"


_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "add": frozenset({"after"}),
    "remove": frozenset(),
    "replace": frozenset({"text"}),
    "authority": frozenset({"to"}),
    "default": frozenset({"to"}),
    "bounds": frozenset({"of", "to"}),
}
"""Which further fields each kind has."""

_OPTIONAL: Final = frozenset({"after"})


class Tailoring(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of changes (``adhere/tailoring/1``)."""

    schema: Literal["adhere/tailoring/1"]
    extends: Name
    digest: str = ""
    level: Literal["system", "developer"] = "developer"
    title: str = ""
    version: str = ""
    change: Annotated[tuple[Change, ...], Meta(max_length=MOST_CHANGES)] = ()

    @property
    def authority(self) -> Authority:
        """Whose wishes these are."""
        return Authority(self.level)


def read_tailoring(data: bytes, *, name: str) -> Tailoring:
    """Read a file of changes.

    Raises:
        InputError: It is not one; names the line of the change.
    """
    try:
        text = data.decode("utf-8")
        found = msgspec.convert(read_table(text), Tailoring)
    except (ValueError, msgspec.ValidationError) as error:
        raise InputError(
            f"this is not a file of changes: {error}", place=name, remedy="see docs/tailoring.md"
        ) from error
    for number, change in enumerate(found.change):
        problem = _problem(change)
        if problem:
            raise InputError(problem, place=place_of(text, number, name))
    return found


def place_of(text: str, number: int, name: str) -> str:
    """Return where the change with this number (from 0) stands: ``tailor.toml:12``."""
    headers = [match.start() for match in _HEADER.finditer(text)]
    if number >= len(headers):  # written as an array of inline tables
        return f"{name}: change {number + 1}"
    return f"{name}:{text.count(chr(10), 0, headers[number]) + 1}"


def _problem(change: Change) -> str:
    try:
        kind = change.kind
    except ValueError as error:
        return str(error)
    needed = _FIELDS[kind]
    for name in ("after", "text", "of", "to"):
        if getattr(change, name) is not None and name not in needed:
            return f'"{name}" does not go with "{kind}"'
        if getattr(change, name) is None and name in needed - _OPTIONAL:
            return f'"{kind}" needs "{name}"'
    levels = [level.value for level in Authority if level is not Authority.NONE]
    if kind == "authority" and change.to not in levels:
        return f'"to" must be one of {", ".join(levels)}'
    if kind in ("default", "bounds") and "." not in change.target:
        return f'"{change.target}" is not the address of a setting: write SECTION.ID'
    return ""


def _shown(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else f"{text[:57]}..."


MAX_FILE_BYTES: Final = MAX_BYTES
"""A file of changes is a TOML table, and limited like every other."""
