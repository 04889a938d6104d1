"""From Markdown to a `Spec` and back, with diagnostics. Pure: bytes in, data out."""

from adhere.compiler.compile import DEFAULT_MAX_BYTES, Compilation, compile_spec
from adhere.compiler.diagnostic import Diagnostic, Severity
from adhere.compiler.formats import render_text
from adhere.compiler.meaning import meaning, spec_digest
from adhere.compiler.write import write_spec

__all__ = [
    "DEFAULT_MAX_BYTES", "Compilation", "Diagnostic", "Severity", "compile_spec", "meaning",
    "render_text", "spec_digest", "write_spec",
]  # fmt: skip
