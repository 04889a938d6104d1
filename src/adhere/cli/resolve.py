"""``adhere resolve``"""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from adhere.assemble.loading import read_limited
from adhere.cli.options import console, json_option, max_bytes_option, print_json
from adhere.errors import InputError, UsageError
from adhere.resolve import (
    Candidates,
    Fate,
    Instruction,
    KeyOutcome,
    Resolution,
    Row,
    explain,
    read_candidates,
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
@click.option("--explain", "explained", metavar="ID", help="Explain one instruction in sentences.")
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
    file: Path, explained: str | None, as_json: bool, max_bytes: int, max_instructions: int
) -> int:
    """Decide which instructions in FILE apply, by the chain of command, and why.

    FILE is JSON (adhere/instructions/1): instructions with their levels, and facts. With --json
    the whole resolution with its trace is printed (adhere/resolution/1). Exit code 1 where
    instructions contradict each other so that none of them applies.

    \b
    Examples:
      adhere resolve instructions.json
      adhere resolve instructions.json --explain u1
      adhere resolve instructions.json --json | jq '.rows[] | select(.fate != "applies")'
    """
    candidates = _instructions(file, max_bytes, max_instructions)
    resolution = resolve(candidates)
    if explained is not None:
        sentences = _explanation(candidates, resolution, explained, file)
        print_json({"id": explained, "explanation": sentences}) if as_json else click.echo(
            sentences
        )
    elif as_json:
        print_json(resolution)
    else:
        _table(candidates, resolution)
    contradiction = any(
        row.fate in _CONTRADICTIONS or not _CONTRADICTIONS.isdisjoint(row.possible)
        for row in resolution.rows
    )
    return 1 if contradiction else 0


def _instructions(file: Path, max_bytes: int, max_instructions: int) -> Candidates:
    data = read_limited(file, max_bytes)
    if len(data) > max_bytes:
        raise InputError(
            f"the file is larger than {max_bytes} bytes",
            place=str(file),
            remedy="raise --max-bytes, if that is meant",
        )
    return read_candidates(data, name=str(file), max_instructions=max_instructions)


def _explanation(candidates: Candidates, found: Resolution, name: str, file: Path) -> str:
    try:
        return explain(candidates, found, name)
    except KeyError:
        raise UsageError(
            f'there is no instruction "{name}"',
            place=str(file),
            remedy="`adhere resolve FILE` lists the ids",
        ) from None


def _table(candidates: Candidates, found: Resolution) -> None:
    """Print what is left of each key, and below it each instruction from the highest down."""
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
    for outcome in found.keys:
        out.print(_heading(outcome))
        for row in sorted(rows[outcome.key], key=lambda row: ranks.get(row.id, (False, 0))):
            out.print(_line(row, instructions, wide))
    for refused in found.facts_refused:
        out.print(Text(f"fact {legible(refused.fact)} is not believed: {refused.reason}", "yellow"))
    if found.facts_unknown:
        unknown = listed([legible(fact) for fact in found.facts_unknown])
        out.print(Text(f"not known: {unknown}", "yellow"))


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
