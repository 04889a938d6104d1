"""``adhere prompt``"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

import click
import msgspec

from adhere.assemble.loading import read_limited
from adhere.assemble.serve_config import load_config
from adhere.assemble.serving import load_release
from adhere.cli.options import json_option, print_json
from adhere.errors import InputError, UsageError
from adhere.serve.checks import Sheet
from adhere.serve.detectors import Detectors
from adhere.serve.faults import Refused
from adhere.serve.incoming import ItemReader
from adhere.serve.inspection import Inspector
from adhere.serve.keys import Principal
from adhere.serve.reading import Interface, read_request
from adhere.serve.sending import bodies_to_send
from adhere.serve.upstream import Upstreams


@click.command("prompt")
@click.argument("request_path", metavar="REQUEST", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--config", "config_path", type=click.Path(path_type=Path, dir_okay=False),
              default=Path("adhere.toml"), show_default=True, metavar="FILE",
              help="The gateway's configuration.")  # fmt: skip
@click.option("--key", required=True, metavar="NAME", help="Whose request it is: a key's name.")
@click.option("--interface", type=click.Choice(get_args(Interface)), default="chat",
              show_default=True, help="Where it would be sent.")  # fmt: skip
@json_option
def command(
    request_path: Path, config_path: Path, key: str, interface: Interface, as_json: bool
) -> int:
    """Print exactly the bytes that the gateway would send for the body in REQUEST, and ask nobody.

    What its checks come to goes to standard error. Exit code 1 where one of them stops the request.

    \b
    Examples:
      adhere prompt request.json --key shop
      adhere prompt request.json --key shop --json | jq -r .decisions
    """
    config = load_config(config_path)
    if key not in config.keys:
        raise UsageError(f"there is no key {key!r}", place=str(config_path))
    if not request_path.is_file():
        raise InputError("there is no such file", place=str(request_path))
    who = Principal(key, config.keys[key].developer)
    rules = load_release(config, config_path.parent).current
    sheet = Sheet(rules.table)
    try:
        body = read_limited(request_path, config.limits.body_bytes)
        asked = read_request(body, interface, frozenset(config.limits.extra_fields))
        inspector = Inspector(ItemReader(), Detectors(config.phrases, config.hosts))
        looked = inspector.inspect(asked, who, rules, sheet)
        route = Upstreams(config).route(asked.model)
        if route is None:
            raise Refused(404, "model_not_found", f"there is no model {asked.model!r}")
        model, turn = route
        first = turn[0].choice.developer_role
        sent = bodies_to_send(asked, looked, model, [first])[first]
    except Refused as refused:
        raise InputError(refused.message, place=str(request_path)) from refused
    prompt = looked.in_force.prompt
    stopped = bool(sheet.blocked)
    decisions = sheet.take()
    if as_json:
        print_json(
            {
                "sent": msgspec.Raw(sent), "tokens": prompt.tokens, "sections": prompt.sections,
                "left_out": prompt.left_out, "decisions": decisions,
            }
        )  # fmt: skip
    else:
        sys.stdout.buffer.write(sent + b"\n")
        sys.stdout.buffer.flush()
        click.echo(
            f"{len(prompt.sections)} sections, about {prompt.tokens} tokens; "
            f"{len(prompt.left_out)} did not fit",
            err=True,
        )
        for one in decisions:
            click.echo(f"{one.outcome:<8} {one.check:<20} {one.section}", err=True)
    return 1 if stopped else 0
