"""``adhere show``"""

from __future__ import annotations

import click
from rich.text import Text

from adhere.assemble import load_spec
from adhere.cli.options import SPEC, console, json_option, max_bytes_option, print_json
from adhere.errors import UsageError
from adhere.spec import Answer, Example, Section, Setting, Spec, Turn, Verdict

_STYLE = {
    "root": "bold red", "platform": "bold red", "system": "bold magenta", "developer": "bold blue",
    "user": "bold green", "guideline": "cyan",
}  # fmt: skip
_VERDICT = {Verdict.GOOD: "green", Verdict.OK: "yellow", Verdict.BAD: "red", None: "dim"}


@click.command("show")
@click.argument("spec", type=SPEC)
@click.argument("section", required=False)
@json_option
@max_bytes_option
def command(spec: str, section: str | None, as_json: bool, max_bytes: int) -> int:
    """Print the contents of SPEC, or the whole of one SECTION (by id or old id).

    \b
    Examples:
      adhere show reference
      adhere show reference untrusted_data
      adhere show my-spec.md style --json | jq '.examples[].id'
    """
    document = load_spec(spec, max_bytes=max_bytes)
    if section is None:
        print_json(document) if as_json else _contents(document)
        return 0
    try:
        found = document.section(section)
    except KeyError:
        raise UsageError(
            f'there is no section "{section}"',
            place=spec,
            remedy="`adhere show SPEC` lists the ids",
        ) from None
    print_json(found) if as_json else _section(found)
    return 0


def _contents(spec: Spec) -> None:
    out = console()
    meta = spec.metadata
    out.print(
        Text(" ".join(part for part in (meta.title or spec.name, meta.version) if part), "bold")
    )
    out.print(Text(f"meaning {spec.spec_digest}", "dim"))
    for section in spec.walk():
        line = Text("  " * (section.depth - 1))
        line.append(section.title).append(f"  {section.id}", "dim")
        if section.authority:
            line.append(f"  {section.authority}", _STYLE[section.authority])
        counts = [
            f"{len(items)} {word}{'s' if len(items) != 1 else ''}"
            for items, word in (
                (section.examples, "example"), (section.settings, "setting"),
                (section.markers, "prompt file"),
            )
            if items
        ]  # fmt: skip
        out.print(line.append(f"  {', '.join(counts)}" if counts else "", "dim"))


def _section(section: Section) -> None:
    out = console()
    heading = Text(f"{'#' * section.depth} {section.title}", "bold")
    if section.authority:
        heading.append(f"  {section.authority}", _STYLE[section.authority])
    out.print(heading)
    span = section.span
    out.print(Text(f"{section.id} · line {span.line} · bytes {span.start}-{span.end}", "dim"))
    examples = {example.id: example for example in section.examples}
    settings = {setting.id: setting for setting in section.settings}
    for block in section.blocks:
        out.print()
        if block.kind == "example" and block.ref in examples:
            _example(examples[block.ref])
        elif block.kind == "setting" and block.ref in settings:
            _setting(settings[block.ref])
        else:
            out.print(Text(block.text, "dim" if block.kind == "box" else ""))
    for child in section.children:
        out.print(Text(f"\n→ {child.title}  {child.id}", "dim"))


def _example(example: Example) -> None:
    out = console()
    out.print(Text(f"Example: {example.title}", "bold"))
    shown = 0
    for answer in example.answers:
        for turn in example.turns[shown : answer.after]:
            _turn(turn, turn.role)
        shown = max(shown, answer.after)
        _turn(answer.turn, _label(answer), _VERDICT[answer.verdict])
    for turn in example.turns[shown:]:
        _turn(turn, turn.role)


def _label(answer: Answer) -> str:
    label = (answer.verdict or "unlabelled").upper()
    if answer.sections:
        label += f" [{', '.join(answer.sections)}]"
    if answer.condition:
        label += f", {answer.condition}"
    return f"{label}: {answer.reason}" if answer.reason else label


def _turn(turn: Turn, label: str, style: str = "bold") -> None:
    out = console()
    to = f" → {turn.recipient}" if turn.recipient else ""
    of = f" {turn.name}" if turn.name else ""
    out.print(Text(f"  {label}{of}{to}", style))
    for part in turn.parts:
        text = part.text.replace("\n", "\n    ")
        out.print(Text(f"    {text}", "dim" if part.kind != "text" else ""))


def _setting(setting: Setting) -> None:
    out = console()
    line = Text("Setting ", "bold").append(setting.address, "bold cyan")
    line.append(f" ({setting.type}, default {setting.default!r})")
    line.append(f" changeable by {', '.join(setting.changeable_by)}", "dim")
    out.print(line)
    if setting.summary:
        out.print(Text(f"  {setting.summary}"))
