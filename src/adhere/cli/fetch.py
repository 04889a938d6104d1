"""``adhere fetch``"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from adhere.cli.options import json_option, print_json
from adhere.errors import UsageError
from adhere.sources.fetch import Fetched, fetch_release
from adhere.sources.releases import Release, find_release, known_releases


@click.command("fetch")
@click.argument("release", required=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder to make.  [default: ./RELEASE]",
)
@click.option(
    "--mirror",
    metavar="URL",
    help="Download URL/COMMIT/PATH instead, from an internal mirror; the hashes stay pinned.",
)
@click.option("--list", "listing", is_flag=True, help="List the known releases.")
@json_option
def command(
    release: str | None, output: Path | None, mirror: str | None, listing: bool, as_json: bool
) -> int:
    """Download RELEASE into a new folder, which then serves as SPEC for every verb.

    Each file is checked against the size and SHA-256 pinned in adhere. The folder appears whole
    or not at all; one that is there already is checked and never changed.

    \b
    Examples:
      adhere fetch --list
      adhere fetch openai@2025-12-18 && adhere show openai@2025-12-18
      adhere fetch openai@2025-12-18 -o spec --mirror https://mirror.example/model_spec
    """
    if listing == (release is not None):
        raise UsageError("name one release, or --list", remedy="try `adhere fetch --list`")
    if release is None:
        _list(as_json)
        return 0
    pinned = find_release(release)
    fetched = _fetch(pinned, output or Path(pinned.name), mirror)
    print_json(fetched) if as_json else _report(fetched)
    return 0


def _list(as_json: bool) -> None:
    if as_json:
        print_json(known_releases())
        return
    for release in known_releases():
        files = f"{len(release.files)} file{'s' if len(release.files) != 1 else ''}"
        click.echo(
            f"{release.name:<24} {release.commit[:12]}  {files:>9}  {release.size:>7} bytes"
            f"  {release.licence}"
        )


def _fetch(release: Release, folder: Path, mirror: str | None) -> Fetched:
    # Standard output is for the result; the bar shows on a terminal only, and for many files only.
    hidden = len(release.files) == 1 or not sys.stderr.isatty()
    with click.progressbar(
        length=release.size, label=release.name, file=sys.stderr, hidden=hidden
    ) as bar:
        return fetch_release(
            release, folder, base_url=mirror, on_file=lambda file: bar.update(file.size)
        )


def _report(fetched: Fetched) -> None:
    source = fetched.source
    count = len(source.files)
    state = "already there, checked" if fetched.already_there else "downloaded, checked"
    click.echo(f"{source.name}: {count} file{'s' if count != 1 else ''} {state}")
    click.echo(f"  from     {source.repository} at {source.commit}")
    click.echo(f"  licence  {source.licence} (the texts)")
    click.echo(f"  folder   {fetched.folder}")
