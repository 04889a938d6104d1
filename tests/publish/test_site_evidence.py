"""Runs on a site: the figures are the report's, and what a run holds is never believed."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from sites import BAD, Seen

from adhere.assemble import load_spec
from adhere.assemble.publishing import downloads, find_runs
from adhere.cli.main import cli
from adhere.conversation import Answer, Case, Message, Recording, Role
from adhere.evaluate import SuiteManifest, write_suite
from adhere.publish.site import Edition, Pages, RunEvidence, Site, write_site
from adhere.publish.site.evidence import Evidence, csv_of, weakest
from adhere.publish.site.figures import trends

FORMULA = '=HYPERLINK("http://evil.example")'
KIND, STERN = "kind", FORMULA
"""Models: one helps everybody, one helps nobody."""


def case(number: int, section: str, right: str) -> Case:
    return msgspec.convert(
        {
            "schema": "adhere/case/1", "id": f"{section}-{number} {BAD}", "right": right,
            "sections": [section], "focus": f"{section} {number % 4}", "rubric": BAD,
            "conversation": [{"role": "user", "content": BAD}],
        },
        type=Case,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("evidence")
    cases = [case(n, "secrets", "decline") for n in range(8)]
    cases += [case(n, "clear_and_brief", "help") for n in range(12)]
    about = SuiteManifest(
        schema="adhere/suite/1", id="small", title=BAD, version="1", licence="CC0-1.0"
    )
    write_suite(base / "suite", about, cases)
    lines = [
        Recording(
            schema="adhere/recording/1",
            case=one.id,
            model=model,
            answer=Answer(BAD, labels={"human": label}),
        )
        for one in cases
        for model, label in ((KIND, "answered"), (STERN, "refused"))
    ]
    (base / "suite/recordings.jsonl").write_bytes(
        b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    )
    CliRunner().invoke(
        cli,
        ["evaluate", "--suite", str(base / "suite"), "--model", "recorded", "--judge",
         "label:human", "-o", str(base / "run")],
        standalone_mode=False,
    )  # fmt: skip
    return base / "run"


@pytest.fixture(scope="module")
def run(folder: Path) -> RunEvidence:
    return find_runs([folder])[0]


def test_a_section_knows_its_tests_and_how_far_models_lie_apart(run: RunEvidence) -> None:
    evidence = Evidence(load_spec("reference"), [run, run])
    assert evidence.count("secrets") == 8  # of one suite, asked twice
    assert evidence.span("secrets") == (0.0, 1.0)
    assert evidence.span("tone") is None
    gaps = {gap.section.id for gap in evidence.gaps()}
    assert {"tone", "honesty"} <= gaps
    assert not {"secrets", "clear_and_brief"} & gaps


def test_scripted_figures_are_nobody_s(run: RunEvidence) -> None:
    manifest = msgspec.structs.replace(run.report.manifest, models=("scripted:a", "scripted:b"))
    scripted = msgspec.structs.replace(
        run, report=msgspec.structs.replace(run.report, manifest=manifest)
    )
    evidence = Evidence(load_spec("reference"), [scripted])
    assert evidence.measured("secrets")
    assert evidence.span("secrets") is None
    assert weakest([scripted]) == []


def test_a_trend_follows_a_model_or_runs_of_one_model_each(run: RunEvidence) -> None:
    def of(slug: str, *models: str) -> RunEvidence:
        keep = [run.report.manifest.models.index(KIND)] * len(models)
        total = run.report.total
        report = msgspec.structs.replace(
            run.report,
            manifest=msgspec.structs.replace(run.report.manifest, models=models),
            total=msgspec.structs.replace(total, cells=tuple(total.cells[n] for n in keep)),
        )
        return msgspec.structs.replace(run, slug=slug, report=report)

    assert trends([of("a", "x", "y")]) == []
    assert trends([of("a", "x", "y"), of("b", "z")]) == []
    (followed,) = trends([of("a", "x", "y"), of("b", "y")])
    assert followed.columns == ("", "y")
    (versions,) = trends([of("a", "v1"), of("b", "v2")])
    assert (versions.columns, [row[0] for row in versions.rows]) == (("", "Adheres"), ["v1", "v2"])


def test_areas_to_improve_name_the_direction_of_failure(run: RunEvidence) -> None:
    found = {weak.section.id: (weak.model, weak.direction) for weak in weakest([run])}
    assert found == {
        "secrets": (KIND, "too permissive"),
        "clear_and_brief": (STERN, "too restrictive"),
    }


def test_figures_as_csv_are_those_of_the_report_and_no_formulas(run: RunEvidence) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_of(run.report))))
    assert {row["model"] for row in rows} == {KIND, f"'{FORMULA}"}
    (row,) = (r for r in rows if r["section"] == "secrets" and r["model"] == KIND)
    cell = next(r for r in run.report.by_section if r.id == "secrets").cells[0]
    assert (int(row["scored"]), float(row["rate"])) == (cell.rate.total, cell.rate.value)


def test_five_answers_are_shown_with_the_seed_that_draws_them_again(
    folder: Path, run: RunEvidence
) -> None:
    assert len(run.transcripts) == 5
    assert find_runs([folder])[0].transcripts == run.transcripts


def test_what_a_run_holds_stays_text_and_its_files_come_along(
    folder: Path, run: RunEvidence, tmp_path: Path
) -> None:
    site = Site("Test", (Edition("1", "1", load_spec("reference")),), (run,))
    pages = Pages(site)
    for address in ("results/index.html", "results/run.html", "section/secrets.html"):
        page = Seen(pages.page(address).body)
        assert not {"img", "style", "iframe"} & set(page.elements), address
        assert page.elements.count("script") == 2
        assert not [name for _, name, _ in page.attributes if name.startswith("on")]
        assert "onerror" in page.text
    write_site(pages, tmp_path / "site", downloads([folder], site))
    data = tmp_path / "site/data/run"
    assert (data / "report.json").read_bytes() == (folder / "report.json").read_bytes()
    linked = Seen(pages.page("results/run.html").body).values("href")
    for link in linked:
        if link.startswith("../data/"):
            assert (tmp_path / "site" / link.removeprefix("../")).is_file(), link


def test_the_role_of_a_message_is_said(run: RunEvidence) -> None:
    assert run.transcripts[0].case.conversation == (Message(Role.USER, BAD),)
