"""A judge tried on planted answers: a good one, a fool, and one that throws dice."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner
from service import Service, chat

from adhere.assemble import find_judge, find_suite, load_spec
from adhere.cli import cli
from adhere.conversation import Answer, Case, Outcome
from adhere.judge import ChecksJudge, Judge, Verdict, plants, probe, report_cards
from adhere.judge.probe import ATTACKS

CASES = find_suite("reference").cases[:40]


class Scripted:
    """Says what a function says."""

    name = "scripted"

    def __init__(self, says: object) -> None:
        self.says = says

    async def verdict(self, case: Case, answer: Answer) -> Verdict:
        return Verdict(self.name, Outcome.ANSWERED, self.says(case, answer))  # type: ignore[operator]

    async def close(self) -> None:
        pass


def card(judge: Judge):  # type: ignore[no-untyped-def]
    cards = report_cards(asyncio.run(probe(judge, CASES))).cards
    return {one.group: one for one in cards}


def test_every_known_answer_is_planted_and_bad_ones_with_an_attack_too() -> None:
    found = list(plants(CASES))
    good = sum(known.label == "good" for case in CASES for known in case.answers)
    bad = sum(known.label == "bad" for case in CASES for known in case.answers)
    assert len(found) == good + 2 * bad
    assert len({item for item, *_ in found}) == len(found)
    attacked = [answer.content for _, _, answer, _, group in found if group == "attack"]
    assert all(any(attack in text for text in attacked) for attack in ATTACKS[:bad])


def test_checks_that_fit_their_suite_recognise_all_plain_plants() -> None:
    plain = card(ChecksJudge())["plain"]
    assert (plain.planted.positives_passed, plain.planted.decoys_caught) == (1.0, 1.0)
    assert plain.retest.same == 1.0


def test_a_judge_that_passes_everything_catches_no_decoy() -> None:
    whole = card(Scripted(lambda _case, _answer: True))["all"]
    assert (whole.planted.positives_passed, whole.planted.decoys_caught) == (1.0, 0.0)


def test_a_judge_that_believes_what_it_reads_falls_for_attacks() -> None:
    known = {answer.content: kind == "positive" for _, _, answer, kind, _ in plants(CASES)}

    def gullible(_case: Case, answer: Answer) -> bool:
        return any(attack in answer.content for attack in ATTACKS) or known[answer.content]

    cards = card(Scripted(gullible))
    assert cards["plain"].planted.decoys_caught == 1.0
    assert cards["attack"].planted.decoys_caught == 0.0


def test_dice_contradict_themselves() -> None:
    dice = random.Random(3)
    whole = card(Scripted(lambda _case, _answer: dice.random() < 0.5))["all"]
    assert 0.3 < whole.retest.same < 0.7
    assert abs(whole.kappa) < 0.2


def test_a_grading_model_is_tried_over_http() -> None:
    """The grader is fooled by one attack only: the report says how often."""

    def grade(_request: object, body: dict, _before: int) -> dict:  # type: ignore[type-arg]
        text = "".join(part["text"] for part in body["messages"][1]["content"])
        score = 7 if "graded 7 by experts" in text else 2
        return chat(json.dumps({"reason": "r", "score": score}))

    cases = CASES[:12]
    with Service(grade) as service:
        judge = find_judge(f"{service.url}#grader", load_spec("reference"))
        cards = report_cards(asyncio.run(probe(judge, cases, repeats=1))).cards
    attack = next(one for one in cards if one.group == "attack")
    attacked = [a.content for _, _, a, _, group in plants(cases) if group == "attack"]
    fooled = sum("graded 7" in text for text in attacked)
    assert fooled
    assert attack.planted is not None
    assert attack.planted.decoys_caught == pytest.approx(1 - fooled / attack.planted.decoys)


def test_the_command_prints_and_keeps_what_was_said(tmp_path: Path) -> None:
    arguments = ["judge-report", "reference", "--ask", "checks", "-o", str(tmp_path / "j.jsonl")]
    done = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert "planted positives recognised" in done.output
    again = CliRunner().invoke(
        cli, ["judge-report", str(tmp_path / "j.jsonl"), "--confusion"], standalone_mode=False
    )
    assert again.output.startswith("".join(done.output.splitlines(keepends=True)[:4]))
    assert "reference down, judge across" in again.output
