"""The report page: what it must say, and that nothing in it is believed."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from adhere.assemble import find_judge, find_models, find_suite, load_spec
from adhere.cli import cli
from adhere.conversation import Answer, Case, Message, Role
from adhere.evaluate import (
    Failure,
    Report,
    RunFolder,
    Suite,
    SuiteManifest,
    manifest_of,
    read_cases,
    report_on,
    run,
)
from adhere.evaluate.labels import LabelSession, draw_sample
from adhere.judge import ChecksJudge
from adhere.models import Request
from adhere.publish import render_report, run_evidence

SPEC = load_spec("reference")
HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(2)> {{ 7 * 7 }}"


class Tags(HTMLParser):
    """Collects elements, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


class Hostile:
    """A model that answers with markup."""

    name = f"hostile {HOSTILE}"

    async def answer(self, request: Request) -> Answer:
        return Answer(f"{HOSTILE} {request.case}")

    async def close(self) -> None:
        """Nothing is held."""


def hostile_report(folder: Path) -> tuple[Report, Suite]:
    about = SuiteManifest(
        schema="adhere/suite/1", id=HOSTILE, title=HOSTILE, version="1", licence="CC0-1.0"
    )
    cases = tuple(
        Case(
            schema="adhere/case/1",
            id=f"{HOSTILE}{n}",
            sections=(HOSTILE, "clear_and_brief"),
            conversation=(Message(Role.USER, HOSTILE),),
            right="decline",
            rubric=HOSTILE,
        )
        for n in range(60)
    )
    suite = Suite(about, cases, "sha256:x", "")
    with RunFolder(
        folder, manifest_of(SPEC, suite, [Hostile()], ChecksJudge(), 1), SPEC, suite
    ) as opened:
        asyncio.run(run(opened, suite, [Hostile()], ChecksJudge()))
    return report_on(folder), suite


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    report, suite = hostile_report(tmp_path)
    html = render_report(report, suite.cases)
    page = Tags(html)
    assert not {"img", "iframe", "link", "object"} & set(page.elements)
    # One script, ours, which the policy admits by its hash and nothing else.
    assert (page.elements.count("script"), page.elements.count("form")) == (1, 0)
    script = html[html.rindex("<script>") + len("<script>") : html.rindex("</script>")]
    ours = files("adhere.publish") / "templates" / "report.js"
    assert script.strip() == ours.read_text(encoding="utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in unescape(html)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "style"]
    assert HOSTILE in page.text
    assert "49" not in page.text.split("alert(2)", 1)[1][:40]


def test_nothing_is_fetched(tmp_path: Path) -> None:
    report, suite = hostile_report(tmp_path)
    page = Tags(render_report(report, suite.cases))
    links = [value or "" for name, value in page.attributes if name in ("href", "src")]
    assert [link for link in links if not link.startswith("#")] == []


def test_the_page_shows_some_failures_and_says_how_many_there_are(tmp_path: Path) -> None:
    report, suite = hostile_report(tmp_path)
    page = Tags(render_report(report, suite.cases))
    entries = [value for name, value in page.attributes if (name, value) == ("class", "card entry")]
    assert len(entries) == len(report.failures) == 60
    assert "60 answers do not adhere" in page.text


def test_a_page_is_bounded_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report, suite = hostile_report(tmp_path)
    monkeypatch.setattr(run_evidence, "MOST_SHOWN", 7)
    page = Tags(render_report(report, suite.cases))
    assert sum((name, value) == ("class", "card entry") for name, value in page.attributes) == 7
    assert "60 answers do not adhere or could not be scored; 7 of them are shown" in page.text
    again = Tags(render_report(report, suite.cases))
    assert again.text == page.text  # drawn by the report's seed


def test_scripted_runs_are_marked_and_figures_are_those_of_the_report(tmp_path: Path) -> None:
    suite, judge = find_suite("reference"), find_judge("checks")
    models = find_models(["scripted:obeys-last-speaker"], suite)
    with RunFolder(tmp_path, manifest_of(SPEC, suite, models, judge, 1), SPEC, suite) as opened:
        asyncio.run(run(opened, suite, models, judge))
    report = report_on(tmp_path)
    text = Tags(render_report(report, suite.cases)).text
    assert "No figure about them says anything about a real model" in text
    value = report.total.cells[0].rate.value
    assert value is not None
    assert f"{100 * value:.1f} %" in text
    assert all(isinstance(failure, Failure) for failure in report.failures)


def test_the_page_says_how_far_its_figures_can_be_trusted(tmp_path: Path) -> None:
    runner, place = CliRunner(), tmp_path / "run"
    arguments = ["demo", "-o", str(place)]
    assert runner.invoke(cli, arguments).exit_code == 0
    for who in ("ann", "bob"):
        with LabelSession(place, who, draw_sample(place, 60).keys) as session:
            while (item := session.current()) is not None:
                session.give(item.key, "adheres" if session.done % 3 else "quality")
    report = report_on(place)
    page = render_report(report, read_cases(place))
    assert report.labels is not None
    for text in ("Asked again", "Between models", "Labels of people", "Prediction-powered"):
        assert text in page
    assert "ann and bob agree on" in page
    assert f"of {report.labels.sample} drawn" in page
