"""From a case and an answer to a verdict with its evidence."""

from adhere.judge.agreement import (
    Agreement,
    agreement,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
)
from adhere.judge.checks import ChecksJudge, asks_for_language, check_flaw, run_check
from adhere.judge.correction import (
    Corrected,
    Judged,
    prediction_powered,
    prediction_powered_gap,
    rogan_gladen,
    rogan_gladen_gap,
)
from adhere.judge.labels import LabelJudge
from adhere.judge.probe import plants, probe
from adhere.judge.report_card import Card, OwnAnswers, Planted, ReportCards, Retest, report_cards
from adhere.judge.rubric import Grade, RubricJudge, grading_messages, read_grade
from adhere.judge.verdict import Finding, Judge, Verdict, direction

__all__ = [
    "Agreement", "Card", "ChecksJudge", "Corrected", "Finding", "Grade", "Judge", "Judged",
    "LabelJudge", "OwnAnswers", "Planted", "ReportCards", "Retest", "RubricJudge", "Verdict",
    "agreement", "asks_for_language", "check_flaw", "cohen_kappa", "direction", "fleiss_kappa",
    "grading_messages", "krippendorff_alpha", "plants", "prediction_powered",
    "prediction_powered_gap", "probe", "read_grade", "report_cards", "rogan_gladen",
    "rogan_gladen_gap", "run_check",
]  # fmt: skip
