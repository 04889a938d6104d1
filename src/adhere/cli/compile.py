"""``adhere compile``"""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from adhere.assemble import load_compilation
from adhere.cli.options import SPEC, max_bytes_option, write_file
from adhere.compiler import render_text


@click.command("compile")
@click.argument("spec", type=SPEC)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write here, not to stdout.")
@max_bytes_option
def command(spec: str, output: Path | None, max_bytes: int) -> int:
    """Compile SPEC to JSON (schema adhere/spec/1).

    Diagnostics go to standard error. Exit code 2 where the document has an error.

    \b
    Examples:
      adhere compile my-spec.md -o my-spec.json
      adhere compile reference | jq '.sections[].title'
    """
    result = load_compilation(spec, max_bytes=max_bytes)
    click.echo(render_text(result.diagnostics), err=True, nl=False)
    if result.spec is None:
        return 2
    data = msgspec.json.encode(result.spec)
    if output is None:
        click.echo(data)
    else:
        write_file(output, data + b"\n")
    return 2 if result.has_errors else 0
