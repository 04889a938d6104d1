"""Cases that stay in their file, and the numbers of their ids."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.assemble.loading import reference_dir
from adhere.errors import InputError
from adhere.evaluate.numbering import Numbers
from adhere.evaluate.stored_cases import StoredCases


def test_a_case_file_is_a_sequence_of_its_cases() -> None:
    cases = StoredCases(reference_dir() / "suite/cases.jsonl")
    read = tuple(cases)
    assert len(cases) == len(read)
    assert (cases[0], cases[-1], cases[2:4]) == (read[0], read[-1], read[2:4])


def test_a_file_that_was_changed_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_bytes((reference_dir() / "suite/cases.jsonl").read_bytes())
    cases = StoredCases(path)
    path.write_bytes(b"x" + path.read_bytes())
    with pytest.raises(InputError, match="not a case"):
        cases[3]


@given(st.lists(st.text(max_size=4)))
def test_numbers_are_those_of_a_dictionary(names: list[str]) -> None:
    numbers, known = Numbers(), dict[str, int]()
    for name in names:
        assert numbers.get(name) == known.get(name)
        assert numbers.add(name) == known.setdefault(name, len(known))
    assert len(numbers) == len(known)


def test_many_numbers() -> None:
    numbers = Numbers()
    assert [numbers.add(str(n)) for n in range(5000)] == list(range(5000))
    assert [numbers.get(str(n)) for n in range(5000)] == list(range(5000))
    assert numbers.get("5000") is None
