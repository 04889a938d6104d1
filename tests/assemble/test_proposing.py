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
from adhere.assemble.feedback import load_feedback
from adhere.assemble.proposing import (
    decide_proposal,
    moderator,
    new_signer,
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
    made = load_feedback(url)
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


def test_a_proposal_that_names_another_meaning_than_its_text(folder: Path) -> None:
    signer = read_signer(Path("release.key"))
    release("one.md", "1.0.0", Path("releases"), Path("proposals"), signer)
    place, _, _ = propose("one.md", "two.md", Path("proposals"), title="T", author="A", reason="R")
    path = place / "proposal.json"
    new, other = load_spec("two.md").spec_digest, load_spec("three.md").spec_digest
    path.write_text(path.read_text().replace(new, other))
    with pytest.raises(InputError, match="not the proposed one"):
        decide_proposal(place, "adopted", by="B", reason="Yes.")
    with pytest.raises(InputError, match="not what was adopted"):
        release("three.md", "1.1.0", Path("releases"), Path("proposals"), signer)


@pytest.mark.parametrize("version", ["../out", "/tmp/out", "", ".", "a/b", "a\nb", "-x", "1" * 65])
def test_a_version_is_no_path(folder: Path, version: str) -> None:
    signer = read_signer(Path("release.key"))
    before = sorted(Path().rglob("*"))
    with pytest.raises(UsageError, match="cannot be a version"):
        release("one.md", version, Path("releases"), Path("proposals"), signer)
    assert sorted(Path().rglob("*")) == before


def test_nothing_is_written_through_a_link(folder: Path) -> None:
    place, _, _ = propose("one.md", "two.md", Path("proposals"), title="T", author="A", reason="R")
    Path("precious").write_text("kept")
    (place / ".decision.json.part").symlink_to(Path("precious").absolute())
    decide_proposal(place, "adopted", by="B", reason="Yes.")
    assert Path("precious").read_text() == "kept"
    assert not (place / "decision.json").is_symlink()


@pytest.mark.parametrize("words", ["", "x" * 2001])
def test_what_could_not_be_read_again_is_not_written(folder: Path, words: str) -> None:
    proposals = Path("proposals")
    for given in ({"title": words}, {"reason": words}, {"author": words}):
        with pytest.raises(UsageError, match="cannot be written down"):
            propose(
                "one.md",
                "two.md",
                proposals,
                **{"title": "T", "author": "A", "reason": "R"} | given,
            )
    assert not proposals.exists()
    place, _, _ = propose("one.md", "two.md", proposals, title="T", author="A", reason="R")
    with pytest.raises(UsageError, match="cannot be written down"):
        decide_proposal(place, "adopted", by="B", reason=words)
    assert not (place / "decision.json").exists()


def test_the_compiled_spec_of_a_release_is_that_of_its_text(folder: Path) -> None:
    signer = read_signer(Path("release.key"))
    place, _ = release("one.md", "1.0.0", Path("releases"), Path("proposals"), signer)
    path = place / "spec.json"
    whole = path.read_text()
    for forged in (whole.replace("ten pages", "ten words"), whole.replace("guideline", "root")):
        path.write_text(forged)
        with pytest.raises(InputError, match="compiled spec"):
            verify_release(place, signer.verifier)


def test_of_rival_adopted_proposals_the_one_that_leads_there(folder: Path) -> None:
    signer = read_signer(Path("release.key"))
    release("one.md", "1.0.0", Path("releases"), Path("proposals"), signer)
    for name in ("two.md", "three.md"):
        place, _, _ = propose("one.md", name, Path("proposals"), title="T", author="A", reason="R")
        decide_proposal(place, "adopted", by="B", reason="Yes.")
    _, made = release("two.md", "1.1.0", Path("releases"), Path("proposals"), signer)
    assert [one.id for one in made.proposals] == ["0001-t"]


def test_a_changed_folder_of_releases(folder: Path) -> None:
    signer = read_signer(Path("release.key"))
    place, _ = release("one.md", "1.0.0", Path("releases"), Path("proposals"), signer)
    made = (place / "release.json").read_text()
    (place / "release.json").write_text(made.replace('"previous": ""', '"previous": "1.0.0"'))
    with pytest.raises(InputError, match="every release has one after it"):
        release("two.md", "1.1.0", Path("releases"), Path("proposals"), signer)
    (place / "release.json").write_text(made)
    (place / "spec.md").write_text(SECOND)
    with pytest.raises(InputError, match="not the one that was released"):
        release("two.md", "1.1.0", Path("releases"), Path("proposals"), signer)
    (place / "spec.md").write_text(FIRST)
    Path("releases/CHANGELOG.md").write_bytes(b"\xff")
    with pytest.raises(InputError, match="UTF-8"):
        release("one.md", "1.1.0", Path("releases"), Path("proposals"), signer)


def test_words_of_others_are_words_in_the_changelog(folder: Path) -> None:
    signer = read_signer(Path("release.key"))
    release("one.md", "1.0.0", Path("releases"), Path("proposals"), signer)
    place, _, _ = propose(
        "one.md", "two.md", Path("proposals"), author="A",
        title="<img src=x>\n## 9.9", reason="[here](https://x.example)",
    )  # fmt: skip
    decide_proposal(place, "adopted", by="B", reason="Yes.")
    release("two.md", "1.1.0", Path("releases"), Path("proposals"), signer)
    log = Path("releases/CHANGELOG.md").read_text()
    assert "### \\<img src=x\\> \\#\\# 9.9 (0001-img-src-x-9-9)\n" in log
    assert "\\[here\\]\\(https://x.example\\)\n" in log
