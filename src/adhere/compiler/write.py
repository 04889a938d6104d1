"""Write a compiled document back."""

from __future__ import annotations

from adhere.spec import Block, Gap, Spec


def write_spec(spec: Spec) -> bytes:
    """Return the document ``spec`` was compiled from, byte for byte.

    Nothing of the source is kept whole: it is put together again from headings, blocks and gaps.

    Raises:
        ValueError: The pieces overlap or leave something out, so ``spec`` was not made by
            `adhere.compiler.compile_spec`.

    >>> from adhere.compiler import compile_spec
    >>> source = b"# Be kind\\n\\nThe assistant is kind.\\n"
    >>> write_spec(compile_spec(source).spec) == source
    True
    """
    pieces: list[Block | Gap] = [*spec.preamble, *spec.gaps]
    for section in spec.walk():
        pieces.append(section.heading)
        pieces.extend(section.blocks)
    pieces.sort(key=lambda piece: piece.span)
    out = bytearray()
    for piece in pieces:
        if piece.span.start != len(out):
            raise ValueError(f"a piece starts at byte {piece.span.start}, not at {len(out)}")
        out += piece.text.encode()
    return bytes(out)
