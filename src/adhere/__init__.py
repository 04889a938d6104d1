"""adhere makes a behaviour specification for AI models operative.

Each room of the package owns one part of the work; ``docs/architecture.md`` draws them and says
which may import which. The names a program needs first:

>>> from adhere.compiler import compile_spec
>>> spec = compile_spec(b"# Style {#style}").spec
>>> spec.section("style").title
'Style'
"""

__version__ = "0.1.0"
