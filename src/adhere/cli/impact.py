"""``adhere impact``"""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.text import Text

from adhere import __version__
from adhere.assemble import load_spec
from adhere.assemble.impact import Wanted, find_impact
from adhere.cli.options import SPEC, console, json_option, max_bytes_option, print_json, write_file
from adhere.cli.profiles import named_profiles, profile_options
from adhere.compiler import to_sarif
from adhere.errors import UsageError
from adhere.evolve import Impact, diff_specs
from adhere.evolve.impact import findings
from adhere.evolve.impact_text import impact_markdown

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)
_SHOWN = 20


@click.command("impact")
@click.argument("old", type=SPEC)
@click.argument("new", type=SPEC)
@click.option("--suite", "suites", multiple=True, metavar="SUITE", help="Cases; may be repeated.")
@click.option("--prompts", type=_FOLDER, metavar="DIR", help="Files of prompts that markers name.")
@profile_options
@click.option("--obligations", type=_FILE, metavar="FILE", help="What has to stay proved.")
@click.option(
    "--settings",
    "gateway",
    type=_FILE,
    metavar="ADHERE.TOML",
    help="A gateway: what it puts before conversations counts as sent.",
)
@click.option(
    "--log", type=_FOLDER, help="Decide the requests of this audit log again (with --settings)."
)
@click.option("--keys", type=_FOLDER, metavar="DIR", help="The log's secrets.")
@click.option("--markdown", type=_FILE, metavar="OUT", help="Write it for a change request.")
@click.option("--sarif", type=_FILE, metavar="OUT", help="Write it for a code host.")
@json_option
@max_bytes_option
def command(
    old: str,
    new: str,
    suites: tuple[str, ...],
    prompts: Path | None,
    system: Path | None,
    developer: Path | None,
    user: Path | None,
    obligations: Path | None,
    gateway: Path | None,
    log: Path | None,
    keys: Path | None,
    markdown: Path | None,
    sarif: Path | None,
    as_json: bool,
    max_bytes: int,
) -> int:
    """Say what the change from OLD to NEW touches, and what has to be run again.

    A case is clean only if everything the judge would be sent is the same under both, byte for
    byte; with --settings, also what the gateway puts before the model. Any other is suspect. Exit
    code 1 where something breaks: an obligation is proved no more, or a profile's request is
    refused now.

    \b
    Examples:
      adhere impact old.md new.md --suite reference
      adhere impact openai@2025-10-27 openai@2025-12-18 --prompts openai@2025-12-18-rev2/examples
      adhere impact old.md new.md --markdown impact.md --sarif impact.sarif
      adhere impact old.md new.md --settings adhere.toml --log decisions
    """
    if log is not None and gateway is None:
        raise UsageError("--log goes with --settings", remedy="name the gateway's adhere.toml")
    wanted = Wanted(
        suites=suites,
        prompts=prompts,
        profiles=named_profiles({"system": system, "developer": developer, "user": user}),
        obligations=obligations,
        gateway=gateway,
        log=log,
        keys=keys,
    )
    impact = find_impact(old, new, wanted, max_bytes=max_bytes)
    if markdown is not None:
        write_file(markdown, impact_markdown(impact).encode())
    if sarif is not None:
        _write_sarif(impact, old, new, sarif, max_bytes)
    print_json(impact) if as_json else _print(impact)
    return 1 if impact.breaks else 0


def _write_sarif(impact: Impact, old: str, new: str, path: Path, max_bytes: int) -> None:
    before, after = load_spec(old, max_bytes=max_bytes), load_spec(new, max_bytes=max_bytes)
    found = findings(impact, diff_specs(before, after), after.name)
    write_file(path, msgspec.json.format(msgspec.json.encode(to_sarif(found, __version__))))


def _print(impact: Impact) -> None:
    out = console()
    changed = [one for one in impact.sections if one.substance]
    out.print(Text(f"{len(changed)} sections change in substance", "bold"))
    for one in changed:
        level = f"  {one.authority}" if one.authority else ""
        run = f"  {len(one.cases)} cases" if one.cases else ""
        out.print(Text(f"  {one.id}{level}", "").append(f"  {one.what}{run}", "dim"))
    for suite in impact.suites:
        due = suite.suspect + suite.new
        of = f"{due} of {due + suite.clean} cases have to be run"
        line = Text(f"{suite.name}: ", "bold").append(of)
        gone = f", {suite.gone} gone" if suite.gone else ""
        line.append(f"  {suite.suspect} suspect, {suite.new} new{gone}, {suite.clean} clean", "dim")
        out.print(line)
    if impact.files:
        run_files = [one.marker for one in impact.files if one.run]
        out.print(Text(f"{len(run_files)} of {len(impact.files)} files of prompts", "bold"))
        for at in range(0, len(run_files), 12):
            out.print(f"  {' '.join(run_files[at : at + 12])}")
    for change in impact.rules.settings[:_SHOWN]:
        out.print(f"setting {change.address}: {change.change} {', '.join(change.fields)}")
    for moved in impact.settings:
        why = f"  {moved.refused}" if moved.refused else ""
        out.print(Text(f"under the profiles {moved.address}: {moved.old!r} → {moved.new!r}{why}",
                       "red" if moved.refused else ""))  # fmt: skip
    for proof in impact.proofs:
        style = "bold red" if proof.old == "proved" else ""
        out.print(Text(f"proof {proof.name}: {proof.old} → {proof.new}", style))
    if impact.flipped is not None:
        out.print(f"{impact.flipped:,} of {impact.decided:,} recorded decisions come out otherwise")
