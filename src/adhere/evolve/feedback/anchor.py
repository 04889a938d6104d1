"""What a comment holds on to: a place by id, content and quote (W3C Web Annotation model). Pure.

A text changes under its comments. An anchor knows the section or example by its id, what it said by
digest, and the words it was about with some before and after. Found again, it says how well it
fits; what no longer fits is shown as such, and never put elsewhere in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, Final, Literal, TypeAlias

import msgspec

from adhere.errors import InputError
from adhere.spec import Section, Spec, digest_plain

Kind: TypeAlias = Literal["section", "example", "result", "decision"]
Fit: TypeAlias = Literal["same", "kept", "moved", "changed", "gone"]

CONTEXT: Final = 60
"""Characters before and after the quote that are kept."""

MAX_QUOTE: Final = 2000
_ALIKE: Final = 0.6
"""Share of two sentences that has to agree for one to count as the other, changed."""
_MOST_SENTENCES: Final = 400
_SPACE: Final = re.compile(r"\s+")
_SENTENCE: Final = re.compile(r"(?<=[.!?:])\s+")


class Anchor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a comment belongs.

    Attributes:
        kind: What it is about.
        target: Id of the section or example; for a result or decision its own id.
        spec_digest: The version it was made on.
        content_digest: Of the target's words as they were; empty for results and decisions.
        exact: The words it is about, white space folded; empty for all of the target.
        prefix: What stood before them.
        suffix: What stood after them.
    """

    kind: Kind
    target: str
    spec_digest: str
    content_digest: str = ""
    exact: str = ""
    prefix: str = ""
    suffix: str = ""


class Located(msgspec.Struct, frozen=True):
    """An anchor in a version of the spec.

    Attributes:
        fit: ``same``: the target says what it said. ``kept``: it changed, and the words are still
            there. ``moved``: they stand elsewhere now. ``changed``: something like them does.
            ``gone``: nothing does.
        target: Id of where it is now; empty where it is gone.
        text: The words as they are now.
    """

    fit: Fit
    target: str = ""
    text: str = ""


def anchor_at(spec: Spec, target: str, quote: str = "") -> Anchor:
    """Make an anchor on a section or example.

    Args:
        spec: The version it is made on.
        target: Id of a section or example.
        quote: The words it is about.

    Raises:
        InputError: There is no such section or example, or it does not say that.
    """
    found = _words_of(spec).get(target)
    if found is None:
        raise InputError(f'there is no section or example "{target[:80]}"', place="target")
    kind, text = found
    exact = _folded(quote)
    if len(exact) > MAX_QUOTE:
        raise InputError(f"the quote has more than {MAX_QUOTE} characters", place="quote")
    at = text.find(exact)
    if at < 0:
        raise InputError("these words do not stand there", place="quote")
    end = at + len(exact)
    return Anchor(
        kind=kind, target=target, spec_digest=spec.spec_digest, content_digest=digest_plain(text),
        exact=exact, prefix=text[max(0, at - CONTEXT) : at] if exact else "",
        suffix=text[end : end + CONTEXT] if exact else "",
    )  # fmt: skip


def locate(anchor: Anchor, spec: Spec) -> Located:
    """Find an anchor again in a version of the spec. Takes time linear in the text, nearly."""
    if anchor.kind in ("result", "decision"):
        return Located("same", anchor.target, anchor.exact)
    texts = _words_of(spec)
    here = _renamed(anchor, spec)
    own = texts.get(here)
    if own is not None and digest_plain(own[1]) == anchor.content_digest:
        return Located("same", here, anchor.exact or own[1])
    if not anchor.exact:
        return Located("changed", here, own[1]) if own else Located("gone")
    if own is not None and anchor.exact in own[1]:
        return Located("kept", here, anchor.exact)
    around = [words for words in (anchor.prefix[-20:], anchor.suffix[:20]) if words]
    for name, (_, text) in texts.items():
        if anchor.exact in text and (not around or any(words in text for words in around)):
            return Located("moved", name, anchor.exact)
    if own is not None:
        best = max(_alike(anchor.exact, own[1]), default=(0.0, ""))
        if best[0] >= _ALIKE:
            return Located("changed", here, best[1])
    return Located("gone")


def _alike(words: str, text: str) -> Iterator[tuple[float, str]]:
    for sentence in _SENTENCE.split(text)[:_MOST_SENTENCES]:
        if sentence and len(sentence) <= MAX_QUOTE:
            yield SequenceMatcher(None, words, sentence, autojunk=False).ratio(), sentence


def _renamed(anchor: Anchor, spec: Spec) -> str:
    if anchor.kind != "section":
        return anchor.target
    try:
        return spec.section(anchor.target).id
    except KeyError:
        return anchor.target


def _words_of(spec: Spec) -> dict[str, tuple[Kind, str]]:
    """Return the words of every section and example, white space folded, by id."""
    found: dict[str, tuple[Kind, str]] = {}
    for section in spec.walk():
        found.setdefault(section.id, ("section", _section_words(section)))
        for example in section.examples:
            turns = [*(turn.text for turn in example.turns)]
            turns += [answer.turn.text for answer in example.answers]
            found.setdefault(example.id, ("example", _folded(" ".join([example.title, *turns]))))
    return found


def _section_words(section: Section) -> str:
    return _folded(f"{section.title}\n{section.prose}")


def _folded(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def web_annotation(anchor: Anchor, body: dict[str, Any], source: str) -> dict[str, Any]:
    """Return a comment in the W3C Web Annotation model, as JSON-LD.

    Args:
        anchor: Where it belongs.
        body: What is said, as a body of the model.
        source: Address of the page that shows the target.
    """
    selector: list[dict[str, Any]] = [{"type": "FragmentSelector", "value": anchor.target}]
    if anchor.exact:
        selector.append(
            {
                "type": "TextQuoteSelector", "exact": anchor.exact, "prefix": anchor.prefix,
                "suffix": anchor.suffix,
            }
        )  # fmt: skip
    return {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "type": "Annotation",
        "motivation": "commenting",
        "body": body,
        "target": {"source": source, "selector": selector, "state": anchor.spec_digest},
    }
