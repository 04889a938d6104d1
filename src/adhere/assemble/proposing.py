"""Proposals, decisions and releases as folders of a repository, and the comments they answer."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from adhere.assemble.impact import Wanted, find_impact
from adhere.assemble.loading import find_document, load_spec, read_limited
from adhere.audit.keys import read_secret, write_secret
from adhere.audit.note import ED25519, Signer, SignerKey, VerifierKey, parse_signer, valid_name
from adhere.compiler import DEFAULT_MAX_BYTES, spec_digest, write_spec
from adhere.errors import InputError, SystemFault, UsageError
from adhere.evolve import Impact, diff_specs
from adhere.evolve.feedback import ActionKind, Feedback, Person
from adhere.evolve.impact_text import impact_markdown
from adhere.evolve.proposals import (
    Decided,
    Outcome,
    Proposal,
    ProposalDecision,
    chain,
    credits,
    patch,
    proposal_id,
    wrong_with,
)
from adhere.evolve.releases import Release, changelog, check_release, release_of
from adhere.spec import Spec

T = TypeVar("T")
_NUMBERED: Final = re.compile(r"([0-9]{4,9})-.+")
_VERSION: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}")
_ACTS: Final[dict[Outcome, ActionKind]] = {
    "adopted": ActionKind.ADOPT, "deferred": ActionKind.DEFER, "set_aside": ActionKind.SET_ASIDE,
}  # fmt: skip
_MAX: Final = 64 * 1024 * 1024


def moderator(feedback: Feedback, email: str) -> Person:
    """Return the moderator with an address.

    Raises:
        UsageError: There is none.
    """
    person = feedback.people.moderator(email)
    if person is None:
        raise UsageError(
            "this address is no moderator's", remedy="appoint it: `adhere feedback appoint`"
        )
    return person


def propose(
    old_name: str,
    new_name: str,
    folder: Path,
    *,
    title: str,
    reason: str,
    author: str,
    answers: Sequence[str] = (),
    feedback: Feedback | None = None,
    wanted: Wanted | None = None,
) -> tuple[Path, Proposal, Impact]:
    """Write a proposal into a new folder.

    Raises:
        InputError: Nothing changes in meaning, a text does not compile, or a comment is not there.
        UsageError: Title, reason or author are empty or too long.
        SystemFault: The folder cannot be written.
    """
    old, new = load_spec(old_name), load_spec(new_name)
    if old.spec_digest == new.spec_digest:
        raise InputError("the two texts mean the same", place=new_name)
    if feedback is not None:
        for name in answers:
            feedback.read(name)
    numbers = [
        int(match[1]) for path in _folders(folder) if (match := _NUMBERED.fullmatch(path.name))
    ]
    proposal = _checked(Proposal(
        id=proposal_id(max(numbers, default=0) + 1, title), title=title, reason=reason,
        author=author, date=_today(), answers=tuple(answers), old=old.spec_digest,
        new=new.spec_digest, source=new.source_digest,
    ))  # fmt: skip
    impact = find_impact(old_name, new_name, wanted or Wanted(), max_bytes=DEFAULT_MAX_BYTES)
    place = folder / proposal.id
    name = find_document(old_name).name
    _write(place / "proposal.json", _pretty(proposal))
    _write(place / "change.patch", patch(write_spec(old), write_spec(new), name).encode())
    _write(place / "spec.md", write_spec(new))
    _write(place / "impact.json", _pretty(impact))
    _write(place / "impact.md", impact_markdown(impact).encode())
    return place, proposal, impact


def decide_proposal(
    place: Path,
    outcome: Outcome,
    *,
    by: str,
    reason: str,
    feedback: Feedback | None = None,
    person: Person | None = None,
) -> ProposalDecision:
    """Write down what was decided about a proposal, once; and tell those it answers.

    Raises:
        InputError: It is no proposal, or was changed.
        UsageError: It has been decided already, or the words are empty or too long.
    """
    proposal = _read(place / "proposal.json", Proposal)
    if (place / "decision.json").exists():
        raise UsageError(
            "this has been decided", place=str(place), remedy="propose it anew, with a reason"
        )
    spec = load_spec(str(place))
    if (spec.source_digest, spec.spec_digest) != (proposal.source, proposal.new):
        raise InputError("the text is not the proposed one", place=str(place / "spec.md"))
    decision = _checked(ProposalDecision(
        proposal=proposal.id, digest=proposal.digest, outcome=outcome, by=by, reason=reason,
        date=_today(),
    ))  # fmt: skip
    _write(place / "decision.json", _pretty(decision))
    if feedback is not None and person is not None:
        for name in proposal.answers:
            feedback.act(person, name, _ACTS[outcome], reason, link=proposal.id)
    return decision


def release(
    spec_name: str,
    version: str,
    releases: Path,
    proposals: Path,
    signer: Signer,
    *,
    feedback: Feedback | None = None,
) -> tuple[Path, Release]:
    """Write a signed release into a new folder, and the changelog beside it.

    Raises:
        InputError: What changed since the last release is not what was adopted.
        UsageError: There is such a release, or none can be called that.
        SystemFault: The folder cannot be written.
    """
    if not _VERSION.fullmatch(version):
        raise UsageError(
            f"{version!r} cannot be a version",
            remedy="take letters, digits and . + _ -, such as 1.1.0",
        )
    spec = load_spec(spec_name)
    place = releases / version
    if place.exists():
        raise UsageError("there is such a release", place=str(place), remedy="name another version")
    previous, before = _last(releases)
    path: list[Decided] = []
    diff = None
    if previous is not None and before is not None:
        old = load_spec(str(before))
        if old.source_digest != previous.source_digest:
            raise InputError("the text is not the one that was released", place=str(before))
        diff = diff_specs(old, spec)
        path, gap = chain(previous.spec_digest, spec, _adopted(proposals))
        if gap:
            raise InputError(
                "what changed is not what was adopted: no adopted proposal leads on from "
                f"{gap[:19]}…",
                place=spec_name,
                remedy="propose the change and have it decided, or release what was adopted",
            )
    names = {} if feedback is None else {
        name: feedback.read(name).author for name in credits(path)
    }  # fmt: skip
    made = release_of(spec, version, _today(), previous=previous, diff=diff, path=path, names=names)
    log = releases / "CHANGELOG.md"
    text = changelog(made, diff, _text(log) if log.exists() else "")
    _write(place / "spec.md", write_spec(spec))
    _write(place / "spec.json", _pretty(spec))
    _write(place / "release.note", signer.sign(made.note_text).encode())
    _write(place / "release.json", _pretty(made))  # last: whoever finds it finds the rest
    _write(log, text.encode())
    return place, made


def verify_release(place: Path, key: VerifierKey) -> Release:
    """Check a release offline, and that it follows on the one before where that is beside it.

    Raises:
        InputError: Something is not what was signed.
        SystemFault: Something cannot be read.
    """
    made = _read(place / "release.json", Release)
    note = read_limited(place / "release.note", _MAX).decode(errors="replace")
    check_release(made, read_limited(place / "spec.md", _MAX), note, key)
    if load_spec(str(place)).spec_digest != made.spec_digest:
        raise InputError("the text does not mean what the release says", place=str(place))
    compiled = _read(place / "spec.json", Spec)
    if {compiled.spec_digest, spec_digest(compiled)} != {made.spec_digest}:
        raise InputError(
            "the compiled spec is not that of the text", place=str(place / "spec.json")
        )
    before = place.parent / made.previous / "release.json"
    if not made.previous or not before.is_file():
        return made
    if _read(before, Release).digest != made.previous_digest:
        raise InputError("the release before is not the one this follows", place=str(before))
    return made


def new_signer(name: str, path: Path) -> VerifierKey:
    """Make a key to sign releases with, and write its secret to a file for its owner alone.

    Raises:
        UsageError: The name is none for a key, or there is such a file.
    """
    if not valid_name(name):
        raise UsageError("a key's name has no spaces and no plus sign")
    if path.exists():
        raise UsageError("there is such a file", place=str(path), remedy="name another")
    key = SignerKey(name, ED25519, os.urandom(32))
    write_secret(path, key.text())
    return key.verifier


def read_signer(path: Path) -> Signer:
    """Read a key to sign with."""
    return Signer(parse_signer(read_secret(path)))


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    except OSError as error:
        raise SystemFault(f"cannot read it: {error.strerror}", place=str(folder)) from error


def _adopted(folder: Path) -> list[Decided]:
    found = []
    for place in _folders(folder):
        if (place / "decision.json").is_file():
            one = Decided(
                _read(place / "proposal.json", Proposal),
                _read(place / "decision.json", ProposalDecision),
            )
            wrong = wrong_with(one)
            if wrong:
                raise InputError(wrong, place=str(place))
            if one.decision.outcome == "adopted":
                found.append(one)
    return found


def _last(releases: Path) -> tuple[Release | None, Path | None]:
    """Return the release that no other follows."""
    found = {
        place: _read(place / "release.json", Release)
        for place in _folders(releases)
        if (place / "release.json").is_file()
    }
    followed = {one.previous for one in found.values()}
    last = [(place, one) for place, one in found.items() if one.version not in followed]
    if not found:
        return None, None
    if len(last) != 1:
        wrong = "two releases have none after them" if last else "every release has one after it"
        raise InputError(wrong, place=str(releases))
    return last[0][1], last[0][0]


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(read_limited(path, _MAX), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"this cannot be used: {error}", place=str(path)) from error


def _text(path: Path) -> str:
    data = read_limited(path, _MAX)
    if len(data) > _MAX:
        raise InputError(f"the file is larger than {_MAX} bytes", place=str(path))
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InputError("this is not UTF-8", place=str(path)) from error


def _checked(value: T) -> T:
    """Return what can be read again once it is written.

    Raises:
        UsageError: Some words are empty, or too long.
    """
    try:
        return msgspec.convert(msgspec.to_builtins(value), type(value))
    except msgspec.ValidationError as error:
        raise UsageError(f"this cannot be written down: {error}") from error


def _pretty(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def _write(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)  # in a folder that somebody sent it may be a link
        with draft.open("xb") as file:
            file.write(data)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise SystemFault(f"cannot write it: {error.strerror}", place=str(path)) from error


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
