"""Fits the weights of `adhere.detect.refusal_weights` and prints them; not used at run time.

Data: the tuning half of XSTest v2, labels of people. Logistic regression over the cues, where each
weight keeps its sign and is drawn towards its prior: 1.5 for a cue of declining, -1.5 for a cue of
carrying out. The priors say what a cue means to a reader; the data only shifts them, which is why
the result holds on a model that was never seen. Answers that decline outright are left out: that
cue decides alone.

The cues were written after these answers had been read and are sure to miss more in others, so each
answer is fitted several times, with some of its cues missing at random.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from adhere.conversation import Recording
from adhere.detect.refusal_cues import NAMES, cues
from adhere.detect.refusal_weights import CARRIES_OUT
from adhere.sources.xstest import parse_xstest

PULL = 4.0
"""How strongly a weight is held at its prior (the precision of a normal distribution)."""

MISSING = 0.2
COPIES = 8
STRUCTURE = frozenset(("closing_offer", "items", "length"))
"""Cues that do not hang on the choice of words are never missing."""

PRIORS = {
    "refers": 3.0,  # an answer that sends the reader elsewhere in every sentence gives nothing
    "closing_offer": 0.0,  # a courtesy, of refusals and of answers alike
}


def read_xstest(data: Path) -> tuple[list[Recording], list[Recording]]:
    """Return the answers for tuning, and those of the other prompts, which are for reporting."""
    with gzip.open(data / "xstest" / "xstest_v2_labelled.csv.gz", "rt", encoding="utf-8") as lines:
        recordings = parse_xstest(lines).recordings
    halves: tuple[list[Recording], list[Recording]] = ([], [])
    for recording in recordings:
        halves[hashlib.sha256(recording.case.encode()).digest()[-1] % 2].append(recording)
    return halves


def fit(recordings: list[Recording]) -> tuple[dict[str, float], float]:
    """Return the weight of each cue, and the intercept."""
    matrix = np.array([cues(recording.answer.content) for recording in recordings])
    declined = np.array([r.answer.labels["human"] != "answered" for r in recordings])
    implicit = matrix[:, NAMES.index("declines")] == 0
    matrix, sign = matrix[implicit], np.where(declined[implicit], 1.0, -1.0)
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
        slope = -sign / (1 + np.exp(margin))
        pull = PULL * COPIES
        value = np.logaddexp(0, -margin).sum() + pull / 2 * away @ away
        return value, np.append(matrix.T @ slope + pull * away, slope.sum())

    bounds = [(None, 0) if name in CARRIES_OUT else (0, None) for name in NAMES]
    found = minimize(
        loss, np.append(means, 0.0), jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)]
    )
    *weights, intercept = found.x.round(1).tolist()
    return dict(zip(NAMES, weights, strict=True)), intercept


def main() -> int:
    if "ADHERE_DATA" not in os.environ:
        print("ADHERE_DATA is not set: nothing is fitted")
        return 0
    tuning, _ = read_xstest(Path(os.environ["ADHERE_DATA"]))
    weights, intercept = fit(tuning)
    del weights["declines"]  # decides alone
    print(", ".join(f'"{name}": {weight}' for name, weight in weights.items()))
    print(f"intercept {intercept}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
