"""Wiring: settings, entry points, finding files. The only room that knows every other."""

from adhere.assemble.loading import REFERENCE, load_compilation, load_spec, reference_dir

__all__ = ["REFERENCE", "load_compilation", "load_spec", "reference_dir"]
