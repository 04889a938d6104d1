"""``adhere release``"""

from __future__ import annotations

from pathlib import Path

import click

from adhere.assemble.auditing import read_key
from adhere.assemble.feedback import load_feedback
from adhere.assemble.proposing import (
    new_signer,
    read_signer,
    release,
    verify_release,
)
from adhere.cli.options import SPEC, json_option, print_json

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group("release")
def command() -> None:
    """Release a spec, signed, with what led to it; or check a release.

    \b
    Examples:
      adhere release key spec.example/releases -o release.key
      adhere release make spec.md 1.1.0 --key release.key
      adhere release verify releases/1.1.0 --key release.pub --json
    """


@command.command("key")
@click.argument("name")
@click.option("-o", "--output", type=_FILE, required=True, help="Where the secret goes.")
def key(name: str, output: Path) -> int:
    """Make a key called NAME, and print its public half: give it to whoever is to verify."""
    click.echo(str(new_signer(name, output)))
    return 0


@command.command("make")
@click.argument("spec", type=SPEC)
@click.argument("version")
@click.option("--key", "key_file", type=_FILE, required=True, help="The key to sign with.")
@click.option("--proposals", type=_FOLDER, default="proposals", show_default=True, metavar="DIR")
@click.option("--database", metavar="DB", help="Where the comments are, to thank their authors.")
@click.option(
    "-o", "--output", type=_FOLDER, default="releases", show_default=True, metavar="DIR",
    help="Folder of releases.",
)  # fmt: skip
@json_option
def make(
    spec: str, version: str, key_file: Path, proposals: Path, database: str | None, output: Path,
    as_json: bool,
) -> int:  # fmt: skip
    """Release SPEC as VERSION: text, digests, signature, changelog, redirects.

    Everything that changed since the last release has to have been proposed and adopted. Then
    rebuild the site: `adhere publish releases/VERSION --previous releases/BEFORE -o site`.
    """
    feedback = load_feedback(database) if database else None
    place, made = release(
        spec, version, output, proposals, read_signer(key_file), feedback=feedback
    )
    if as_json:
        print_json(made)
    else:
        click.echo(f"wrote {place}  {made.spec_digest}")
        for one in made.proposals:
            thanks = f"  thanks to {', '.join(one.thanks)}" if one.thanks else ""
            click.echo(f"  {one.id}{thanks}")
    return 0


@command.command("verify")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--key", "public", required=True, metavar="KEY", help="Public key, or its file.")
@json_option
def verify(folder: Path, public: str, as_json: bool) -> int:
    """Check a release offline: its text, its signature, and what it follows."""
    made = verify_release(folder, read_key(public))
    if as_json:
        print_json(made)
    else:
        click.echo(f"valid: {made.title} {made.version}, {made.date}")
    return 0
