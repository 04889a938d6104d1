"""Wiring: settings, entry points, finding files. The only room that knows every other."""

from adhere.assemble.evaluation import (
    SCRIPTED,
    find_judge,
    find_models,
    find_suite,
    shipped_suites,
    tested_sections,
)
from adhere.assemble.loading import REFERENCE, load_compilation, load_spec, reference_dir

__all__ = [
    "REFERENCE", "SCRIPTED", "find_judge", "find_models", "find_suite", "load_compilation",
    "load_spec", "reference_dir", "shipped_suites", "tested_sections",
]  # fmt: skip
