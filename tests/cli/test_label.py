"""``adhere label``: keys in the terminal, and the page in the browser."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession
from click.testing import CliRunner

from adhere.assemble.labelling import serve_labels
from adhere.cli import cli
from adhere.conversation import Answer
from adhere.evaluate import AnswerRecord, read_records, read_spec
from adhere.evaluate.labels import LabelSession, draw_sample, read_labels

EVIL = "<script>alert(1)</script>\x1b[2J\u202eevil"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "run"
    arguments = ["evaluate", "--model", "scripted:obeys-last-speaker", "-o", str(place)]
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    return place


def label(folder: Path, *arguments: str, keys: str = "") -> Any:
    arguments = ("label", str(folder), *arguments)
    return CliRunner().invoke(cli, arguments, input=keys, standalone_mode=False)


def make_evil(folder: Path) -> None:
    records = folder / "records.jsonl"
    lines = records.read_text().splitlines()
    for number, line in enumerate(lines):
        row = json.loads(line)
        if row["kind"] == "answer":
            row["answer"]["content"] = EVIL
            lines[number] = json.dumps(row)
    records.write_text("\n".join(lines) + "\n")


def test_keys_label_undo_and_quit(folder: Path) -> None:
    done = label(folder, "--as", "ann", "-n", "4", keys="apuxrq")
    assert (done.return_value, done.output.splitlines()[-1]) == (1, "2 of 4 labelled")
    assert list(read_labels(folder)["ann"].values()) == ["adheres", "too_restrictive"]
    done = label(folder, "--as", "ann", keys="os")
    assert (done.return_value, done.output.splitlines()[-1]) == (0, "4 of 4 labelled")
    assert list(read_labels(folder)["ann"].values())[2:] == ["quality", "cannot_tell"]


def test_the_end_of_the_input_loses_nothing(folder: Path) -> None:
    assert label(folder, "--as", "ann", "-n", "4", keys="a").return_value == 1
    assert len(read_labels(folder)["ann"]) == 1


def test_the_terminal_shows_neither_model_nor_verdict_and_obeys_no_answer(folder: Path) -> None:
    make_evil(folder)
    shown = label(folder, "--as", "ann", "-n", "2", keys="q").output
    assert "obeys-last-speaker" not in shown
    assert "verdict" not in shown
    assert "\x1b" not in shown
    assert "⟨U+001B⟩[2J⟨U+202E⟩evil" in shown


def test_wrong_use(folder: Path, tmp_path: Path) -> None:
    for arguments in ((), ("--as", "ann", "--settle"), ("--as", "settled")):
        assert "a name is needed" in str(label(folder, *arguments).exception)
    assert "not a run" in str(label(tmp_path, "--as", "ann").exception)


def test_settling(folder: Path) -> None:
    label(folder, "--as", "ann", "-n", "3", keys="aaa")
    label(folder, "--as", "bob", keys="ppp")
    assert label(folder, "--settle", keys="rs").output.splitlines()[-1] == "2 of 3 labelled"
    assert list(read_labels(folder)["settled"].values()) == ["too_restrictive", "cannot_tell"]


# -- browser -------------------------------------------------------------------------------------
Visit = Callable[[ClientSession, str], Awaitable[None]]


def with_page(folder: Path, visit: Visit) -> None:
    async def both() -> None:
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        with LabelSession(folder, "ann", draw_sample(folder, 3).keys) as session:
            served = asyncio.create_task(serve_labels(session, read_spec(folder), ready.set_result))
            try:
                async with ClientSession() as client:
                    await visit(client, await ready)
            finally:
                served.cancel()
                await asyncio.gather(served, return_exceptions=True)

    asyncio.run(both())


async def page(answer: ClientResponse) -> str:
    assert answer.status == 200
    return await answer.text()


def token(text: str) -> str:
    (found,) = re.findall(r'name="item" value="([0-9a-f]{64})"', text)
    return str(found)


def test_the_page_takes_labels_and_shows_no_more_than_the_terminal(folder: Path) -> None:
    make_evil(folder)

    async def visit(client: ClientSession, address: str) -> None:
        answer = await client.get(address)
        assert answer.headers["X-Frame-Options"] == "DENY"
        text = await page(answer)
        assert "0 of 3 labelled" in text
        assert "obeys-last-speaker" not in text
        assert "<script" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;⟨U+001B⟩" in text
        assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text
        first = token(text)
        text = await page(await client.post(address, data={"item": first, "label": "adheres"}))
        assert "1 of 3 labelled" in text
        # the same form again: the answer has its label by now
        text = await page(await client.post(address, data={"item": first, "label": "quality"}))
        assert "1 of 3 labelled" in text
        text = await page(await client.post(address, data={"label": "undo"}))
        assert ("0 of 3 labelled" in text, token(text)) == (True, first)
        wrong = await client.post(address, data={"item": first, "label": "nonsense"})
        assert wrong.status == 400
        while 'name="item"' in text:
            data = {"item": token(text), "label": "too_permissive"}
            text = await page(await client.post(address, data=data))
        assert "Nothing left" in text

    with_page(folder, visit)
    assert list(read_labels(folder)["ann"].values()) == ["too_permissive"] * 3


def test_only_our_own_page_is_heard(folder: Path) -> None:
    async def visit(client: ClientSession, address: str) -> None:
        host = re.findall(r"//(127\.0\.0\.1:\d+)/", address)[0]
        for headers in (
            {"Host": "evil.example"},
            {"Host": f"localhost:{host.partition(':')[2]}"},
            {"Origin": "https://evil.example"},
        ):
            assert (await client.get(address, headers=headers)).status == 403
            assert (await client.post(address, headers=headers, data={})).status == 403
        assert (await client.get(f"http://{host}/")).status == 404
        assert (await client.get(f"http://{host}/guess/")).status == 404
        large = await client.post(address, data={"label": "x" * 10_000})
        assert large.status == 413
        assert (await client.post(address, data={"item": "x", "label": "adheres"})).status == 200

    with_page(folder, visit)
    assert read_labels(folder)["ann"] == {}


def test_the_answers_themselves_are_left_as_they_were(folder: Path) -> None:
    before = [r for r in read_records(folder) if isinstance(r, AnswerRecord)]
    label(folder, "--as", "ann", "-n", "2", keys="aa")
    assert [r for r in read_records(folder) if isinstance(r, AnswerRecord)] == before
    assert isinstance(before[0].answer, Answer)
