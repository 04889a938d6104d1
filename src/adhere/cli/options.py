"""Options and output habits that verbs share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from click.shell_completion import CompletionItem
from rich.console import Console

from adhere.assemble import REFERENCE
from adhere.compiler import DEFAULT_MAX_BYTES
from adhere.errors import SystemFault
from adhere.evaluate import Rate


class SpecName(click.ParamType[str]):
    """What names a spec: a file, a folder, or the one that ships with adhere."""

    name = "spec"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer files, and the shipped spec's name."""
        own = [CompletionItem(REFERENCE)] if REFERENCE.startswith(incomplete) else []
        return [*own, CompletionItem(incomplete, type="file")]


F = TypeVar("F", bound=Callable[..., Any])

SPEC = SpecName()

json_option: Callable[[F], F] = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON for machines."
)
max_bytes_option: Callable[[F], F] = click.option(
    "--max-bytes",
    type=click.IntRange(min=1),
    default=DEFAULT_MAX_BYTES,
    show_default=True,
    help="Refuse larger documents.",
)


def console(*, stderr: bool = False) -> Console:
    """A console: colours only on a terminal, and no guessing at markup."""
    file = sys.stderr if stderr else sys.stdout
    return Console(file=file, highlight=False, markup=False, soft_wrap=not file.isatty())


def print_json(value: object) -> None:
    """Print a value as indented JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def figure(rate: Rate) -> str:
    """Return a rate and its 95 % interval in percent: ``83.2 [78.6, 87.1]``."""
    if rate.value is None:
        return "–"
    if rate.method == "none":
        return f"{100 * rate.value:.1f}"
    return f"{100 * rate.value:.1f} [{100 * rate.low:.1f}, {100 * rate.high:.1f}]"


def write_file(path: Path, data: bytes) -> None:
    """Write a file so that it is either whole or not there.

    Raises:
        SystemFault: It cannot be written.
    """
    draft = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise SystemFault(f"cannot write it: {error.strerror}", place=str(path)) from error
