"""A release of a spec: what it is, what led to it, whom to thank; signed. Pure.

``release.json`` is what is signed, as a C2SP signed note over its digest. It names the text by
digest, so that a release can be checked offline, from its folder and a public key alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from adhere.audit.note import VerifierKey, open_note
from adhere.errors import InputError
from adhere.evolve.diff_model import SpecDiff
from adhere.evolve.diff_summary import happened, summary
from adhere.evolve.impact_text import plain_words
from adhere.evolve.proposals import Decided
from adhere.spec import Spec, digest_bytes, digest_json


class ReleasedProposal(msgspec.Struct, frozen=True):
    """A proposal that led to a release, with the names of those whose comments it answers."""

    id: str
    title: str
    reason: str
    answers: tuple[str, ...]
    thanks: tuple[str, ...]


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A release (``adhere/release/1``).

    Attributes:
        title: The spec's title.
        version: The release's.
        date: The day, ``YYYY-MM-DD``.
        spec_digest: Of the meaning.
        source_digest: Of the text.
        previous: Version of the release before; empty for the first.
        previous_digest: Digest of that release's ``release.json`` as data; empty for the first.
        proposals: What led from there to here, in order.
        redirects: Ids that are no more, to the id that took their place; empty where none did.
    """

    schema: Literal["adhere/release/1"] = "adhere/release/1"
    title: str
    version: str
    date: str
    spec_digest: str
    source_digest: str
    previous: str = ""
    previous_digest: str = ""
    proposals: tuple[ReleasedProposal, ...] = ()
    redirects: dict[str, str] = {}

    @property
    def digest(self) -> str:
        """What the release after it names."""
        return digest_json(self)

    @property
    def note_text(self) -> str:
        """What is signed."""
        return f"adhere/release/1\n{self.title} {self.version}\n{self.digest}\n"


def release_of(
    spec: Spec,
    version: str,
    date: str,
    *,
    previous: Release | None,
    diff: SpecDiff | None,
    path: Sequence[Decided],
    names: Mapping[str, str],
) -> Release:
    """Make a release.

    Args:
        spec: What is released.
        version: What it is called.
        date: The day.
        previous: The release before.
        diff: From that release's spec to this one.
        path: The adopted proposals in between, in order.
        names: Whom to thank, by comment.
    """
    return Release(
        title=spec.metadata.title or spec.name,
        version=version,
        date=date,
        spec_digest=spec.spec_digest,
        source_digest=spec.source_digest,
        previous=previous.version if previous else "",
        previous_digest=previous.digest if previous else "",
        proposals=tuple(_released(one, names) for one in path),
        redirects=_redirects(previous.redirects if previous else {}, diff),
    )


def _released(one: Decided, names: Mapping[str, str]) -> ReleasedProposal:
    proposal = one.proposal
    thanks = dict.fromkeys(names[name] for name in proposal.answers if name in names)
    return ReleasedProposal(
        proposal.id, proposal.title, proposal.reason, proposal.answers, tuple(thanks)
    )


def _redirects(before: Mapping[str, str], diff: SpecDiff | None) -> dict[str, str]:
    """Return where ids that are no more lead to, those of earlier releases included."""
    found: dict[str, str] = {}
    for change in diff.sections if diff is not None else ():
        if change.rename is not None:
            found[change.rename.old_id] = change.id
        elif change.presence == "removed":
            found[change.id] = ""
    return {**{old: found.get(now, now) for old, now in before.items()}, **found}


def changelog(release: Release, diff: SpecDiff | None, before: str = "") -> str:
    """Return the changelog with this release on top, in the manner of Keep a Changelog.

    Names, titles and reasons are anybody's: they are escaped.

    Args:
        release: The release.
        diff: From the release before to it; None for the first.
        before: The changelog so far.
    """
    head = "# Changelog\n"
    rest = before.removeprefix(head).strip("\n")
    entry = "\n".join(_entry(release, diff)).rstrip("\n")
    return f"{head}\n{entry}\n" + (f"\n{rest}\n" if rest else "")


def _entry(release: Release, diff: SpecDiff | None) -> Iterator[str]:
    yield f"## {release.version} — {release.date}"
    yield ""
    if diff is None:
        yield "The first release."
        return
    yield "; ".join(f"{label.lower()}: {figures}" for label, figures in summary(diff)) + "."
    for one in release.proposals:
        yield ""
        yield f"### {plain_words(one.title)} ({one.id})"
        yield ""
        yield plain_words(one.reason)
        if one.answers:
            thanks = f", thanks to {', '.join(map(plain_words, one.thanks))}" if one.thanks else ""
            many = f"{len(one.answers)} comments" if len(one.answers) > 1 else "a comment"
            yield ""
            yield f"Answers {many}{thanks}."
    yield ""
    yield "### Sections"
    yield ""
    for change in diff.sections:
        if change.change == "substance" or change.rename or change.move:
            yield f"- `{change.id}`: {', '.join(happened(change))}"


def check_release(release: Release, source: bytes, note: str, key: VerifierKey) -> None:
    """Check that a release's text and its signature are what it says.

    Raises:
        InputError: They are not; says which.
    """
    if digest_bytes(source) != release.source_digest:
        raise InputError("the text is not the one that was released", place="spec.md")
    text, _ = open_note(note, [key])
    if text != release.note_text:
        raise InputError("the signature is of another release", place="release.note")
