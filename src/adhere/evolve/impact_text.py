"""An impact as Markdown, for a change request."""

from __future__ import annotations

from collections.abc import Iterator

from adhere.evolve.impact import Impact

_SHOWN = 50
_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]<>()#+-!|~"})


def impact_markdown(impact: Impact) -> str:
    """Return the impact as Markdown. Words of documents are escaped: they are not ours."""
    return "\n".join(_lines(impact)) + "\n"


def _lines(impact: Impact) -> Iterator[str]:
    changed = [one for one in impact.sections if one.substance]
    yield f"## Impact: {plain_words(impact.old.name)} → {plain_words(impact.new.name)}"
    yield ""
    yield f"`{impact.old.spec_digest}` → `{impact.new.spec_digest}`"
    yield ""
    if not changed:
        yield "Nothing changes in substance."
    else:
        yield f"{len(changed)} sections change in substance."
        yield ""
        yield "| section | level | what | cases to run |"
        yield "| --- | --- | --- | ---: |"
        for one in changed[:_SHOWN]:
            level = one.authority or ""
            words = f"{plain_words(one.id)} | {level} | {plain_words(one.what)}"
            yield f"| {words} | {len(one.cases)} |"
        if len(changed) > _SHOWN:
            yield f"| … {len(changed) - _SHOWN} more | | | |"
    if impact.suites:
        yield ""
        yield "| suite | suspect | new | gone | clean |"
        yield "| --- | ---: | ---: | ---: | ---: |"
        for suite in impact.suites:
            figures = f"{suite.suspect} | {suite.new} | {suite.gone} | {suite.clean}"
            yield f"| {plain_words(suite.name)} | {figures} |"
    if impact.files:
        run = [one.marker for one in impact.files if one.run]
        yield ""
        names = ", ".join(map(plain_words, run))
        yield f"Files of prompts to run: {len(run)} of {len(impact.files)}. {names}".rstrip()
    yield from _broken(impact)


def _broken(impact: Impact) -> Iterator[str]:
    if impact.proofs or impact.settings:
        yield ""
    for proof in impact.proofs:
        mark = "**broken**: " if proof.old == "proved" else ""
        yield f"- {mark}{plain_words(proof.name)} was {proof.old}, is {proof.new}"
    for one in impact.settings:
        why = f" ({plain_words(one.refused)})" if one.refused else ""
        old, new = plain_words(str(one.old)), plain_words(str(one.new))
        yield f"- {plain_words(one.address)}: {old} → {new}{why}"
    if impact.flipped is not None:
        yield ""
        yield f"{impact.flipped:,} of {impact.decided:,} recorded decisions come out otherwise."


def plain_words(text: str) -> str:
    """Return words so that Markdown takes them for words, on one line."""
    return " ".join(text.split()).translate(_SPECIAL)
