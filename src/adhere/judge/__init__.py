"""From a case and an answer to a verdict with its evidence."""

from adhere.judge.checks import ChecksJudge, run_check
from adhere.judge.labels import LabelJudge
from adhere.judge.verdict import Finding, Judge, Verdict, direction

__all__ = [
    "ChecksJudge", "Finding", "Judge", "LabelJudge", "Verdict", "direction", "run_check",
]  # fmt: skip
