"""What a person sees of a run while it runs: a line that moves, or a line now and then."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final, Self

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from adhere.cli.options import console
from adhere.evaluate import Standing
from adhere.models import Account

_MOVES_EVERY: Final = 0.2
_LINE_EVERY: Final = 15.0
"""Seconds between two updates of the bar on a terminal, and between two lines elsewhere."""


class Watch(AbstractContextManager["Watch"]):
    """Shows how a run comes along, on standard error.

    Args:
        account: What it spends.
        quiet: Whether to show nothing.
    """

    def __init__(self, account: Account, *, quiet: bool) -> None:
        self._account, self._quiet = account, quiet
        err = console(stderr=True)
        self._moving = err.is_terminal and not quiet
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
        self._bar = Progress(*columns, console=err, transient=True, disable=not self._moving)
        self._task = self._bar.add_task("")
        self._started = self._shown = time.monotonic()
        self._before: int | None = None

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._bar.__exit__(kind, error, trace)

    def show(self, standing: Standing) -> None:
        """Show how far it is; most calls only look at the clock."""
        now = time.monotonic()
        if self._before is None:
            self._before = standing.judged
        if now - self._shown < (_MOVES_EVERY if self._moving else _LINE_EVERY) or self._quiet:
            return
        self._shown = now
        words = self.words(standing, now - self._started)
        if self._moving:
            self._bar.update(
                self._task, total=standing.expected, completed=standing.judged, description=words
            )
        else:
            click.echo(f"{standing.judged} of {standing.expected} · {words}", err=True)

    def words(self, standing: Standing, seconds: float) -> str:
        """Return rate, time left, spend and failures."""
        done = standing.judged - (self._before or 0)
        rate = done / seconds if seconds else 0.0
        parts = [f"{rate:.1f}/s"]
        if rate:
            parts.append(f"{_time((standing.expected - standing.judged) / rate)} left")
        cost, prices = self._account.cost(), self._account.prices
        if cost is not None and prices is not None:
            limit = "" if self._account.budget is None else f" of {self._account.budget}"
            parts.append(f"{prices.currency} {cost:.4f}{limit}")
        parts.append(f"{standing.failing} fail")
        if standing.unheard:
            parts.append(f"{standing.unheard} not scored")
        return " · ".join(parts)


def _time(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
