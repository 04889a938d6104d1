"""Labels of people: the draw, one file a person, and what comes of them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.assemble import find_judge, find_models, find_suite, load_spec
from adhere.errors import InputError, UsageError
from adhere.evaluate import (
    RunFolder,
    VerdictRecord,
    compare,
    manifest_of,
    read_records,
    report_on,
    run,
)
from adhere.evaluate.labelled import label_judgements, trusted
from adhere.evaluate.labels import (
    SETTLED,
    LabelSession,
    disputed,
    draw_sample,
    read_labels,
    read_sample,
)
from adhere.judge import report_cards

SPEC, SUITE, JUDGE = load_spec("reference"), find_suite("reference"), find_judge("checks")
MODELS = ["scripted:obeys-last-speaker", "scripted:refuses-too-much"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "run"
    models = find_models(MODELS, SUITE)
    with RunFolder(place, manifest_of(SPEC, SUITE, models, JUDGE, 1), SPEC, SUITE) as opened:
        asyncio.run(run(opened, SUITE, models, JUDGE))
    return place


def verdicts(folder: Path) -> dict[tuple[str, str, int], bool]:
    found = (r for r in read_records(folder) if isinstance(r, VerdictRecord))
    return {r.key: r.verdict.adherent for r in found if r.verdict.adherent is not None}


def label_all(folder: Path, who: str, size: int, wrong: int = 0) -> None:
    """Label as the judge does, but every ``wrong``-th the other way."""
    judged = verdicts(folder)
    with LabelSession(folder, who, draw_sample(folder, size).keys) as session:
        while (item := session.current()) is not None:
            right = judged[item.key]
            if wrong and session.done % wrong == wrong - 1:
                right = not right
            session.give(item.key, "adheres" if right else "quality")


def test_the_sample_is_drawn_once_and_in_the_proportions_of_the_run(folder: Path) -> None:
    judged = verdicts(folder)
    sample = draw_sample(folder, 90, 3)
    assert (len(sample.keys), len(set(sample.keys)), sample.scored) == (90, 90, len(judged))
    for of in (lambda key: key[0], lambda key: (key[0], judged[key])):
        drawn, there = Counter(map(of, sample.keys)), Counter(map(of, judged))
        for group, count in there.items():
            assert abs(drawn[group] - count * 90 / len(judged)) <= 1
    assert draw_sample(folder) == draw_sample(folder, 90, 3) == read_sample(folder) == sample
    for size, seed in ((80, None), (90, 4)):
        with pytest.raises(UsageError, match="already"):
            draw_sample(folder, size, seed)


def test_every_answer_has_the_same_chance(folder: Path) -> None:
    drawn: Counter[tuple[str, str, int]] = Counter()
    path = folder / "labels" / "sample.json"
    for seed in range(120):
        path.unlink(missing_ok=True)
        drawn.update(draw_sample(folder, 100, seed).keys)
    chance = 100 / len(verdicts(folder))
    spread = (120 * chance * (1 - chance)) ** 0.5
    counts = [drawn[key] for key in verdicts(folder)]
    assert all(abs(count - 120 * chance) < 4.5 * spread for count in counts)


def test_a_session_is_blind_resumes_and_takes_back(folder: Path) -> None:
    keys = draw_sample(folder, 12).keys
    with LabelSession(folder, "ann", keys) as session:
        assert not session.undo()
        first = session.current()
        assert first is not None
        assert set(first.__struct_fields__) == {"key", "case", "answer"}
        session.give(first.key, "adheres")
        second = session.current()
        assert second is not None
        session.give(second.key, "too_permissive")
        assert session.undo()
        assert session.current() == second
        with pytest.raises(UsageError, match="not a label"):
            session.give(second.key, "fine")
        with pytest.raises(UsageError, match="not a label"):
            session.give(("nobody", "no case", 0), "adheres")
        with (
            pytest.raises(UsageError, match="labelling as"),
            LabelSession(folder, "ann", keys),
        ):
            pass
    file = folder / "labels" / "ann.jsonl"
    with file.open("ab") as torn:
        torn.write(b'{"schema":"adhere/labels/1","mod')
    assert read_labels(folder)["ann"] == {first.key: "adheres"}
    with LabelSession(folder, "ann", keys) as session:
        assert (session.done, session.total, session.current()) == (1, 12, second)
        session.give(second.key, "cannot_tell")
    assert read_labels(folder)["ann"] == {first.key: "adheres", second.key: "cannot_tell"}


def test_two_people_label_the_same_answers_in_an_order_of_their_own(folder: Path) -> None:
    label_all(folder, "ann", 20)
    label_all(folder, "bob", 20)
    ann, bob = read_labels(folder)["ann"], read_labels(folder)["bob"]
    assert ann == bob
    assert list(ann) != list(bob)


@pytest.mark.parametrize("name", ["", "a/b", "..", "a" * 41, "a b", "é"])
def test_a_name_cannot_lead_out_of_the_folder(name: str, folder: Path) -> None:
    with pytest.raises(UsageError, match="no name"):
        LabelSession(folder, name, ())


def test_what_is_no_label_is_refused_with_its_line(folder: Path) -> None:
    draw_sample(folder, 5)
    (folder / "labels" / "eve.jsonl").write_text('{"schema":"adhere/labels/1","label":7}\n')
    with pytest.raises(InputError, match=r"eve\.jsonl:1: not a label"):
        report_on(folder)
    (folder / "labels" / "sample.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        draw_sample(folder)


def test_labels_give_corrected_rates_in_report_and_comparison(folder: Path) -> None:
    assert report_on(folder).labels is None
    label_all(folder, "ann", 200)
    label_all(folder, "bob", 200, wrong=10)
    found = report_on(folder).labels
    assert found is not None
    assert (found.sample, found.people) == (200, {"ann": 200, "bob": 200})
    assert (found.disputed, found.cannot_tell) == (20, 0)
    (pair,) = found.pairs
    assert (pair.items, pair.accuracy) == (200, pytest.approx(0.9))
    assert pair.kappa is not None
    assert pair.kappa == pytest.approx(found.alpha_people, abs=0.01)
    assert sum(model.labelled for model in found.models) == 180
    for model in found.models:  # where both agree they agree with the judge: nothing to correct
        assert (model.accuracy, model.kappa) == (1.0, pytest.approx(1.0))
        assert model.prediction_powered is not None
        assert model.rogan_gladen is not None
        assert model.prediction_powered.value == pytest.approx(model.raw)
        assert model.rogan_gladen.value == pytest.approx(model.raw)
        assert model.prediction_powered.low < (model.raw or 0) < model.prediction_powered.high
    between = compare(f"{folder}#{MODELS[0]}", f"{folder}#{MODELS[1]}")
    assert between.prediction_powered is not None
    assert between.prediction_powered.value == pytest.approx(
        between.total.first - between.total.second
    )


def test_settling_decides_what_people_differ_on(folder: Path) -> None:
    label_all(folder, "ann", 30)
    label_all(folder, "bob", 30, wrong=3)
    labels = read_labels(folder)
    differ = disputed(labels)
    assert len(differ) == 10
    assert len(trusted(labels)) == 20
    with LabelSession(folder, SETTLED, differ) as session:
        while (item := session.current()) is not None:
            session.give(item.key, "adheres" if session.done else "cannot_tell")
    labels = read_labels(folder)
    assert len(trusted(labels)) == 29
    found = report_on(folder).labels
    assert found is not None
    assert (found.disputed, set(found.people)) == (0, {"ann", "bob"})


def test_labels_make_a_report_card(folder: Path) -> None:
    label_all(folder, "ann", 40)
    label_all(folder, "bob", 40, wrong=4)
    cards = report_cards(label_judgements(folder, "checks", verdicts(folder))).cards
    overall = {card.judge: card for card in cards if card.group == "all"}
    assert overall["checks"].accuracy == 1.0
    assert overall["checks"].judged == 30
    assert overall["bob"].accuracy == pytest.approx(0.75)


LABELS = st.sampled_from(["adheres", "quality", "too_permissive", "cannot_tell"])


@given(st.dictionaries(st.integers(0, 5), LABELS), st.dictionaries(st.integers(0, 5), LABELS))
def test_trust_needs_nobody_to_object(one: dict[int, str], other: dict[int, str]) -> None:
    labels = {
        who: {("m", str(key), 0): label for key, label in of.items()}
        for who, of in (("a", one), ("b", other))
    }
    known = trusted(labels)  # type: ignore[arg-type]
    assert known == trusted({"b": labels["b"], "a": labels["a"]})  # type: ignore[dict-item]
    for key, adheres in known.items():
        said = {of[key] for of in labels.values() if key in of} - {"cannot_tell"}
        assert said
        assert {label == "adheres" for label in said} == {adheres}


def test_the_schema_of_a_line_is_written_out(folder: Path) -> None:
    label_all(folder, "ann", 3)
    lines = (folder / "labels" / "ann.jsonl").read_text().splitlines()
    assert {json.loads(line)["schema"] for line in lines} == {"adhere/labels/1"}
    sample = json.loads((folder / "labels" / "sample.json").read_text())
    assert sample["schema"] == "adhere/label-sample/1"
