"""From three comments to a signed release that thanks those who made them, on both databases."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from sqlalchemy import text

from adhere.assemble import load_spec
from adhere.assemble.proposing import (
    decide_proposal,
    moderator,
    new_signer,
    open_feedback,
    propose,
    read_signer,
    release,
    verify_release,
)
from adhere.assemble.schemas import schema
from adhere.errors import InputError, UsageError
from adhere.evolve.feedback import ActionKind, Feedback, Person, Stance, State, anchor_at, locate

FIRST = """\
+++
title = "House rules"
+++

# Style {#style}

## Brief {#brief authority=guideline}

Answer in ten pages.

## Loud {#loud authority=guideline}

SHOUT.
"""
SECOND = FIRST.replace("ten pages", "ten lines")
THIRD = SECOND.replace("\n## Loud {#loud authority=guideline}\n\nSHOUT.\n", "").replace(
    "{#brief authority=guideline}", "{#short authority=guideline oldids=brief}"
)


@pytest.fixture(params=["sqlite", "postgres"])
def feedback(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Feedback]:
    url = str(tmp_path / "feedback.db")
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").replace("postgresql://", "postgresql+psycopg://")
    made = open_feedback(url)
    with made._engine.begin() as connection:
        for table in ("votes", "actions", "comments", "sessions", "sign_ins", "attempts", "people"):
            connection.execute(text(f"delete from {table}"))
    yield made
    made._engine.dispose()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, source in (("one.md", FIRST), ("two.md", SECOND), ("three.md", THIRD)):
        Path(name).write_text(source, encoding="utf-8")
    new_signer("spec.example/releases", Path("release.key"))
    return tmp_path


def signed_in(feedback: Feedback, name: str) -> Person:
    email = f"{name}@people.example"
    session = feedback.people.sign_in(feedback.people.ask_for_link(email, name), name)
    assert session is not None
    person = feedback.people.of_session(session)
    assert person is not None
    feedback.people.rename(person, name.title())
    renamed = feedback.people.of_session(session)
    assert renamed is not None
    return renamed


def test_the_whole_cycle(feedback: Feedback, folder: Path) -> None:
    signer = read_signer(Path("release.key"))
    spec = load_spec("one.md")
    _, first = release("one.md", "1.0.0", Path("releases"), Path("proposals"), signer)

    # Three people comment; a moderator acts, in public.
    ann, ben, cem = (signed_in(feedback, name) for name in ("ann", "ben", "cem"))
    feedback.people.appoint("mod@people.example", "moderator")
    mod = moderator(feedback, "mod@people.example")
    anchor = anchor_at(spec, "brief", "Answer in ten pages.")
    long = feedback.comment(ann, anchor, Stance.DISAGREE, "Nobody reads ten pages.")
    same = feedback.comment(ben, anchor, Stance.TOO_LOOSE, "Ten lines would do.")
    rude = feedback.comment(cem, anchor, Stance.DISAGREE, "Idiots!")
    feedback.vote(cem, long, 1)
    feedback.act(mod, rude, ActionKind.HIDE, "An insult, and nothing else.")

    # A proposal that answers two of them, its impact, and a decision.
    place, proposal, impact = propose(
        "one.md", "two.md", Path("proposals"), title="Ten lines", author="Mod",
        reason="Ten pages are not brief.", answers=(long, same), feedback=feedback,
    )  # fmt: skip
    assert proposal.id == "0001-ten-lines"
    assert [one.id for one in impact.sections if one.substance] == ["brief"]
    (folder / "repo").mkdir()
    subprocess.run(["git", "init", "-q", "repo"], check=True)
    (folder / "repo" / "one.md").write_text(FIRST)
    subprocess.run(["git", "apply", f"../{place}/change.patch"], cwd="repo", check=True)
    assert (folder / "repo" / "one.md").read_text() == SECOND
    decide_proposal(
        place, "adopted", by="the board", reason="Agreed.", feedback=feedback, person=mod
    )

    # Those who objected see what became of it.
    (own,) = feedback.own(ann)
    assert (own.state, own.actions[-1].link, own.actions[-1].reason) == (
        State.ADOPTED, "0001-ten-lines", "Agreed.",
    )  # fmt: skip
    assert feedback.read(rude).hidden
    assert locate(anchor, load_spec("two.md")).fit == "changed"

    # The release thanks them, is signed, and follows the one before.
    made_at, made = release(
        "two.md", "1.1.0", Path("releases"), Path("proposals"), signer, feedback=feedback
    )
    log = Path("releases/CHANGELOG.md").read_text()
    assert "### Ten lines (0001-ten-lines)" in log
    assert "Answers 2 comments, thanks to Ann, Ben." in log
    assert log.index("## 1.1.0") < log.index("## 1.0.0")
    assert (made.previous, made.previous_digest) == ("1.0.0", first.digest)
    assert verify_release(made_at, signer.verifier) == made
    for name, kind in (("proposal.json", "proposal-1"), ("decision.json", "proposal-decision-1")):
        found = json.loads((place / name).read_text())
        jsonschema.Draft202012Validator(schema(kind)).validate(found)
    jsonschema.Draft202012Validator(schema("release-1")).validate(
        json.loads((made_at / "release.json").read_text())
    )

    # Ids that are no more lead on.
    place, _, _ = propose(
        "two.md", "three.md", Path("proposals"), title="Quiet!", author="Mod", reason="Peace."
    )
    assert place.name == "0002-quiet"
    decide_proposal(place, "adopted", by="the board", reason="Yes.")
    _, third = release("three.md", "2.0.0", Path("releases"), Path("proposals"), signer)
    assert third.redirects == {"brief": "short", "loud": ""}


def test_what_was_not_adopted_is_not_released(folder: Path) -> None:
    signer = read_signer(Path("release.key"))
    release("one.md", "1.0.0", Path("releases"), Path("proposals"), signer)
    with pytest.raises(InputError, match="not what was adopted"):
        release("two.md", "1.1.0", Path("releases"), Path("proposals"), signer)
    place, _, _ = propose("one.md", "two.md", Path("proposals"), title="T", author="A", reason="R")
    decide_proposal(place, "deferred", by="B", reason="Later.")
    with pytest.raises(InputError, match="not what was adopted"):
        release("two.md", "1.1.0", Path("releases"), Path("proposals"), signer)
    assert not Path("releases/1.1.0").exists()
    with pytest.raises(UsageError, match="has been decided"):
        decide_proposal(place, "adopted", by="B", reason="Now.")


def test_a_proposal_that_was_changed_after_the_decision(folder: Path) -> None:
    signer = read_signer(Path("release.key"))
    release("one.md", "1.0.0", Path("releases"), Path("proposals"), signer)
    place, _, _ = propose("one.md", "two.md", Path("proposals"), title="T", author="A", reason="R")
    decide_proposal(place, "adopted", by="B", reason="Yes.")
    path = place / "proposal.json"
    path.write_text(path.read_text().replace('"reason": "R"', '"reason": "S"'))
    with pytest.raises(InputError, match="not the one that was decided"):
        release("two.md", "1.1.0", Path("releases"), Path("proposals"), signer)


def test_a_text_that_was_changed_before_the_decision(folder: Path) -> None:
    place, _, _ = propose("one.md", "two.md", Path("proposals"), title="T", author="A", reason="R")
    (place / "spec.md").write_text(THIRD)
    with pytest.raises(InputError, match="not the proposed one"):
        decide_proposal(place, "adopted", by="B", reason="Yes.")


@pytest.mark.parametrize("name", ["spec.md", "release.json", "release.note"])
def test_a_release_that_was_changed(folder: Path, name: str) -> None:
    signer = read_signer(Path("release.key"))
    place, _ = release("one.md", "1.0.0", Path("releases"), Path("proposals"), signer)
    path = place / name
    path.write_text(path.read_text().replace("House", "Home"))
    with pytest.raises(InputError):
        verify_release(place, signer.verifier)


def test_another_key(folder: Path) -> None:
    signer = read_signer(Path("release.key"))
    place, _ = release("one.md", "1.0.0", Path("releases"), Path("proposals"), signer)
    other = new_signer("spec.example/releases", Path("other.key"))
    with pytest.raises(InputError):
        verify_release(place, other)
    assert Path("release.key").stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError):
        new_signer("spec.example/releases", Path("other.key"))


def test_a_release_that_follows_another_than_it_says(folder: Path) -> None:
    signer = read_signer(Path("release.key"))
    release("one.md", "1.0.0", Path("releases"), Path("proposals"), signer)
    place, _, _ = propose("one.md", "two.md", Path("proposals"), title="T", author="A", reason="R")
    decide_proposal(place, "adopted", by="B", reason="Yes.")
    made, _ = release("two.md", "1.1.0", Path("releases"), Path("proposals"), signer)
    first = Path("releases/1.0.0/release.json")
    first.write_text(first.read_text().replace("House rules", "Other rules"))
    with pytest.raises(InputError, match="not the one this follows"):
        verify_release(made, signer.verifier)


def test_comments_that_are_not_there(feedback: Feedback, folder: Path) -> None:
    with pytest.raises(InputError, match="no such comment"):
        propose(
            "one.md", "two.md", Path("proposals"), title="T", author="A", reason="R",
            answers=("nothing",), feedback=feedback,
        )  # fmt: skip
    with pytest.raises(UsageError, match="moderator"):
        moderator(feedback, "nobody@people.example")
    with pytest.raises(InputError, match="mean the same"):
        propose("one.md", "one.md", Path("proposals"), title="T", author="A", reason="R")
