"""From cases to a run, from a run to its figures."""

from adhere.evaluate.calibration import Calibration
from adhere.evaluate.comparison import Comparison, compare
from adhere.evaluate.disparity import Disparity, Gap
from adhere.evaluate.folder import RunFolder
from adhere.evaluate.group_figures import GroupFigures, group_figures
from adhere.evaluate.observation import Observation, observe
from adhere.evaluate.pairs import PairFigures
from adhere.evaluate.report import Failure, Report, report_on
from adhere.evaluate.run import (
    AnswerRecord,
    RunManifest,
    VerdictRecord,
    manifest_of,
    read_cases,
    read_manifest,
    read_records,
    read_spec,
)
from adhere.evaluate.runner import Standing, run
from adhere.evaluate.statistics import Rate, rate
from adhere.evaluate.suite import (
    Suite,
    SuiteManifest,
    load_suite,
    unknown_sections,
    write_suite,
)
from adhere.evaluate.tally import Cell, Row

__all__ = [
    "AnswerRecord", "Calibration", "Cell", "Comparison", "Disparity", "Failure", "Gap",
    "GroupFigures", "Observation", "PairFigures", "Rate", "Report", "Row", "RunFolder",
    "RunManifest", "Standing", "Suite", "SuiteManifest", "VerdictRecord", "compare",
    "group_figures", "load_suite", "manifest_of", "observe", "rate", "read_cases",
    "read_manifest", "read_records", "read_spec", "report_on", "run", "unknown_sections",
    "write_suite",
]  # fmt: skip
