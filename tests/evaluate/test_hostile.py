"""A service that does its worst: the run ends, with a typed outcome for every case."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hostile import half, hang, huge, reset, saying, slam, stall, storm
from service import Service, chat

from adhere.assemble import load_spec
from adhere.assemble.services import open_service
from adhere.conversation import Case, Message, Outcome, Role
from adhere.evaluate import Report, RunFolder, Suite, SuiteManifest, manifest_of, report_on
from adhere.evaluate.runner import run
from adhere.judge import ChecksJudge, Judge, RubricJudge
from adhere.models import Patience

SPEC = load_spec("reference")
ABOUT = SuiteManifest(schema="adhere/suite/1", id="t", title="T", version="1", licence="CC0-1.0")
HURRY = Patience(connect=1, silence=0.3, total=1, attempts=2, backoff=0.01, longest=0.05)
CASES = 6


KINDS: dict[str, tuple[Any, Outcome]] = {
    "429 storm": (storm, Outcome.ERROR),
    "reset at once": (slam, Outcome.ERROR),
    "reset mid-stream": (reset, Outcome.ERROR),
    "half an answer, closed": (half, Outcome.ERROR),
    "half an answer, whole": (saying(b'{"choices": [{"message": {"cont'), Outcome.UNPARSED),
    "malformed JSON": (saying(b"{'choices': []}"), Outcome.UNPARSED),
    "not JSON": (saying(b"<html>502</html>"), Outcome.UNPARSED),
    "wrong types": (saying(b'{"choices": [{"message": {"content": ["x"]}}]}'), Outcome.UNPARSED),
    "choices is a number": (saying(b'{"choices": 7}'), Outcome.UNPARSED),
    "usage is a text": (saying(b'{"choices": [{"message": {"content": "x"}}], "usage": "7"}'),
                        Outcome.UNPARSED),
    "no choice": (saying(b'{"choices": []}'), Outcome.UNPARSED),
    "deep": (saying(b"[" * 200_000), Outcome.UNPARSED),
    "broken UTF-8": (saying(b'{"choices": [{"message": {"content": "\xff"}}]}'), Outcome.UNPARSED),
    "10 MB": (huge, Outcome.ERROR),
    "hanging socket": (hang, Outcome.ERROR),
    "stalled mid-stream": (stall, Outcome.ERROR),
    "filter": (lambda *_: chat(None, finish_reason="content_filter"), Outcome.FILTER_BLOCKED),
}  # fmt: skip


def evaluate(folder: Path, handler: Any, cases: int, graded: bool = False) -> Report:
    found = Suite(ABOUT, tuple(
        Case(schema="adhere/case/1", id=f"c{n}", sections=("clear_words",), right="help",
             conversation=(Message(Role.USER, f"Hi {n}"),))
        for n in range(cases)
    ), "sha256:x", "")  # fmt: skip

    async def go(url: str) -> None:
        model = open_service(f"{url}#m", connections=8, patience=HURRY)
        grader = open_service(f"{url}#judge", connections=8, patience=HURRY)
        judge: Judge = RubricJudge(grader, SPEC) if graded else ChecksJudge()
        manifest = manifest_of(SPEC, found, [model], judge, 1)
        with RunFolder(folder, manifest, SPEC, found) as opened:
            await asyncio.wait_for(run(opened, found, [model], judge, concurrency=8), 60)

    with Service(handler) as service:
        asyncio.run(go(service.url))
    return report_on(folder)


@pytest.mark.parametrize("kind", KINDS)
def test_every_case_ends_in_a_typed_outcome(tmp_path: Path, kind: str) -> None:
    handler, outcome = KINDS[kind]
    report = evaluate(tmp_path, handler, CASES)
    (cell,) = report.total.cells
    assert report.complete
    assert cell.outcomes == {outcome: CASES}
    assert (cell.rate.total, cell.rate.value, cell.of_all) == (0, None, 0.0)
    assert all(failure.answer.detail for failure in report.failures)


def test_all_of_it_at_once_beside_good_answers(tmp_path: Path) -> None:
    names = [*KINDS, "good"]

    async def mixed(request: web.Request, body: dict[str, Any], before: int) -> Any:
        name = names[int(body["messages"][0]["content"].split()[1]) % len(names)]
        if name == "good":
            return chat("Yes, here it is.")
        result = KINDS[name][0](request, body, before)
        return await result if asyncio.iscoroutine(result) else result

    report = evaluate(tmp_path, mixed, 2 * len(names))
    (cell,) = report.total.cells
    wanted = Counter(outcome for _, outcome in KINDS.values())
    assert report.complete
    assert cell.outcomes == {**{k: 2 * n for k, n in wanted.items()}, Outcome.ANSWERED: 2}
    assert (cell.rate.hits, cell.rate.total) == (2, 2)


@pytest.mark.parametrize("kind", [name for name in KINDS if name not in ("10 MB", "filter")])
def test_a_hostile_grader_leaves_answers_unscored_and_never_wrong(
    tmp_path: Path, kind: str
) -> None:
    async def graded(request: web.Request, body: dict[str, Any], before: int) -> Any:
        if body["model"] == "m":
            return chat("Yes, here it is.")
        return await KINDS[kind][0](request, body, before)

    report = evaluate(tmp_path, graded, 2, graded=True)
    (cell,) = report.total.cells
    assert report.complete
    assert (cell.rate.total, cell.outcomes) == (0, {Outcome.UNPARSED: 2})
