"""The public names of each room are this list: adding or removing one is a decision."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path

import pytest

import adhere

NAMES = Path(__file__).with_name("public_names.txt")


def listed() -> dict[str, list[str]]:
    rooms: dict[str, list[str]] = {}
    for line in NAMES.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            room, _, names = line.partition(":")
            rooms[room] = names.split()
    return rooms


@pytest.mark.parametrize("room", listed())
def test_a_room_offers_what_is_listed_and_nothing_else(room: str) -> None:
    module = import_module(f"adhere.{room}")
    assert sorted(module.__all__) == listed()[room]
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("room", listed())
def test_what_a_room_offers_is_described(room: str) -> None:
    module = import_module(f"adhere.{room}")
    assert module.__doc__
    for name in module.__all__:
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isroutine(thing):
            assert (thing.__doc__ or "").strip(), f"adhere.{room}.{name} has no docstring"


def test_every_room_is_listed() -> None:
    folder = Path(adhere.__file__).parent
    rooms = {
        path.parent.name
        for path in folder.glob("*/__init__.py")
        if "__all__" in path.read_text(encoding="utf-8")
    }
    assert rooms == set(listed())
