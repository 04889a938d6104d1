"""How a spec changes: the difference of two, and what follows from it."""

from adhere.evolve.diff import diff_specs
from adhere.evolve.diff_model import SpecDiff
from adhere.evolve.impact import Impact, impact_of
from adhere.evolve.rebase import Rebased, rebase
from adhere.evolve.tailor import Refused, Tailored, tailor
from adhere.evolve.tailoring import Change, Tailoring, read_tailoring

__all__ = [
    "Change", "Impact", "Rebased", "Refused", "SpecDiff", "Tailored", "Tailoring", "diff_specs",
    "impact_of", "read_tailoring", "rebase", "tailor",
]  # fmt: skip
