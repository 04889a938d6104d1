"""``adhere judge-report``"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.text import Text

from adhere.assemble import find_judge, find_suite, load_spec
from adhere.cli.options import SPEC, console, json_option, print_json, write_file
from adhere.conversation import Judgement
from adhere.errors import InputError, SystemFault
from adhere.evaluate.labelled import run_judgements
from adhere.judge import Card, probe, report_cards


@click.command("judge-report")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--judge", "only", multiple=True, help="Show this judge only (several times: these).")
@click.option("--confusion", is_flag=True, help="Print the confusion matrix of each judge too.")
@click.option("--ask", help="Try this judge on the known answers of the suite SOURCE.")
@click.option("--spec", "spec_name", type=SPEC, default="reference", help="What it grades by.")
@click.option("--repeats", type=click.IntRange(1, 20), default=2, help="How often each is shown.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Keep what it said here.")
@json_option
def command(
    source: Path,
    only: tuple[str, ...],
    confusion: bool,
    ask: str | None,
    spec_name: str,
    repeats: int,
    output: Path | None,
    as_json: bool,
) -> int:
    """Say how far judges can be trusted: agreement, unreadable labels, self-contradiction, bias.

    SOURCE is a judgements.jsonl, a folder that holds one (`adhere import` makes them), or a run
    that people have labelled. With --ask it is a suite: the judge is shown its known answers, good
    ones and bad ones, the bad ones once more with words for the judge in them.

    Kappa and alpha are agreement beyond chance; "same" is the share of items labelled alike in
    both orders, "first" of the others the share won by whatever was shown first; "again" is the
    share labelled alike when shown again.

    \b
    Examples:
      adhere judge-report suites/xstest
      adhere judge-report judges/llmbar --judge GPT-4/Vanilla --confusion
      adhere judge-report runs/llama3
      adhere judge-report reference --ask http://127.0.0.1:11434/v1#llama3
    """
    judgements = _asked(source, ask, spec_name, repeats) if ask else _found(source)
    if output is not None:
        judgements = list(judgements)
        write_file(output, b"".join(msgspec.json.encode(it) + b"\n" for it in judgements))
    cards = report_cards(it for it in judgements if not only or it.judge in only)
    if not cards.cards:
        raise InputError(
            "there is no judgement to report on", place=str(source),
            remedy="leave --judge out to see the judges' names",
        )  # fmt: skip
    if as_json:
        print_json(cards)
    else:
        _table(console(), cards.cards, confusion)
    return 0


def _asked(source: Path, ask: str, spec_name: str, repeats: int) -> list[Judgement]:
    suite, spec = find_suite(str(source)), load_spec(spec_name)
    judge = find_judge(ask, spec, suite=suite)
    return asyncio.run(probe(judge, suite.cases, repeats=repeats))


def _found(source: Path) -> Iterable[Judgement]:
    if (source / "manifest.json").exists():
        return run_judgements(source)
    return _read(source / "judgements.jsonl" if source.is_dir() else source)


def _read(path: Path) -> Iterator[Judgement]:
    decoder = msgspec.json.Decoder(Judgement)
    number = 0
    try:
        with path.open("rb") as file:
            for line in file:
                number += 1
                yield decoder.decode(line)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError(
            f"this is not a judgement: {error}", place=f"{path}:{number}",
            remedy="see docs/formats.md",
        ) from error  # fmt: skip
    except FileNotFoundError as error:
        raise InputError(
            "there is no such file", place=str(path), remedy="make one with `adhere import`"
        ) from error
    except OSError as error:
        raise SystemFault(f"cannot read it: {error.strerror}", place=str(path)) from error


_COLUMNS = ("judged", "unread", "accuracy", "of all", "kappa", "alpha", "same", "first", "again")


def _table(out: Console, cards: tuple[Card, ...], confusion: bool) -> None:
    names = [f"{card.judge}  {card.group}".rstrip() for card in cards]
    width = max(12, *map(len, names)) + 2
    out.print(Text(f"{'':<{width}}" + "".join(f"{name:>9}" for name in _COLUMNS), "dim"))
    for name, card in zip(names, cards, strict=True):
        shares = (
            _share(card.accuracy), _share(card.accuracy_of_all), _number(card.kappa),
            _number(card.alpha), _share(card.same_both_ways), _share(card.drawn_to_first),
            _share(card.retest.same if card.retest else None),
        )  # fmt: skip
        cells = (str(card.judged), str(card.unparsed), *shares)
        out.print(f"{name:<{width}}" + "".join(f"{cell:>9}" for cell in cells))
    for name, card in zip(names, cards, strict=True):
        for line in _more(card):
            out.print(f"{name}: {line}")
        if confusion:
            _confusion(out, name, card)


def _more(card: Card) -> Iterator[str]:
    if card.planted is not None:
        found = card.planted
        yield (
            f"{_share(found.positives_passed)} % of {found.positives} planted positives recognised,"
            f" {_share(found.decoys_caught)} % of {found.decoys} decoys"
        )
    if card.own is not None:
        own = card.own
        yield (
            f"right on {_share(own.accuracy)} % of {own.items} with answers of its own, "
            f"{_share(own.others)} % of the others"
        )
        if own.excess is not None and own.low is not None and own.high is not None:
            yield (
                f"its own win {_share(own.judged)} %, by the reference {_share(own.true)} %: "
                f"self-preference {100 * own.excess:+.1f} "
                f"[{100 * own.low:+.1f}, {100 * own.high:+.1f}] points"
            )


def _confusion(out: Console, name: str, card: Card) -> None:
    said = sorted({label for row in card.confusion.values() for label in row})
    width = max(16, *(len(label) + 2 for label in (*said, *card.confusion)))
    out.print(Text(f"\n{name}: reference down, judge across", "bold"))
    out.print(Text(f"{'':<{width}}" + "".join(f"{label:>{width}}" for label in said), "dim"))
    for label, row in card.confusion.items():
        cells = "".join(f"{row.get(one, 0):>{width}}" for one in said)
        out.print(f"{label:<{width}}{cells}")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
