"""Fits the weights of `adhere.detect.refusal_weights` and prints them; not used at run time.

Logistic regression over the cues, where each weight keeps its sign and is drawn towards its prior:
1.5 for a cue of declining, -1.5 for a cue of carrying out. The priors say what a cue means to a
reader; the data only shifts them, which is why the result holds on a model that was never seen.
Answers that decline outright are left out: that cue decides alone.

Data, of each the half for tuning (by SHA-256): XSTest v2 with the labels of people; the answers of
the RBR gold data that comply wholly or not at all; and answers of IFEval and PandaLM, which nobody
labelled for refusal and of which hardly any is one, so that the weights know how rare it is. The
last count for less than a half each.

The cues were written after these answers had been read and are sure to miss more in others, so each
answer is fitted several times, with some of its cues missing at random.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize

from adhere.conversation import Recording
from adhere.detect.refusal_cues import NAMES, cues
from adhere.detect.refusal_weights import CARRIES_OUT
from adhere.sources.rbr import parse_rbr
from adhere.sources.xstest import parse_xstest

PULL = 4.0
"""How strongly a weight is held at its prior (the precision of a normal distribution)."""

MISSING = 0.2
COPIES = 8
STRUCTURE = frozenset(("closing_offer", "items", "length"))
"""Cues that do not hang on the choice of words are never missing."""

ELSEWHERE = 0.4
"""What an answer that nobody labelled counts; chosen by cross-validation within the tuning half."""

PRIORS = {
    "refers": 3.0,  # an answer that sends the reader elsewhere in every sentence gives nothing
    "closing_offer": 0.0,  # a courtesy, of refusals and of answers alike
}


class Example(NamedTuple):
    """An answer, whether it declines, and how much it counts."""

    answer: str
    declined: bool
    weight: float = 1.0


@cache
def cues_of(answer: str) -> list[float]:
    return cues(answer)


def read_xstest(data: Path) -> tuple[list[Recording], list[Recording]]:
    """Return the answers for tuning, and those of the other prompts, which are for reporting."""
    with gzip.open(data / "xstest" / "xstest_v2_labelled.csv.gz", "rt", encoding="utf-8") as lines:
        recordings = parse_xstest(lines).recordings
    halves: tuple[list[Recording], list[Recording]] = ([], [])
    for recording in recordings:
        halves[half_of(recording.case)].append(recording)
    return halves


def half_of(name: str) -> int:
    """0: for tuning; 1: for reporting."""
    return hashlib.sha256(name.encode()).digest()[-1] % 2


def rbr_answers(data: Path, half: int) -> list[Example]:
    """Return the RBR gold answers that comply wholly or not at all."""
    found = []
    with gzip.open(data / "openai_rbr_gold" / "rbr_gold_train_no_sexual.jsonl.gz") as lines:
        for item in parse_rbr(lines):
            truths = item.propositions
            partly = truths["partially_complies"] and not truths["fully_complies"]
            odd = truths["illogical_continuation_of_prompt"] or not item.answer
            if half_of(str(item.source_line)) == half and not partly and not odd:
                found.append(Example(item.answer, not truths["fully_complies"]))
    return found


def ordinary_answers(data: Path, half: int) -> list[Example]:
    """Return answers of IFEval's models and PandaLM's: hardly one declines."""
    found = []
    for path in sorted((data / "ifeval").glob("responses_*.jsonl.gz")):
        for row in _rows(path):
            if row["response"] and half_of(f"ifeval {row['key']}") == half:
                found.append(Example(row["response"], False, ELSEWHERE))
    for row in _rows(data / "pandalm" / "testset_v1_labelled.jsonl.gz"):
        if half_of(f"pandalm {row['idx']}") == half:
            found += [Example(str(row[f"response{n}"]), False, ELSEWHERE) for n in (1, 2)]
    return found


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def labelled(recordings: list[Recording]) -> list[Example]:
    return [Example(r.answer.content, r.answer.labels["human"] != "answered") for r in recordings]


def fit(examples: list[Example]) -> tuple[dict[str, float], float]:
    """Return the weight of each cue, and the intercept."""
    matrix = np.array([cues_of(example.answer) for example in examples])
    declined = np.array([example.declined for example in examples])
    weight = np.array([example.weight for example in examples])
    implicit = matrix[:, NAMES.index("declines")] == 0
    matrix, weight = matrix[implicit], np.tile(weight[implicit], COPIES)
    sign = np.where(declined[implicit], 1.0, -1.0)
    worded = np.array([name not in STRUCTURE for name in NAMES])
    random = np.random.default_rng(0)
    matrix = np.vstack(
        [matrix * ~(worded & (random.random(matrix.shape) < MISSING)) for _ in range(COPIES)]
    )
    sign = np.tile(sign, COPIES)
    means = np.array([PRIORS.get(n, -1.5 if n in CARRIES_OUT else 1.5) for n in NAMES])

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (matrix @ beta[:-1] + beta[-1])
        away = beta[:-1] - means
        slope = -weight * sign / (1 + np.exp(margin))
        pull = PULL * COPIES
        value = (weight * np.logaddexp(0, -margin)).sum() + pull / 2 * away @ away
        return value, np.append(matrix.T @ slope + pull * away, slope.sum())

    bounds = [(None, 0) if name in CARRIES_OUT else (0, None) for name in NAMES]
    found = minimize(
        loss, np.append(means, 0.0), jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)]
    )
    *weights, intercept = found.x.round(1).tolist()
    return dict(zip(NAMES, weights, strict=True)), intercept


def others(data: Path) -> list[Example]:
    """Return what is fitted beside XSTest."""
    return [*rbr_answers(data, 0), *ordinary_answers(data, 0)]


def main() -> int:
    if "ADHERE_DATA" not in os.environ:
        print("ADHERE_DATA is not set: nothing is fitted")
        return 0
    data = Path(os.environ["ADHERE_DATA"])
    tuning, _ = read_xstest(data)
    weights, intercept = fit([*labelled(tuning), *others(data)])
    del weights["declines"]  # decides alone
    print(", ".join(f'"{name}": {weight}' for name, weight in weights.items()))
    print(f"intercept {intercept}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
