"""A suite's file of cases: one case a line as JSON, or a list of them as YAML."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from adhere.conversation import AllOf, AnyOf, Case, Check, Role, ToolCalled
from adhere.errors import InputError, SystemFault
from adhere.evaluate.numbering import Numbers
from adhere.judge import check_flaw

CASE_FILES: Final = ("cases.jsonl", "cases.yaml")
"""What the file may be called."""

MAX_LINE: Final = 4 * 1024 * 1024
_REMEDY: Final = "see docs/cases.md"
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")


def read_case_file(
    path: Path, seen: Callable[[bytes], None] = lambda _data: None
) -> Iterator[Case]:
    """Yield the cases of a file in order.

    Args:
        path: Its name ends in ``.yaml``, or it is JSON lines.
        seen: Given the bytes of the file, in order.

    Raises:
        InputError: Something is not a case, or cannot be used as one; names file and line.
        SystemFault: The file cannot be read.
    """
    ids, lines = Numbers(), array("Q")
    for line, case in (_from_yaml if path.suffix == ".yaml" else _from_lines)(path, seen):
        problem = case_flaw(case)
        number = ids.add(case.id)
        if number < len(lines):
            problem = f'the case id "{case.id}" stands in line {lines[number]} already'
        if problem:
            raise InputError(problem, place=f"{path}:{line}", remedy=_REMEDY)
        lines.append(line)
        yield case


def _from_lines(path: Path, seen: Callable[[bytes], None]) -> Iterator[tuple[int, Case]]:
    decoder = msgspec.json.Decoder(Case)
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    raise InputError(
                        f"the line is longer than {MAX_LINE:,} bytes", place=f"{path}:{number}"
                    )
                seen(line)
                if not line.strip():
                    continue
                try:
                    case = decoder.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    raise _not_a_case(error, path, number) from error
                yield number, case
    except OSError as error:
        raise SystemFault(f"cannot read it: {error.strerror}", place=str(path)) from error


def _from_yaml(path: Path, seen: Callable[[bytes], None]) -> Iterator[tuple[int, Case]]:
    # YAML is for small suites written by hand; others need not wait for its parser.
    from adhere.evaluate.strict_yaml import MAX_BYTES, YamlDocument, YamlError  # noqa: PLC0415

    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SystemFault(f"cannot read it: {error.strerror}", place=str(path)) from error
    seen(data)
    try:
        document = YamlDocument(data)
    except YamlError as error:
        raise InputError(str(error), place=f"{path}:{error.line}", remedy=_REMEDY) from error
    if not isinstance(document.value, list):
        raise InputError("a list of cases is needed", place=f"{path}:1", remedy=_REMEDY)
    for number, item in enumerate(document.value):
        try:
            case = msgspec.convert(item, Case)
        except (msgspec.ValidationError, RecursionError) as error:
            # The error says where in the case it is: "… - at `$.checks[0].kind`".
            inside = str(error).rpartition("`$")[2]
            steps = [name or int(place) for name, place in _STEP.findall(inside)]
            raise _not_a_case(error, path, document.line([number, *steps])) from error
        yield document.line([number]), case


def _not_a_case(error: Exception, path: Path, line: int) -> InputError:
    return InputError(f"this is not a case: {error}", place=f"{path}:{line}", remedy=_REMEDY)


def case_flaw(case: Case) -> str | None:
    """Return why a case cannot be used, or None."""
    if not case.id or not case.sections:
        return "a case needs an id and at least one section"
    if not case.conversation:
        return f'the conversation of case "{case.id}" is empty'
    if case.conversation[-1].role is Role.ASSISTANT:
        return f'case "{case.id}" ends with the assistant: nothing is left to answer'
    if any(message.role is Role.ASSISTANT for message in case.follow_ups):
        return f'a follow-up of case "{case.id}" is the assistant\'s: it has to come from the model'
    names = [tool.function.name for tool in case.tools]
    if len(set(names)) < len(names):
        return f'case "{case.id}" defines a tool twice'
    unknown = sorted({*_wanted(case.checks), *case.tool_results} - {*names, "*"})
    if unknown and (case.tools or case.tool_results):
        return f'case "{case.id}" speaks of the tool "{unknown[0]}", which it does not define'
    flaws = (check_flaw(check) for check in case.checks)
    flaw = next((flaw for flaw in flaws if flaw is not None), None)
    return f'a check of case "{case.id}" cannot run: {flaw}' if flaw else None


def _wanted(checks: tuple[Check, ...]) -> Iterator[str]:
    """Yield the tools that checks want called; one that must not be called need not exist."""
    for check in checks:
        if isinstance(check, ToolCalled):
            yield check.name
        elif isinstance(check, AnyOf | AllOf):
            yield from _wanted(check.of)
