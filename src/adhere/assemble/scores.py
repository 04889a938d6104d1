"""Published scores: from the files of others, with the intervals that can be had."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from adhere.assemble.loading import read_limited
from adhere.errors import InputError
from adhere.evaluate.inference import mean
from adhere.sources.scores import (
    MODELS,
    PromptRates,
    Score,
    Scores,
    parse_gaps,
    parse_prompts,
    parse_section_table,
    parse_summary,
)

_MOST_BYTES = 16 * 1024 * 1024


def read_replication(folder: Path) -> Scores:
    """Read the independent replication of the Model Spec evaluation.

    Raises:
        InputError: A file is not what it has to be.
        SystemFault: A file cannot be read.
    """

    def text(name: str) -> str:
        return read_limited(folder / name, _MOST_BYTES).decode("utf-8", "replace")

    prompts = parse_prompts(io.StringIO(text("sol_vs_gpt5thinking_by_prompt.csv"), newline=""))
    chapters = parse_section_table(text("section_scores_5ep.txt"))
    taken = {(score.section, score.model) for score in chapters}
    sections = [one for one in by_section(prompts) if (one.section, one.model) not in taken]
    return Scores(
        schema="adhere/scores/1",
        title="Independent replication of the Model Spec evaluation",
        source="github.com/Michel-Justen/Model-Spec-Evals",
        note="Graded by a model; the answers are not published, so nothing here can be checked "
        "again. Intervals of the totals are of these very prompts; chapters were published without "
        "any; those of single sections were computed here from the rates by prompt, clustered by "
        "focus, and exist for two of the models.",
        models=MODELS,
        gaps=parse_gaps(text("astra_final_analysis_5ep.txt")),
        scores=(*parse_summary(io.StringIO(text("summary.csv"))), *chapters, *sections),
    )


def by_section(prompts: Iterable[PromptRates]) -> Iterator[Score]:
    """Yield each section's mean rate by model, with its interval where there are several foci."""
    groups: dict[str, list[PromptRates]] = {}
    for prompt in prompts:
        groups.setdefault(prompt.section, []).append(prompt)
    for section, group in groups.items():
        focuses = [prompt.focus for prompt in group]
        for model in group[0].rates:
            rates = [prompt.rates[model] for prompt in group]
            if len(set(focuses)) < 2:
                yield Score(section, model, sum(rates) / len(rates), len(rates))
                continue
            found = mean(rates, focuses)
            low = max(0.0, found.value - found.half_width)
            high = min(1.0, found.value + found.half_width)
            # Where all rates are equal no spread can be seen, which is not the same as none.
            known = found.half_width > 0
            yield Score(
                section, model, found.value, len(rates), low if known else None,
                high if known else None,
            )  # fmt: skip


def load_scores(path: Path) -> Scores:
    """Read a file of published scores.

    Raises:
        InputError: It is none.
        SystemFault: It cannot be read.
    """
    try:
        return msgspec.json.decode(read_limited(path, _MOST_BYTES), type=Scores)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"these are no scores: {error}",
            place=str(path),
            remedy="make them with `adhere import replication FOLDER -o FOLDER`",
        ) from error
