"""``adhere label``"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.text import Text

from adhere.assemble.labelling import named_sections, serve_labels
from adhere.cli.options import console, json_option, print_json
from adhere.errors import UsageError
from adhere.evaluate import read_manifest, read_spec
from adhere.evaluate.labels import (
    SETTLED,
    Item,
    LabelSession,
    disputed,
    draw_sample,
    read_labels,
)
from adhere.evolve.diff_visible import visible
from adhere.publish.label_page import CHOICES
from adhere.spec import Spec

_KEYS: Final = {key: label for key, label, _ in CHOICES}


@click.command("label")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--as", "who", help="Your name: each person's labels lie in a file of their own.")
@click.option("-n", "--size", type=click.IntRange(1, 100_000), help="Answers to draw (100).")
@click.option("--seed", type=int, help="What the draw depends on (0).")
@click.option("--browser", is_flag=True, help="On a page of this machine, not in the terminal.")
@click.option("--settle", is_flag=True, help="Go through what people differ on, and decide.")
@json_option
def command(
    run: Path,
    who: str | None,
    size: int | None,
    seed: int | None,
    browser: bool,
    settle: bool,
    as_json: bool,
) -> int:
    """Label a blinded sample of a run's answers, so that the judge's errors can be counted.

    The first call draws the sample; everybody labels the same answers, in an order of their own,
    without seeing the model, the verdict or anybody's label. Each label is on disk before the next
    answer is shown: stop whenever you like, and call again to go on. Then `adhere evaluate` and
    `adhere compare` show the corrected rates beside the raw ones, `adhere judge-report RUN` the
    agreement. Exit code 1 while answers are left.

    \b
    Examples:
      adhere label runs/llama3 --as ann -n 80
      adhere label runs/llama3 --as bob --browser
      adhere label runs/llama3 --settle
    """
    if (who is None) is not settle or who == SETTLED:
        raise UsageError(
            "a name is needed, or --settle", remedy="use --as NAME, or --settle without a name"
        )
    read_manifest(run)
    spec, sample = read_spec(run), draw_sample(run, size, seed)
    keys = disputed(read_labels(run)) if settle else sample.keys
    with LabelSession(run, who or SETTLED, keys) as session:
        if browser:
            _in_browser(session, spec)
        else:
            _in_terminal(console(stderr=as_json), session, spec)
        if as_json:
            print_json({"labelled": session.done, "drawn": session.total})
        else:
            click.echo(f"{session.done} of {session.total} labelled")
        return 0 if session.done == session.total else 1


def _in_browser(session: LabelSession, spec: Spec) -> None:
    def ready(address: str) -> None:
        click.echo(f"Label at {address}\nEnd with Ctrl-C; every label is kept.")
        click.launch(address)

    try:
        asyncio.run(serve_labels(session, spec, ready))
    except KeyboardInterrupt:
        click.echo()


def _in_terminal(out: Console, session: LabelSession, spec: Spec) -> None:
    menu = "  ".join(f"{key} {words.partition(':')[0].lower()}" for key, _, words in CHOICES)
    try:
        while (item := session.current()) is not None:
            _show(out, item, spec, f"{session.done + 1} of {session.total}")
            key = _key(out, f"{menu}  u undo  q quit")
            if key == "q":
                return
            if key == "u":
                session.undo()
            elif key in _KEYS:
                session.give(item.key, _KEYS[key])
    except (KeyboardInterrupt, EOFError, click.Abort):
        click.echo()


def _key(out: Console, menu: str) -> str:
    out.print(Text(menu, "bold"))
    if sys.stdin.isatty():
        return click.getchar().lower()
    return sys.stdin.read(1).lower() or "q"


def _show(out: Console, item: Item, spec: Spec, place: str) -> None:
    out.rule(place)
    for message in (*item.case.conversation, *item.case.follow_ups):
        out.print(Text(f"{message.role} {message.name or ''}".rstrip(), "bold blue"))
        out.print(Text(visible(message.text)))
    out.print(Text("answer", "bold magenta"))
    out.print(Text(visible(item.answer.content) or "(empty)"))
    for call in item.answer.tool_calls:
        out.print(Text(visible(f"calls {call.name}({call.arguments})"), "magenta"))
    out.print(Text("held against", "dim"))
    for section in named_sections(spec, item):
        out.print(Text(f"  {section.title} ({section.level})  {section.id}", "dim"))
    if item.case.rubric:
        out.print(Text(f"right would be: {visible(item.case.rubric)}", "dim"))
