"""What is seen of a run while it runs."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from adhere.cli import progress
from adhere.cli.progress import Watch
from adhere.conversation import Usage
from adhere.evaluate import Standing
from adhere.models import Account, Price, PriceList

LIST = PriceList(
    schema="adhere/prices/1", currency="EUR", source="made up for this test", date="2026-01-01",
    models={"m": Price(Decimal(1000), Decimal(2000))},
)  # fmt: skip


def test_rate_time_left_spend_and_failures(tmp_path: Path) -> None:
    async def spend(account: Account) -> None:
        await account.settle(await account.hold("m", 100, 10), "service", Usage(250, 125))

    with Account(tmp_path / "s", LIST, Decimal(2)) as account:
        asyncio.run(spend(account))
        watch = Watch(account, quiet=True)
        watch.show(Standing(expected=1000, judged=100))
        standing = Standing(expected=1000, judged=150, answered=60, unheard=2, failing=7)
        words = watch.words(standing, seconds=10.0)
    assert words == "5.0/s · 2:50 left · EUR 0.5000 of 2 · 7 fail · 2 not scored"


def test_plain_lines_where_there_is_no_terminal_and_none_when_quiet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_LINE_EVERY", 0.0)
    with Account(tmp_path / "s") as account:
        for quiet in (True, False):
            with Watch(account, quiet=quiet) as watch:
                watch.show(Standing(expected=10, judged=4))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [shown.err.strip()]
    assert shown.err.startswith("4 of 10 · 0.0/s")
    assert "\x1b" not in shown.err
