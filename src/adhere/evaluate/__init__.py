"""From cases to a run, from a run to its figures."""

from adhere.evaluate.comparison import Comparison, compare
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
    "AnswerRecord", "Cell", "Comparison", "Failure", "Rate", "Report", "Row", "RunFolder",
    "RunManifest", "Suite", "SuiteManifest", "VerdictRecord", "compare", "load_suite",
    "manifest_of", "rate", "read_cases", "read_manifest", "read_records", "read_spec",
    "report_on", "run", "unknown_sections", "write_suite",
]  # fmt: skip
