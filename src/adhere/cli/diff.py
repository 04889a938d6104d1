"""``adhere diff``"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
from msgspec.structs import replace
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from adhere.assemble import load_spec
from adhere.cli.options import (
    SPEC,
    console,
    json_option,
    max_bytes_option,
    print_json,
    write_file,
)
from adhere.evolve import SpecDiff, diff_specs
from adhere.evolve.diff_model import (
    BlockChange,
    ExampleChange,
    FieldChange,
    LineChange,
    Run,
    SectionChange,
)
from adhere.evolve.diff_summary import (
    LABEL,
    example_happened,
    field_words,
    happened,
    summary,
    touched,
    verdict,
)
from adhere.evolve.diff_visible import visible, visible_run
from adhere.publish import render_diff

_STYLE = {"equal": "", "insert": "green underline", "delete": "red strike"}
_MARK = {"equal": ("", ""), "insert": ("{+", "+}"), "delete": ("[-", "-]")}
_CONTEXT = 12  # words of unchanged text to show on either side of a change
_SIGN = {"added": "+", "removed": "-", "changed": "~", "kept": "~"}


@click.command("diff")
@click.argument("old", type=SPEC)
@click.argument("new", type=SPEC)
@click.option("--sections", is_flag=True, help="List the sections that changed, without the words.")
@click.option(
    "--html", type=click.Path(path_type=Path), help="Write a page that shows it all to this file."
)
@json_option
@max_bytes_option
def command(
    old: str, new: str, sections: bool, html: Path | None, as_json: bool, max_bytes: int
) -> int:
    """Print what changed in meaning from OLD to NEW: sections, prose, settings, examples.

    Exit code 1 where the meaning changed, 0 where it did not, whatever happened to white space.

    \b
    Examples:
      adhere diff old.md new.md
      adhere diff reference my-spec.md --sections
      adhere diff old.md new.md --html diff.html
      adhere diff old.md new.md --json | jq .counts
    """
    diff = diff_specs(load_spec(old, max_bytes=max_bytes), load_spec(new, max_bytes=max_bytes))
    diff = _named(diff, Path(old), Path(new))
    if html is not None:  # first: whoever reads the output may stop reading
        write_file(html, render_diff(diff).encode())
    if as_json:
        print_json(diff)
    else:
        _print(diff, words=not sections and html is None)
    if html is not None:
        click.echo(f"The page is in {html}.", err=as_json)
    return 1 if diff.changes_meaning else 0


def _named(diff: SpecDiff, old: Path, new: Path) -> SpecDiff:
    """Call the documents what the user calls them, by as much of the path as tells them apart."""
    length = 1
    while old.parts[-length:] == new.parts[-length:] and length < max(
        len(old.parts), len(new.parts)
    ):
        length += 1
    return replace(
        diff,
        old=replace(diff.old, name=str(Path(*old.parts[-length:]))),
        new=replace(diff.new, name=str(Path(*new.parts[-length:]))),
    )


def _print(diff: SpecDiff, *, words: bool) -> None:
    out = console()
    out.print(Text(visible(f"{diff.old.name} → {diff.new.name}"), "bold"))
    rows = summary(diff)
    width = max((len(what) for what, _ in rows), default=0)
    for what, figures in rows:
        out.print(Text(f"{what:<{width}}  ", "dim").append(visible(figures), "not dim"))
    if not diff.searched:
        out.print(Text("too many without a counterpart to look for renamed ones", "yellow"))
    out.print(verdict(diff))
    if words:
        _blocks(out, diff.head.blocks)
    elif diff.sections:
        out.print()
    for section in diff.sections:
        _section(out, section, words=words)


def _section(out: Console, section: SectionChange, *, words: bool) -> None:
    told = [visible(word) for word in happened(section)]
    if kinds := touched(section):
        told[0] += f" ({', '.join(kinds)})"
    line = Text("\n" if words else "")
    line.append(f"{_SIGN[section.presence]} {visible(section.id)}", "bold")
    out.print(line.append(f"  {', '.join(told)}", "not bold"))
    if not words:
        return
    if section.presence == "kept":
        _fields(out, section.fields, 2)
    _blocks(out, section.blocks)
    for setting in section.settings:
        sign = _SIGN[setting.presence]
        order = "  reordered" if setting.reordered else ""
        out.print(Text(f"\n  {sign} setting {visible(setting.id)}{order}", "bold"))
        _fields(out, setting.fields, 6)
    for example in section.examples:
        _example(out, example)


def _fields(out: Console, fields: Iterable[FieldChange], indent: int) -> None:
    for field in fields:
        _put(out, Text(visible(field_words(field))), indent)


def _blocks(out: Console, blocks: Iterable[BlockChange]) -> None:
    for block in blocks:
        place = block.new or block.old
        where = "" if place is None else f"line {place.line}"
        if block.new is None:
            where = f"was {where}"
        what = "commentary" if block.commentary else block.kind
        coarse = ", too long to compare word by word" if block.coarse else ""
        out.print(Text(f"\n  {_SIGN[block.edit]} {what}, {where}{coarse}", "dim"))
        _put(out, _words(out, block.runs), 6)


def _example(out: Console, example: ExampleChange) -> None:
    line = Text(f"\n  {_SIGN[example.presence]} example ", "bold")
    line.append_text(_words(out, example.title)).append(f"  {visible(example_happened(example))}")
    out.print(line)
    same = 0
    for turn in [*example.lines, None]:
        if turn is not None and turn.edit is None:
            same += 1
            continue
        if same:
            out.print(Text(f"      … {same} unchanged", "dim"))
            same = 0
        if turn is not None:
            _turn(out, turn)


def _turn(out: Console, turn: LineChange) -> None:
    who = Text(f"{_SIGN[turn.edit or 'kept']} {turn.role}", "bold")
    if turn.label:
        who.append("  ").append_text(_words(out, turn.label))
    _put(out, who, 6)
    _fields(out, [field for field in turn.fields if field.name not in LABEL], 8)
    for part in turn.parts:
        if part.kind != "text":
            _put(out, Text(f"{part.kind}:", "dim"), 8)
        _put(out, _words(out, part.runs), 8)


def _put(out: Console, text: Text, indent: int) -> None:
    """Print with every line indented, also those that a terminal's width makes."""
    if out.is_terminal:
        out.print(Padding(text, (0, 0, 0, indent)))
    else:
        out.print(Text(" " * indent) + Text(f"\n{' ' * indent}").join(text.split("\n")))


def _words(out: Console, runs: Sequence[Run]) -> Text:
    """The runs with their marks: colours on a terminal that has them, brackets elsewhere.

    What is all new or all gone has a sign before it and needs no marks.
    """
    plain = out.color_system is None or out.no_color
    text = Text()
    for number, run in enumerate(runs):
        space, words = visible_run(run)
        if run.op == "equal":
            words = _shortened(words, number > 0, number < len(runs) - 1)
        before, after = _MARK[run.op] if plain and len(runs) > 1 else ("", "")
        text.append(space).append(f"{before}{words}{after}", _STYLE[run.op])
    return text


def _shortened(text: str, after: bool, before: bool) -> str:
    """Unchanged text with its middle left out, or the end that no change is next to."""
    words = re.findall(r"\s*\S+", text)
    first, last = _CONTEXT * after, _CONTEXT * before
    if not (after or before) or len(words) <= first + last + 3:
        return text
    head = f"{''.join(words[:first])} " if first else ""
    tail = f" {''.join(words[len(words) - last :]).lstrip()}" if last else ""
    return f"{head}…{tail}{text[len(text.rstrip()) :] if last else ''}"
