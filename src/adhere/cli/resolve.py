"""``adhere resolve``"""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click
import msgspec
from rich.text import Text

from adhere.assemble import load_spec
from adhere.assemble.loading import read_limited
from adhere.assemble.resolving import RULES, read_case
from adhere.cli.options import (
    SPEC,
    console,
    json_option,
    max_bytes_option,
    print_json,
    write_file,
)
from adhere.cli.profiles import named_profiles, profile_options
from adhere.errors import InputError, UsageError
from adhere.extract import Interpretation
from adhere.resolve import (
    Candidates,
    Fate,
    Instruction,
    KeyOutcome,
    Markup,
    Resolution,
    Row,
    check_resolution,
    explain,
    resolve,
)
from adhere.resolve.chain.reading import DEFAULT_MAX_INSTRUCTIONS
from adhere.resolve.chain.words import legible, listed, values

_STYLES = {
    Fate.APPLIES: "green", Fate.MISALIGNED: "red", Fate.SUPERSEDED: "yellow",
    Fate.EXCEPTED: "yellow", Fate.AMBIGUOUS: "bold magenta", Fate.INACTION: "bold red",
}  # fmt: skip
_CONTRADICTIONS = frozenset({Fate.AMBIGUOUS, Fate.INACTION})


@click.command("resolve")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--spec", type=SPEC, help="The spec whose settings and order count.")
@profile_options
@click.option("--explain", "explained", metavar="ID", help="Explain one instruction in sentences.")
@click.option(
    "--extractor",
    default=RULES,
    show_default=True,
    metavar="NAME",
    help="Who finds instructions in a conversation: rules, or a model at https://HOST/v1#MODEL.",
)
@click.option(
    "--markup",
    type=click.Choice(get_args(Markup)),
    default="data",
    show_default=True,
    help="What an operator's message of nothing but XML is: quoted data, or text in sections.",
)
@click.option(
    "--save-instructions",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT",
    help="Write what is resolved as adhere/instructions/1.",
)
@click.option(
    "--check",
    "checked",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="RESOLUTION",
    help="Check what --json printed earlier, without deciding again.",
)
@json_option
@max_bytes_option
@click.option(
    "--max-instructions",
    type=click.IntRange(min=1),
    default=DEFAULT_MAX_INSTRUCTIONS,
    show_default=True,
    help="Refuse more.",
)
def command(
    file: Path,
    spec: str | None,
    system: Path | None,
    developer: Path | None,
    user: Path | None,
    explained: str | None,
    extractor: str,
    markup: Markup,
    save_instructions: Path | None,
    checked: Path | None,
    as_json: bool,
    max_bytes: int,
    max_instructions: int,
) -> int:
    """Decide which instructions in FILE apply, by the chain of command, and why.

    FILE is a conversation (chat completions or Responses), or ready instructions with their levels
    (adhere/instructions/1). With --json the whole resolution with its trace is printed
    (adhere/resolution/1). Exit code 1 where instructions contradict each other so that none of
    them applies, or where --check finds the resolution wrong.

    \b
    Examples:
      adhere resolve conversation.json --spec reference
      adhere resolve conversation.json --spec reference --developer developer.toml
      adhere resolve instructions.json --explain u1
      adhere resolve instructions.json --json | jq '.rows[] | select(.fate != "applies")'
      adhere resolve instructions.json --check resolution.json
    """
    document = None if spec is None else load_spec(spec, max_bytes=max_bytes)
    case = read_case(
        file,
        document,
        named_profiles({"system": system, "developer": developer, "user": user}),
        extractor=extractor,
        markup=markup,
        max_bytes=max_bytes,
        max_instructions=max_instructions,
    )
    candidates = case.candidates
    if save_instructions is not None:
        encoded = msgspec.json.format(msgspec.json.encode(candidates), indent=2)
        write_file(save_instructions, encoded + b"\n")
    if checked is not None:
        return _check(candidates, checked, max_bytes, as_json)
    resolution = resolve(candidates)
    _tell(case)
    if explained is not None:
        sentences = _explanation(candidates, resolution, explained, file)
        print_json({"id": explained, "explanation": sentences}) if as_json else click.echo(
            sentences
        )
    elif as_json:
        print_json(resolution)
    else:
        _table(candidates, resolution, under_spec=document is not None)
    contradiction = any(
        row.fate in _CONTRADICTIONS or not _CONTRADICTIONS.isdisjoint(row.possible)
        for row in resolution.rows
    )
    return 1 if contradiction else 0


def _tell(case: Interpretation) -> None:
    """Say on stderr what whoever wrote the conversation should know."""
    err = console(stderr=True)
    for notice in case.attribution.notices:
        err.print(Text(f"message {notice.message}: {legible(notice.text, 200)}", "yellow"))
    for refused in case.facts_refused:
        said = legible(f"{refused.name}: {refused.value}" if refused.name else refused.value, 80)
        where = f"message {refused.message} ({refused.role.value})"
        err.print(Text(f"{where}: {said} sets nothing: {refused.reason}", "yellow"))


def _check(candidates: Candidates, path: Path, max_bytes: int, as_json: bool) -> int:
    try:
        found = msgspec.json.decode(read_limited(path, max_bytes), type=Resolution)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"this is not a resolution: {error}",
            place=str(path),
            remedy="make one with `adhere resolve FILE --json`",
        ) from error
    wrong = check_resolution(candidates, found)
    if as_json:
        print_json({"valid": not wrong, "problem": wrong})
    else:
        click.echo(f"not valid: {legible(wrong, 500)}" if wrong else "valid")
    return 1 if wrong else 0


def _explanation(candidates: Candidates, found: Resolution, name: str, file: Path) -> str:
    try:
        return explain(candidates, found, name)
    except KeyError:
        raise UsageError(
            f'there is no instruction "{name}"',
            place=str(file),
            remedy="`adhere resolve FILE` lists the ids",
        ) from None


def _table(candidates: Candidates, found: Resolution, *, under_spec: bool) -> None:
    """Print what is left of each key, and below it each instruction from the highest down.

    Under a spec, the many settings that nobody spoke of are only counted.
    """
    out = console()
    instructions = {one.id: one for one in candidates.instructions}
    ranks: dict[str, tuple[bool, int]] = {}
    for case in found.trace:
        for step in case.steps:
            ranks.setdefault(step.id, (step.rank == 0, step.rank))
    rows: dict[str, list[Row]] = {}
    for row in found.rows:
        rows.setdefault(instructions[row.id].key, []).append(row)
    wide = min(30, max((len(name) for name in instructions), default=0))
    untouched = 0
    for outcome in found.keys:
        if under_spec and _is_untouched(rows[outcome.key], instructions):
            untouched += 1
            continue
        out.print(_heading(outcome))
        for row in sorted(rows[outcome.key], key=lambda row: ranks.get(row.id, (False, 0))):
            out.print(_line(row, instructions, wide))
    if untouched:
        keys = "key stands" if untouched == 1 else "keys stand"
        out.print(Text(f"{untouched} more {keys} as the spec has them (--json shows all)", "dim"))
    for refused in found.facts_refused:
        out.print(Text(f"fact {legible(refused.fact)} is not believed: {refused.reason}", "yellow"))
    if found.facts_unknown:
        unknown = listed([legible(fact) for fact in found.facts_unknown])
        out.print(Text(f"not known: {unknown}", "yellow"))


def _is_untouched(rows: list[Row], instructions: dict[str, Instruction]) -> bool:
    """Whether only the spec speaks of a key: one of many settings that nobody has changed."""
    return all(instructions[row.id].origin.kind == "section" for row in rows)


def _heading(outcome: KeyOutcome) -> Text:
    line = Text(legible(outcome.key), "bold")
    if outcome.closed:
        return line.append("  nothing is done: root principles contradict each other", "bold red")
    line.append(f"  {values(outcome.admitted)}")
    if not outcome.certain:
        line.append("  is safe whatever the unknown facts are", "not bold dim")
    return line


def _line(row: Row, instructions: dict[str, Instruction], wide: int) -> Text:
    one = instructions[row.id]
    line = Text("  ")
    if row.fate is None:
        possible = " or ".join(str(fate).replace("_", " ") for fate in row.possible)
        depends = listed([legible(fact) for fact in row.depends_on])
        fate, style = (possible if len(row.possible) < 5 else "not known"), "cyan"
        fate += f" (depends on {depends})"
    else:
        fate, style = str(row.fate).replace("_", " "), _STYLES.get(row.fate, "dim")
    line.append(f"{fate:<18}", style)
    line.append(f"  {one.level:<9}  {legible(row.id, 40):<{wide}}  {values(one.allowed)}")
    line.append(f"  {_source(one)}", "dim")
    if row.by:
        others = [f"{legible(name, 40)} ({_source(instructions[name])})" for name in row.by]
        line.append(f"  by {listed(others)}", style)
    return line


def _source(one: Instruction) -> str:
    """Where an instruction stands, in a few words."""
    origin = one.origin
    ref = legible(origin.ref, 40)
    if origin.kind == "message":
        place = ref or f"message {origin.position}"
    else:
        place = f"{origin.kind} {ref}".strip()
    return f"{place}, {origin.start}-{origin.end}" if origin.end > origin.start else place
