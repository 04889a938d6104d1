"""``adhere settings``"""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from adhere.assemble import load_spec
from adhere.cli.options import SPEC, console, json_option, max_bytes_option, print_json
from adhere.cli.profiles import named_profiles, printable, profile_options, short
from adhere.resolve import SettingsResult, effective_settings
from adhere.resolve.settings.effective import EffectiveSetting
from adhere.resolve.settings.words import show
from adhere.spec import Authority


@click.command("settings")
@click.argument("spec", type=SPEC)
@profile_options
@json_option
@max_bytes_option
def command(
    spec: str,
    system: Path | None,
    developer: Path | None,
    user: Path | None,
    as_json: bool,
    max_bytes: int,
) -> int:
    """Print what holds for each setting of SPEC, where it comes from, and what was refused.

    A plain value fixes a setting for every level below; `{ default = … }` suggests one that the
    levels below may still change within their bounds. Exit code 1 where a request was refused.

    \b
    Examples:
      adhere settings reference
      adhere settings reference --developer developer.toml --user user.toml
      adhere settings reference --user user.toml --json | jq '.settings[] | {address, value}'
    """
    document = load_spec(spec, max_bytes=max_bytes)
    profiles = named_profiles({"system": system, "developer": developer, "user": user})
    result = effective_settings(document, profiles)
    print_json(result) if as_json else _table(result)
    return 1 if result.refused else 0


def _table(result: SettingsResult) -> None:
    out = console()
    rows = [(found.address, show(found.value), found) for found in result.settings]
    wide = max((len(address) for address, _, _ in rows), default=0)
    values = max((len(value) for _, value, _ in rows if len(value) <= 24), default=0)
    for address, value, found in rows:
        line = Text(f"{address:<{wide}}  ").append(f"{value:<{values}}", "bold")
        out.print(line.append(f"  {_origin(found)}", "dim" if found.level is None else ""))
    if not rows:
        out.print("this spec declares no settings")
    for step in result.refused:
        place = f"{step.request.place}: " if step.request.place else ""
        line = Text(f"\n{place}").append("refused", "red")
        line.append(f": {printable(step.address)} = {short(show(step.request.asked))}")
        out.print(line)
        out.print(Text(f"  {short(step.message)} ({step.remedy})"))


def _origin(found: EffectiveSetting) -> str:
    if found.level is None:
        return "default"
    # There is nobody below the user for whom it could be fixed.
    fixed = " fixed it" if found.fixed_by and found.level is not Authority.USER else ""
    place = f"  {found.place}" if found.place else ""
    return f"{found.level}{fixed}{place}"
