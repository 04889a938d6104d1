"""``adhere publish``"""

from __future__ import annotations

from pathlib import Path

import click

from adhere.assemble.publishing import downloads
from adhere.cli.options import console, json_option, print_json
from adhere.cli.publishing import Sources, source_options
from adhere.publish.site import Pages, write_site


@click.command("publish")
@source_options
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder to write; a site in it is replaced as a whole.",
)
@json_option
def command(sources: Sources, output: Path, as_json: bool) -> int:
    """Write a site: the spec to read, how well it is kept, what changed, and why.

    The files need no server, load nothing from elsewhere, and can be read without JavaScript
    (searching needs it). RUN is a folder that `adhere evaluate` made; several of one suite, named
    in the order of time, become a trend.

    \b
    Examples:
      adhere publish reference -o site
      adhere publish openai@2025-12-18 --title "Model Spec" \\
          --previous openai@2025-10-27 --run runs/xstest -o site
    """
    site = sources.site()
    written = write_site(Pages(site), output, downloads(sources.runs, site))
    if as_json:
        print_json(written)
    else:
        size = f"{written.bytes / 1e6:.1f} MB"
        console().print(
            f"{written.pages} pages, {written.files} files, {size}: {output}/index.html"
        )
    return 0
