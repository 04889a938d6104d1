"""Published scores: what is read is what was printed, and what is not there is not made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from adhere.assemble.scores import by_section, load_scores, read_replication
from adhere.errors import InputError
from adhere.sources.scores import MODELS, PromptRates, parse_section_table, parse_summary

TABLE = """
=== SECTION SCORES (as published) ===
section               n     5 Thinking            5.4            5.5        5.6 Sol        6 Astra
one                  96          93.1%          88.5%          87.9%          86.9%          89.2%
  'one' drop vs GPT-5 Thinking: Sol +6.2

=== SECTION SCORES (filter-blocked answers excluded) ===
section               n     5 Thinking            5.4            5.5        5.6 Sol        6 Astra
one                  96          11.1%          88.5%          89.4%          88.6%          90.0%
"""


def test_the_table_as_published_is_read_and_no_other() -> None:
    scores = parse_section_table(TABLE)
    assert [score.model for score in scores] == list(MODELS)
    assert scores[0].value == pytest.approx(0.931)
    assert (scores[0].cases, scores[0].low) == (96, None)


def test_another_table_is_refused() -> None:
    with pytest.raises(InputError, match="other columns"):
        parse_section_table(TABLE.replace("5.6 Sol", "5.7 Luna"))
    with pytest.raises(InputError, match="no table"):
        parse_section_table("nothing")
    with pytest.raises(InputError, match="missing"):
        parse_summary(["a,b"])
    with pytest.raises(InputError, match="not a number"):
        parse_summary(
            ["model,overall_compliance,ci95_halfwidth,prompts_scored", "GPT-6 Astra,x,0.1,3"]
        )


def test_a_section_of_one_focus_or_without_spread_has_no_interval() -> None:
    def prompts(*rates: tuple[str, float]) -> list[PromptRates]:
        return [PromptRates("s", focus, {"m": rate}) for focus, rate in rates]

    (one,) = by_section(prompts(("a", 0.5), ("a", 1.0)))
    assert (one.value, one.low, one.high) == (0.75, None, None)
    (even,) = by_section(prompts(("a", 1.0), ("b", 1.0)))
    assert even.low is None
    (wide,) = by_section(prompts(("a", 0.0), ("b", 1.0)))
    assert (wide.low, wide.high) == (0.0, 1.0)


def test_what_is_no_file_of_scores_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scores.json"
    path.write_text('{"schema": "adhere/run/1"}')
    with pytest.raises(InputError, match="these are no scores"):
        load_scores(path)


def test_the_replication_comes_out_as_it_was_printed(data_dir: Path) -> None:
    scores = read_replication(data_dir / "model_spec_evals_replication")
    totals = {score.model: score.value for score in scores.scores if not score.section}
    assert [round(totals[model], 3) for model in scores.models] == [0.9, 0.855, 0.857, 0.856, 0.892]
    chapters = {s.section for s in scores.scores if s.model == "GPT-6 Astra" and s.section}
    assert len(chapters) == 5
    sections = [score for score in scores.scores if score.section not in {"", *chapters}]
    assert {score.model for score in sections} == {"GPT-5 Thinking", "GPT-5.6 Sol"}
    # Weighted by prompts they give the published means again (SOURCE.md of the data).
    of_sol = [s for s in sections if s.model == "GPT-5.6 Sol"]
    table = (
        data_dir / "model_spec_evals_replication" / "sol_vs_gpt5thinking_by_prompt.csv"
    ).read_text()
    whole = sum(s.value * s.cases for s in of_sol)
    missing = [line.split(",") for line in table.splitlines()[1:] if line.split(",")[2] in chapters]
    whole += sum(float(row[4]) for row in missing)
    assert whole / (sum(s.cases for s in of_sol) + len(missing)) == pytest.approx(0.85639, abs=5e-6)
