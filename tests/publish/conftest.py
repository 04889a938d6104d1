"""A running site that takes comments, and people who are signed in there."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from sites import served
from speaking import SITE, Browser, Place

from adhere.assemble.feedback import FeedbackOptions
from adhere.evolve.feedback.tables import ATTEMPTS


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("feedback")
    options = FeedbackOptions(str(folder / "feedback.db"), str(folder / "outbox"))
    with served(SITE, options) as root:
        made = Place(root, folder)
        yield made
        made.engine.dispose()


@pytest.fixture
def forgotten(place: Place) -> None:
    """Nobody has tried anything yet."""
    with place.engine.begin() as connection:
        connection.execute(ATTEMPTS.delete())


@pytest.fixture
def ann(place: Place) -> Browser:
    return place.crowd.browser(f"ann{secrets.token_hex(4)}")


@pytest.fixture
def ben(place: Place) -> Browser:
    return place.crowd.browser(f"ben{secrets.token_hex(4)}")


@pytest.fixture
def moderator(place: Place) -> Browser:
    return place.crowd.browser(f"mod{secrets.token_hex(4)}", "moderator")
