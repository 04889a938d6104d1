"""How a spec changes: the difference of two, and what follows from it."""

from adhere.evolve.diff import diff_specs
from adhere.evolve.diff_model import SpecDiff

__all__ = ["SpecDiff", "diff_specs"]
