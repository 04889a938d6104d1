"""From cases to a run, from a run to its figures."""

from adhere.evaluate.calibration import Calibration
from adhere.evaluate.comparison import Comparison, compare
from adhere.evaluate.disparity import Disparity, Gap
from adhere.evaluate.group_figures import GroupFigures, group_figures
from adhere.evaluate.observation import Observation, observe
from adhere.evaluate.pairs import PairFigures
from adhere.evaluate.report import Cell, Failure, Report, Row, report_on
from adhere.evaluate.run import (
    AnswerRecord,
    RunFolder,
    RunManifest,
    VerdictRecord,
    manifest_of,
    read_cases,
    read_manifest,
    read_records,
    read_spec,
    run,
)
from adhere.evaluate.statistics import Rate, rate
from adhere.evaluate.suite import (
    Suite,
    SuiteManifest,
    load_suite,
    unknown_sections,
    write_suite,
)

__all__ = [
    "AnswerRecord", "Calibration", "Cell", "Comparison", "Disparity", "Failure", "Gap",
    "GroupFigures", "Observation", "PairFigures", "Rate", "Report", "Row", "RunFolder",
    "RunManifest", "Suite", "SuiteManifest", "VerdictRecord", "compare", "group_figures",
    "load_suite", "manifest_of", "observe", "rate", "read_cases", "read_manifest", "read_records",
    "read_spec", "report_on", "run", "unknown_sections", "write_suite",
]  # fmt: skip
