"""Comments, votes, moderation and sign-in, against SQLite and a real PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, select, text, update

from adhere.assemble import load_spec
from adhere.errors import InputError, SystemFault, UsageError
from adhere.evolve.feedback import (
    ActionKind,
    Feedback,
    Person,
    Stance,
    State,
    anchor_at,
    check_actions,
    open_database,
)
from adhere.evolve.feedback.people import LEFT, LIMITS, LINK_SECONDS, SESSION_SECONDS, TooOften
from adhere.evolve.feedback.tables import ACTIONS, COMMENTS, METADATA, PEOPLE, SESSIONS, SIGN_INS

ANCHOR = anchor_at(load_spec("reference"), "tone")


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        made = open_database(str(tmp_path / "feedback.db"))
    else:
        address = request.getfixturevalue("postgres")
        made = open_database(address.replace("postgresql://", "postgresql+psycopg://"))
        with made.begin() as connection:
            connection.execute(
                text("truncate people, sign_ins, sessions, attempts, comments, votes, actions")
            )
    yield made
    made.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def feedback(engine: Engine, clock: Clock) -> Feedback:
    return Feedback(engine, clock)


@pytest.fixture
def somebody(feedback: Feedback) -> Callable[[str], Person]:
    def sign_in(name: str, role: str = "reader") -> Person:
        email = f"{name}@people.example"
        if role != "reader":
            feedback.people.appoint(email, role)
        session = feedback.people.sign_in(feedback.people.ask_for_link(email, name), name)
        assert session is not None
        person = feedback.people.of_session(session)
        assert person is not None
        return person

    return sign_in


def test_the_tables_are_what_the_migrations_make(engine: Engine) -> None:
    with engine.connect() as connection:
        # The server may hold tables of others as well.
        ours = {"include_name": lambda name, kind, _: kind != "table" or name in METADATA.tables}
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, METADATA) == []


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    url = str(tmp_path / "f.db")
    first = Feedback(open_database(url), Clock())
    first.people.appoint("a@b.example", "moderator")
    again = open_database(url)
    with again.connect() as connection:
        assert connection.execute(select(PEOPLE.c.role)).scalars().all() == ["moderator"]


@pytest.mark.parametrize("url", ["mysql://x/y", "what://ever", "://"])
def test_what_is_no_database(url: str) -> None:
    with pytest.raises(UsageError):
        open_database(url)


def test_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "f.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(SystemFault, match="not a database"):
        open_database(str(tmp_path / "f.db"))


# Sign-in


def test_a_link_signs_in_once(feedback: Feedback) -> None:
    secret = feedback.people.ask_for_link("Ann@People.example ", "1.2.3.4")
    session = feedback.people.sign_in(secret, "1.2.3.4")
    assert session is not None
    assert feedback.people.sign_in(secret, "1.2.3.4") is None  # replayed
    person = feedback.people.of_session(session)
    assert person is not None
    assert person.role == "reader"
    assert "ann" not in person.name.lower()  # nobody's address shows
    feedback.people.sign_out(session)
    assert feedback.people.of_session(session) is None


def test_a_link_and_a_session_end(feedback: Feedback, clock: Clock) -> None:
    secret = feedback.people.ask_for_link("ann@people.example", "x")
    clock.now += LINK_SECONDS + 1
    assert feedback.people.sign_in(secret, "x") is None
    session = feedback.people.sign_in(feedback.people.ask_for_link("ann@people.example", "x"), "x")
    assert session is not None
    clock.now += SESSION_SECONDS + 1
    assert feedback.people.of_session(session) is None


def test_the_same_address_is_the_same_person(somebody: Callable[..., Person]) -> None:
    assert somebody("ann").id == somebody("ann").id != somebody("ben").id


def test_secrets_are_not_in_the_database(feedback: Feedback, engine: Engine) -> None:
    secret = feedback.people.ask_for_link("ann@people.example", "x")
    with engine.connect() as connection:
        kept = connection.execute(select(SIGN_INS.c.digest)).scalar_one()
    assert secret.encode() not in bytes(kept)
    session = feedback.people.sign_in(secret, "x")
    assert session is not None
    with engine.connect() as connection:
        assert session.encode() not in bytes(
            connection.execute(select(SESSIONS.c.digest)).scalar_one()
        )


@pytest.mark.parametrize(
    "email",
    [
        "", "a", "a@b", "a b@c.example", "a@b.example,c@d.example", "x" * 65 + "@b.example",
        "a@b.example\nBcc: c@d.example",
    ],
)  # fmt: skip
def test_what_is_no_address(feedback: Feedback, email: str) -> None:
    with pytest.raises(InputError):
        feedback.people.ask_for_link(email, "x")


def test_nobody_guesses_or_asks_without_end(feedback: Feedback, clock: Clock) -> None:
    for _ in range(LIMITS["sign-in"][0]):
        assert feedback.people.sign_in("guess", "1.2.3.4") is None
    with pytest.raises(TooOften):
        feedback.people.sign_in("guess", "1.2.3.4")
    assert feedback.people.sign_in("guess", "5.6.7.8") is None
    for number in range(LIMITS["link"][0]):
        feedback.people.ask_for_link("ann@people.example", str(number))
    with pytest.raises(TooOften, match="minutes"):
        feedback.people.ask_for_link("ann@people.example", "elsewhere")
    clock.now += LIMITS["link"][1] + 1
    feedback.people.ask_for_link("ann@people.example", "elsewhere")


# Comments and votes


def test_a_comment_and_its_votes(feedback: Feedback, somebody: Callable[..., Person]) -> None:
    ann, ben, cem = somebody("ann"), somebody("ben"), somebody("cem")
    feedback.people.rename(ann, "Ann  of Ulm")
    name = feedback.comment(ann, ANCHOR, Stance.TOO_STRICT, " <b>No</b> jokes?\r\n ")
    feedback.vote(ben, name, 1)
    feedback.vote(cem, name, -1)
    feedback.vote(cem, name, 1)  # changed their mind
    found = feedback.read(name)
    assert (found.author, found.body, found.stance) == (
        "Ann of Ulm", "<b>No</b> jokes?", Stance.TOO_STRICT,
    )  # fmt: skip
    assert (found.agree, found.disagree, found.state, found.hidden) == (2, 0, State.OPEN, False)
    assert found.anchor == ANCHOR
    assert [one.id for one in feedback.about("tone")] == [name]
    assert feedback.about("honesty") == []
    assert feedback.counts() == {"tone": 1}
    assert sorted(feedback.ballots()) == sorted(
        [(ann.id, name, 1), (ben.id, name, 1), (cem.id, name, 1)]
    )


def test_votes_cannot_be_stuffed(feedback: Feedback, somebody: Callable[..., Person]) -> None:
    ann, ben = somebody("ann"), somebody("ben")
    name = feedback.comment(ann, ANCHOR, Stance.AGREE, "Good.")
    for _ in range(5):
        feedback.vote(ben, name, 1)
    assert feedback.read(name).agree == 1
    with pytest.raises(InputError, match="own"):
        feedback.vote(ann, name, 1)
    with pytest.raises(InputError):
        feedback.vote(ben, name, 2)
    with pytest.raises(InputError, match="no such comment"):
        feedback.vote(ben, "nothing", 1)


@pytest.mark.parametrize("body", ["", "  \n", "x" * 5001, "a\x00b"])
def test_what_is_no_comment(feedback: Feedback, somebody: Callable[..., Person], body: str) -> None:
    with pytest.raises(InputError):
        feedback.comment(somebody("ann"), ANCHOR, Stance.AGREE, body)


def test_spam_ends(feedback: Feedback, somebody: Callable[..., Person], clock: Clock) -> None:
    ann = somebody("ann")
    for number in range(LIMITS["comment"][0]):
        feedback.comment(ann, ANCHOR, Stance.AGREE, f"Buy {number}!")
    with pytest.raises(TooOften):
        feedback.comment(ann, ANCHOR, Stance.AGREE, "Buy more!")
    feedback.comment(somebody("ben"), ANCHOR, Stance.AGREE, "Fine.")
    clock.now += LIMITS["comment"][1] + 1
    feedback.comment(ann, ANCHOR, Stance.AGREE, "Sorry.")


# Moderation


def test_a_moderator_acts_in_public(feedback: Feedback, somebody: Callable[..., Person]) -> None:
    ann, mod = somebody("ann"), somebody("mod", "moderator")
    name = feedback.comment(ann, ANCHOR, Stance.UNCLEAR, "What is warmth?")
    feedback.act(mod, name, ActionKind.HIDE, "An insult.")
    found = feedback.read(name)
    assert (found.hidden, found.body, found.actions[0].reason) == (True, "", "An insult.")
    feedback.act(mod, name, ActionKind.SHOW, "It was none.")
    feedback.act(mod, name, ActionKind.PLAN, "See the proposal.", link="proposals/0001")
    found = feedback.read(name)
    assert (found.hidden, found.body, found.state) == (False, "What is warmth?", State.PLANNED)
    assert [one.number for one in feedback.actions()] == [1, 2, 3]
    assert check_actions(feedback.actions()) == ""
    assert feedback.own(ann)[0].state is State.PLANNED


def test_others_do_not_moderate(feedback: Feedback, somebody: Callable[..., Person]) -> None:
    ann = somebody("ann")
    name = feedback.comment(ann, ANCHOR, Stance.AGREE, "Good.")
    with pytest.raises(UsageError):
        feedback.act(ann, name, ActionKind.HIDE, "Mine.")
    with pytest.raises(InputError, match="reason"):
        feedback.act(somebody("mod", "moderator"), name, ActionKind.HIDE, " ")


def test_what_is_done_outside_the_log_shows(
    feedback: Feedback, engine: Engine, somebody: Callable[..., Person]
) -> None:
    ann, mod = somebody("ann"), somebody("mod", "moderator")
    name = feedback.comment(ann, ANCHOR, Stance.AGREE, "Good.")
    for kind in (ActionKind.HIDE, ActionKind.SHOW, ActionKind.ANSWER):
        feedback.act(mod, name, kind, "Because.")
    kept = list(feedback.actions())
    with engine.begin() as connection:
        connection.execute(update(ACTIONS).where(ACTIONS.c.number == 2).values(reason="Nothing."))
    assert check_actions(feedback.actions()) == "action 2 is not what was written"
    with engine.begin() as connection:
        connection.execute(update(ACTIONS).where(ACTIONS.c.number == 2).values(reason="Because."))
        connection.execute(ACTIONS.delete().where(ACTIONS.c.number == 1))
    assert check_actions(feedback.actions()) == "action 1 is missing"
    # Nothing but the log decides: a comment has no column for its state.
    assert {column.name for column in COMMENTS.columns} == {
        "id", "person", "target", "anchor", "stance", "body", "at",
    }  # fmt: skip
    assert check_actions(kept) == ""


def test_two_moderators_at_once(feedback: Feedback, somebody: Callable[..., Person]) -> None:
    ann, mods = somebody("ann"), [somebody(f"mod{n}", "moderator") for n in range(3)]
    name = feedback.comment(ann, ANCHOR, Stance.AGREE, "Good.")
    failed: list[BaseException] = []

    def act(mod: Person) -> None:
        try:
            for _ in range(4):
                feedback.act(mod, name, ActionKind.ANSWER, "Because.")
        except BaseException as error:  # noqa: BLE001  (told below)
            failed.append(error)

    threads = [threading.Thread(target=act, args=(mod,)) for mod in mods]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert check_actions(feedback.actions()) == ""
    assert len(list(feedback.actions())) == 12


# A person's rights


def test_everything_about_oneself(feedback: Feedback, somebody: Callable[..., Person]) -> None:
    ann, ben = somebody("ann"), somebody("ben")
    name = feedback.comment(ann, ANCHOR, Stance.AGREE, "Good.")
    other = feedback.comment(ben, ANCHOR, Stance.AGREE, "Bad.")
    feedback.vote(ann, other, -1)
    found = msgspec.json.decode(msgspec.json.encode(feedback.people.export(ann)))
    assert found["person"]["email"] == "ann@people.example"
    assert [one["id"] for one in found["comments"]] == [name]
    assert [one["comment"] for one in found["votes"]] == [other]
    assert "ben@" not in str(found)


def test_leaving(feedback: Feedback, engine: Engine, somebody: Callable[..., Person]) -> None:
    ann, ben, mod = somebody("ann"), somebody("ben"), somebody("mod", "moderator")
    name = feedback.comment(ann, ANCHOR, Stance.AGREE, "I live in Ulm.")
    other = feedback.comment(ben, ANCHOR, Stance.AGREE, "Good.")
    feedback.vote(ann, other, 1)
    feedback.act(mod, name, ActionKind.ANSWER, "Thank you.")
    feedback.people.leave(ann)
    found = feedback.read(name)
    assert (found.author, found.body, found.state) == (LEFT, "", State.ANSWERED)
    assert feedback.read(other).agree == 0
    with engine.connect() as connection:
        for table in METADATA.sorted_tables:
            rows = str(connection.execute(select(table)).all())
            assert "ann@" not in rows
            assert "Ulm" not in rows
    assert somebody("ann").id != ann.id  # signing in again begins anew
    with pytest.raises(InputError):
        feedback.people.rename(ben, LEFT)
