"""``adhere analyse``"""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from adhere.assemble import load_spec
from adhere.assemble.loading import read_limited
from adhere.cli.options import SPEC, console, json_option, max_bytes_option, print_json
from adhere.errors import InputError, UsageError
from adhere.resolve import Candidates, read_candidates
from adhere.resolve.analyses.analyse import Analysis, AnalysisOfVersions, analyse
from adhere.resolve.analyses.change import ChangeOfRule, compare_rules
from adhere.resolve.analyses.settings import NOTES, Right
from adhere.resolve.analyses.text import LevelOfText
from adhere.resolve.settings.effective import LEVELS
from adhere.resolve.settings.words import show
from adhere.spec import Authority

_GENERIC = ("spec", "model_spec")


@click.command("analyse")
@click.argument("specs", type=SPEC, nargs=-1, required=True, metavar="SPEC...")
@click.option("--against", type=SPEC, metavar="OLD", help="Say what OLD decides otherwise.")
@click.option(
    "--instructions",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Look at these together with the settings: a JSON file, adhere/instructions/1.",
)
@json_option
@max_bytes_option
def command(
    specs: tuple[str, ...],
    against: str | None,
    instructions: Path | None,
    as_json: bool,
    max_bytes: int,
) -> int:
    """Analyse SPEC: what leads nowhere, who can change what, how much of its text is must.

    With several versions, print the trend, and what each decides otherwise than the one before.
    Exit code 1 where something leads nowhere that cannot be meant.

    \b
    Examples:
      adhere analyse reference
      adhere analyse new.md --against old.md
      adhere analyse v1.md v2.md v3.md --json | jq '.versions[].text'
    """
    if len(specs) > 1 and (against or instructions):
        raise UsageError("--against and --instructions go with one SPEC")
    candidates = _instructions(instructions, max_bytes) if instructions else None
    before = load_spec(against, max_bytes=max_bytes) if against else None
    found = []
    for name in specs:
        spec = load_spec(name, max_bytes=max_bytes)
        change = compare_rules(before, spec) if before else None
        found.append(analyse(spec, name=_label(name), instructions=candidates, change=change))
        before = spec if len(specs) > 1 else None
    if as_json:
        several = AnalysisOfVersions("adhere/analyses/1", tuple(found))
        print_json(several if len(found) > 1 else found[0])
    elif len(found) > 1:
        _trend(console(), found)
    else:
        _one(console(), found[0])
    return 1 if any(one.kind not in NOTES for analysis in found for one in analysis.findings) else 0


def _instructions(path: Path, max_bytes: int) -> Candidates:
    if not path.is_file():
        raise InputError("there is no such file", place=str(path))
    data = read_limited(path, max_bytes)
    if len(data) > max_bytes:
        raise InputError(f"the file is larger than {max_bytes:,} bytes", place=str(path))
    return read_candidates(data, name=str(path))


def _label(name: str) -> str:
    """A short name for a version: of the file, or of the folder where the file is called spec."""
    path = Path(name)
    return path.parent.name if path.stem in _GENERIC and path.parent.name else path.stem


def _one(out: Console, found: Analysis) -> None:
    out.print(Text(found.name, "bold"))
    for one in found.findings:
        line = Text(f"  {one.kind}", "dim" if one.kind in NOTES else "yellow")
        line.append(f"  {one.subject}: {one.message}", "default")
        if one.by:
            line.append(f" ({', '.join(one.by)})", "dim")
        if one.when:
            line.append(f" where {' and '.join(one.when)}", "dim")
        out.print(line)
    if not found.findings:
        out.print("  nothing leads nowhere")
    if found.rights:
        wide = max(len(row.address) for row in found.rights)
        titles = "".join(f"{level:<11}" for level in ("section", *LEVELS))
        out.print(Text(f"\n{'Who can change what':<{wide}}  {titles}", "dim"))
        for row in found.rights:
            cells = "".join(f"{_cell(right):<11}" for right in row.rights)
            out.print(f"{row.address:<{wide}}  {row.section_level:<11}{cells}".rstrip())
    _text(out, found.text)
    if found.change is not None:
        out.print(Text("\nDecided otherwise than before", "dim"))
        _change(out, found.change)


def _cell(right: Right) -> str:
    return "–" if not right.may else "in bounds" if right.bounded else "yes"


def _text(out: Console, levels: tuple[LevelOfText, ...]) -> None:
    """The prose by level; what is counted is said in docs/analysis.md."""
    whole = sum(level.characters for level in levels)
    out.print(
        Text(
            f"\n{'Prose':<12}{'sections':>9}{'characters':>12}{'share':>8}"
            f"{'must not':>10}{'must':>7}{'may':>6}   per 1,000 words",
            "dim",
        )
    )
    for level in levels:
        rates = [level.prohibitions, level.requirements, level.permissions]
        shown = " ".join(f"{1000 * rate / level.words:5.1f}" for rate in rates)
        out.print(
            f"{level.level:<12}{level.sections:>9}{level.characters:>12,}"
            f"{100 * level.characters / whole:>7.1f}%{rates[0]:>10}{rates[1]:>7}{rates[2]:>6}"
            f"   {shown}"
        )


def _change(out: Console, change: ChangeOfRule) -> None:
    for level in change.levels:
        old, new = level.old or "no level", level.new or "no level"
        flips = "; ".join(
            f"{_voice(flip.voice)}: {flip.old} becomes {flip.new}" for flip in level.flips
        )
        out.print(f"  {level.section}: {old} becomes {new}" + (f": {flips}" if flips else ""))
    for setting in change.settings:
        line = f"  {setting.address}: {setting.change}"
        if setting.fields:
            line += f" in {', '.join(setting.fields)}"
        if setting.contexts:
            line += f", {setting.different:,} of {setting.contexts:,} contexts come out otherwise"
            line += "" if setting.exhaustive else " (not every value could be tried)"
        if setting.witness is not None:
            asked = [f"{level} asks {show(one)}" for level, one in setting.witness.asked.items()]
            line += f"; such as {' and '.join(asked) or 'nobody asks'}:"
            line += f" {show(setting.witness.old)} becomes {show(setting.witness.new)}"
        out.print(line)
    if not change.levels and not change.settings:
        out.print("  nothing")


def _voice(level: Authority) -> str:
    return "what is only implied" if level is Authority.GUIDELINE else f"a {level} message"


def _trend(out: Console, versions: list[Analysis]) -> None:
    """One line a version in each table."""
    wide = max(len(one.name) for one in versions) + 2
    levels = [
        level
        for level in Authority
        if any(text.level is level for one in versions for text in one.text)
    ]
    titles = "".join(f"{level:>11}" for level in levels)
    for title, figure in (("Sections", "sections"), ("Characters of prose", "characters")):
        out.print(Text(f"{title}\n{'':<{wide}}{titles}{'all':>11}", "dim"))
        for one in versions:
            counts = {text.level: getattr(text, figure) for text in one.text}
            row = "".join(f"{counts.get(level, 0):>11,}" for level in levels)
            out.print(f"{one.name:<{wide}}{row}{sum(counts.values()):>11,}")
        out.print()
    out.print(Text(f"Share of characters, per cent\n{'':<{wide}}{titles}", "dim"))
    for one in versions:
        shares = {text.level: text.characters for text in one.text}
        whole = sum(shares.values()) or 1
        row = "".join(f"{100 * shares.get(level, 0) / whole:>11.1f}" for level in levels)
        out.print(f"{one.name:<{wide}}{row}")
    _words(out, versions, wide)
    out.print(
        Text("\nSettings each level may change, and what changed since the version before", "dim")
    )
    titles = "".join(f"{level:>11}" for level in LEVELS)
    out.print(Text(f"{'':<{wide}}{titles}{'settings':>11}{'levels':>11}{'decided':>11}", "dim"))
    for one in versions:
        may = [sum(right.may for row in one.rights for right in row.rights if right.level is level)
               for level in LEVELS]  # fmt: skip
        row = "".join(f"{count:>11}" for count in may)
        if one.change is not None:
            flips = sum(bool(level.flips) for level in one.change.levels)
            row += f"{len(one.change.settings):>11}{len(one.change.levels):>11}{flips:>11}"
        out.print(f"{one.name:<{wide}}{row}")


def _words(out: Console, versions: list[Analysis], wide: int) -> None:
    out.print(Text("\nWords that prohibit, require, permit, in sections with a level", "dim"))
    titles = "".join(f"{name:>11}" for name in ("must not", "must", "may", "words"))
    out.print(Text(f"{'':<{wide}}{titles}   per 1,000 words", "dim"))
    for one in versions:
        rows = [text for text in one.text if text.level is not Authority.NONE]
        words = sum(text.words for text in rows)
        counts = [
            sum(text.prohibitions for text in rows), sum(text.requirements for text in rows),
            sum(text.permissions for text in rows),
        ]  # fmt: skip
        row = "".join(f"{count:>11,}" for count in (*counts, words))
        rates = " ".join(f"{1000 * count / max(words, 1):5.1f}" for count in counts)
        out.print(f"{one.name:<{wide}}{row}   {rates}")
