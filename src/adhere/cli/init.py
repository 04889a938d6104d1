"""``adhere init``"""

from __future__ import annotations

from pathlib import Path

import click

from adhere.assemble.starter import write_starter
from adhere.cli.options import json_option, print_json


@click.command("init")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=".")
@json_option
def command(folder: Path, as_json: bool) -> int:
    """Write a small spec, DIR/spec.md, to build on; never overwrite a file.

    The text is in the public domain (CC0): change it as you like.

    \b
    Examples:
      adhere init
      adhere init my-assistant
    """
    path = write_starter(folder)
    if as_json:
        print_json({"wrote": str(path)})
        return 0
    click.echo(f"Wrote {path}. Next:")
    for words, what in (
        (f"adhere show {path}", "read it"),
        (f"adhere lint {path}", "check it, after every change"),
        ("adhere show reference", "see a complete spec and borrow from it"),
    ):
        click.echo(f"  {words:<32}  {what}")
    return 0
