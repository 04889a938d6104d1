"""From Markdown to a `Spec` and back, with diagnostics. Pure: bytes in, data out."""

from adhere.compiler.compile import DEFAULT_MAX_BYTES, Compilation, compile_spec
from adhere.compiler.diagnostic import Diagnostic, Severity
from adhere.compiler.formats import DiagnosticsFile, render_counts, render_text, to_sarif
from adhere.compiler.lint import in_order, lint, lint_counted
from adhere.compiler.meaning import meaning, spec_digest
from adhere.compiler.prompts import PromptFile, read_prompts
from adhere.compiler.rules import CATALOGUE, RuleInfo
from adhere.compiler.rules.context import Context
from adhere.compiler.write import write_spec

__all__ = [
    "CATALOGUE", "DEFAULT_MAX_BYTES", "Compilation", "Context", "Diagnostic", "DiagnosticsFile",
    "PromptFile", "RuleInfo", "Severity", "compile_spec", "in_order", "lint", "lint_counted",
    "meaning", "read_prompts", "render_counts", "render_text", "spec_digest", "to_sarif",
    "write_spec",
]  # fmt: skip
