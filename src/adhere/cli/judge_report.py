"""``adhere judge-report``"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
from rich.text import Text

from adhere.cli.options import console, json_option, print_json
from adhere.conversation import Judgement
from adhere.errors import InputError, SystemFault
from adhere.judge import Card, report_cards


@click.command("judge-report")
@click.argument("judgements", type=click.Path(path_type=Path))
@click.option("--judge", "only", multiple=True, help="Show this judge only (several times: these).")
@json_option
def command(judgements: Path, only: tuple[str, ...], as_json: bool) -> int:
    """Say how far judges can be trusted: agreement, unreadable labels, position bias.

    JUDGEMENTS is a judgements.jsonl, or a folder that holds one (`adhere import` makes them).
    Kappa and alpha are agreement beyond chance; "same" is the share of items labelled alike in
    both orders, "first" of the others the share won by whatever was shown first.

    \b
    Examples:
      adhere judge-report suites/xstest
      adhere judge-report judges/llmbar --judge GPT-4/Vanilla
    """
    path = judgements / "judgements.jsonl" if judgements.is_dir() else judgements
    cards = report_cards(it for it in _read(path) if not only or it.judge in only)
    if not cards.cards:
        raise InputError(
            "there is no judgement to report on", place=str(path),
            remedy="leave --judge out to see the judges' names",
        )  # fmt: skip
    if as_json:
        print_json(cards)
    else:
        _table(cards.cards)
    return 0


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


_COLUMNS = ("judged", "unread", "accuracy", "of all", "kappa", "alpha", "same", "first")


def _table(cards: tuple[Card, ...]) -> None:
    out = console()
    names = [f"{card.judge}  {card.group}".rstrip() for card in cards]
    width = max(12, *map(len, names)) + 2
    out.print(Text(f"{'':<{width}}" + "".join(f"{name:>9}" for name in _COLUMNS), "dim"))
    for name, card in zip(names, cards, strict=True):
        shares = (
            _share(card.accuracy), _share(card.accuracy_of_all), _number(card.kappa),
            _number(card.alpha), _share(card.same_both_ways), _share(card.drawn_to_first),
        )  # fmt: skip
        cells = (str(card.judged), str(card.unparsed), *shares)
        out.print(f"{name:<{width}}" + "".join(f"{cell:>9}" for cell in cells))


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
