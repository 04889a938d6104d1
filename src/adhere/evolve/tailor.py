"""A tailored spec: the text of its base with some changes, held to what the base allows.

Changes are made in the source, by the exact places the compiler keeps; the result is an ordinary
spec. Each change is tried on the base alone, so that what the base forbids is told by its change;
then all that are allowed are made together, and the whole is held to the same rules once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from adhere.compiler import Diagnostic, compile_spec, write_spec
from adhere.compiler.mask import mask
from adhere.evolve.diff import diff_specs
from adhere.evolve.diff_model import SpecDiff
from adhere.evolve.tailor_rules import violations
from adhere.evolve.tailoring import Change, Tailoring
from adhere.spec import Authority, Section, Setting, SettingValue, Spec


class Refused(msgspec.Struct, frozen=True):
    """A change that is not made.

    Attributes:
        number: Which, from 1; 0 for what only all changes together do.
        change: What it wanted, in words.
        reasons: Why not.
        forbidden: The base forbids it; otherwise it cannot be made at all.
    """

    number: int
    change: str
    reasons: tuple[str, ...]
    forbidden: bool


class Tailored(msgspec.Struct, frozen=True):
    """What came of a tailoring.

    Attributes:
        source: The text with every change that is allowed.
        spec: The same, compiled.
        diff: From the base to it.
        refused: Changes that were left out.
        made: Numbers of those that were made, from 1.
    """

    source: bytes
    spec: Spec
    diff: SpecDiff
    refused: tuple[Refused, ...]
    made: tuple[int, ...]


class Impossible(Exception):
    """A change that cannot be made; the message says why."""


def tailor(base: Spec, tailoring: Tailoring, texts: Mapping[str, str]) -> Tailored:
    """Make the changes that the base allows.

    Args:
        base: What is extended.
        tailoring: The changes.
        texts: The files they name, by name.
    """
    level = tailoring.authority
    refused: list[Refused] = []
    allowed: list[tuple[int, Change]] = []
    for number, change in enumerate(tailoring.change, start=1):
        try:
            edits = [_edit(base, change, texts)]
            reasons = _problems(base, _apply(base, edits), level)
            forbidden = True
        except Impossible as error:
            reasons, forbidden = [str(error)], False
        if reasons:
            refused.append(Refused(number, str(change), tuple(reasons), forbidden))
        else:
            allowed.append((number, change))
    while True:
        made = tuple(number for number, _ in allowed)
        try:
            source = _apply(base, [_edit(base, change, texts) for _, change in allowed])
        except _Overlap as overlap:
            number, change = allowed.pop(overlap.which)
            refused.append(Refused(number, str(change), (str(overlap),), forbidden=False))
            continue
        source = _entitled(source, tailoring)
        reasons = _problems(base, source, level)
        if reasons:
            # Alone each is allowed and together they are not: none of them can be trusted.
            together = Refused(0, "all changes together", tuple(reasons), forbidden=True)
            return _result(base, write_spec(base), (*refused, together), ())
        refused.sort(key=lambda one: one.number)
        return _result(base, source, tuple(refused), made)


def _result(
    base: Spec, source: bytes, refused: tuple[Refused, ...], made: tuple[int, ...]
) -> Tailored:
    spec = compile_spec(source, name=base.name).require()
    return Tailored(source, spec, diff_specs(base, spec), refused, made)


def _problems(base: Spec, source: bytes, level: Authority) -> list[str]:
    compiled = compile_spec(source, name=base.name)
    errors = [one for one in compiled.diagnostics if one.severity == "error"]
    if compiled.spec is None or errors:
        return [_said(one) for one in errors]
    return list(violations(base, compiled.spec, diff_specs(base, compiled.spec), level))


def _said(problem: Diagnostic) -> str:
    return f"the text does not compile: {problem.message}"


Edit = tuple[int, int, bytes]
"""First byte, one past the last, what takes their place."""


class _Overlap(Exception):
    """Two changes are about the same text."""

    def __init__(self, which: int) -> None:
        super().__init__("an earlier change is about the same text")
        self.which = which


def _apply(base: Spec, edits: Sequence[Edit]) -> bytes:
    source = write_spec(base)
    order = sorted(range(len(edits)), key=lambda index: (edits[index][:2], index))
    out, at = bytearray(), 0
    for index in order:
        start, end, text = edits[index]
        if start < at:
            raise _Overlap(index)
        out += source[at:start] + text
        at = end
    return bytes(out + source[at:])


def _edit(base: Spec, change: Change, texts: Mapping[str, str]) -> Edit:
    """Return what a change does to the base's text.

    Raises:
        Impossible: The base has no such section or setting, or the file is of another.
    """
    if change.kind == "add":
        return _addition(base, change, _text(texts, change.add))
    section = _section(base, change.section)
    match change.kind:
        case "remove":
            return section.span.start, section.span.end, b""
        case "replace":
            return _replacement(base, section, _text(texts, change.text))
        case "authority":
            return _authority(section, str(change.to))
        case _:
            return _declaration(section, change)


def _text(texts: Mapping[str, str], name: str | None) -> str:
    if name is None or name not in texts:
        raise Impossible(f"there is no file {name}")
    return texts[name].strip("\n") + "\n"


def _section(base: Spec, name: str) -> Section:
    try:
        return base.section(name)
    except KeyError:
        raise Impossible(f"the base has no section {name}") from None


def _addition(base: Spec, change: Change, text: str) -> Edit:
    added = compile_spec(text.encode(), name=change.add or "")
    if added.spec is not None and added.spec.preamble:
        raise Impossible("an addition begins with a heading")
    source = write_spec(base)
    end = len(source)
    if change.after is not None:
        before = _section(base, change.after)
        end = before.span.end
        depth = min((one.depth for one in added.spec.walk()), default=7) if added.spec else 7
        if depth < before.depth:  # what follows would become part of it
            raise Impossible(f"headings after {before.id} begin with {'#' * before.depth} or more")
    lead = "" if source[:end].endswith(b"\n") else "\n"
    return end, end, f"{lead}\n{text}\n".encode()


def _replacement(base: Spec, section: Section, text: str) -> Edit:
    new = compile_spec(text.encode(), name=section.id)
    found = list(new.spec.walk()) if new.spec is not None else []
    if [one.id for one in found] != [section.id] or (new.spec and new.spec.preamble):
        raise Impossible(f"the text has to be one section with the id {section.id}")
    if found[0].depth != section.depth:  # sections around it would get another parent
        raise Impossible(f"the heading of {section.id} has to begin with {'#' * section.depth}")
    end = min((child.span.start for child in section.children), default=section.span.end)
    before = write_spec(base)[section.span.start : end]
    blank = before[len(before.rstrip(b"\r\n")) :]  # between it and what follows
    return section.span.start, end, text.strip("\n").encode() + blank


def _authority(section: Section, level: str) -> Edit:
    heading = section.heading
    if section.authority is None:
        raise Impossible(f"{section.id} only groups others and has no level")
    was = f"authority={section.authority}"
    if was not in heading.text:
        raise Impossible(f"the heading of {section.id} does not write its level as {was}")
    text = heading.text.replace(was, f"authority={level}")
    return heading.span.start, heading.span.end, text.encode()


def _declaration(section: Section, change: Change) -> Edit:
    name = change.target.rpartition(".")[2]
    setting = next((one for one in section.settings if one.id == name), None)
    if setting is None:
        raise Impossible(f"the base has no setting {change.target}")
    if change.kind == "default":
        value = tuple(change.to) if isinstance(change.to, list) else change.to
        text = declaration(setting, default=value)
    else:
        text = declaration(setting, bounds={Authority(change.of or "user"): change.to})
    return setting.span.start, setting.span.end, text.encode()


def declaration(
    setting: Setting,
    *,
    default: SettingValue | None = None,
    bounds: Mapping[Authority, Any] | None = None,
) -> str:
    """Write a setting as its block, with another default or other bounds."""
    fields: dict[str, Any] = {"id": setting.id, "type": setting.type}
    if setting.summary:
        fields["summary"] = setting.summary
    if setting.governs:
        fields["governs"] = setting.governs
    fields["allowed"] = _domain(msgspec.to_builtins(setting.allowed))
    fields["default"] = setting.default if default is None else default
    fields["changeable_by"] = setting.changeable_by
    own = {level: _domain(msgspec.to_builtins(domain)) for level, domain in setting.bounds.items()}
    for level, domain in {**own, **(bounds or {})}.items():
        fields[f"bounds.{level}"] = domain
    lines = [f"{name} = {toml_value(value)}" for name, value in fields.items()]
    return "\n".join(["~~~setting", *lines, "~~~"])


def _domain(fields: Mapping[str, Any]) -> Any:
    return fields["values"] if "values" in fields else dict(fields)


def toml_value(value: Any) -> str:
    """Write a value as TOML: a JSON string, number, boolean or list is TOML; a table is not."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {toml_value(one)}" for name, one in value.items()) + " }"
    return msgspec.json.encode(value).decode()


def _entitled(source: bytes, tailoring: Tailoring) -> bytes:
    """Put the tailoring's title and version at the top, where the base has front matter or not."""
    spec = compile_spec(source).require()
    fields = {
        name: value
        for name, value in {
            **msgspec.to_builtins(spec.metadata),
            "title": tailoring.title or spec.metadata.title,
            "version": tailoring.version or spec.metadata.version,
        }.items()
        if value
    }
    if not fields or not (tailoring.title or tailoring.version):
        return source
    front = "+++\n" + "".join(f"{name} = {toml_value(value)}\n" for name, value in fields.items())
    return f"{front}+++\n".encode() + source[mask(source).start :]
