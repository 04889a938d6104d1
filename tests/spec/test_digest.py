"""Digests: the fast way and the canonical way agree, and only meaning counts."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from adhere.spec import digest_bytes, digest_json, digest_plain

text = st.text(st.characters(exclude_categories=["Cs"]))  # a lone surrogate is not text
keys = st.text(st.characters(max_codepoint=127))
integers = st.integers(-(2**53) + 1, 2**53 - 1)
plain = st.recursive(
    st.none() | st.booleans() | integers | text,
    lambda inner: st.lists(inner) | st.dictionaries(keys, inner),
    max_leaves=10,
)


@given(plain)
@example('\x00\x07\b\t\n\v\f\r\x1f\x7f"\\/\u2028\u2029\ufeff\U0001f600é')
@example({"b": 1, "a": {"\x7f": [], "\x01": None}, "": False, "aa": -0, "B": 2**53 - 1})
def test_plain_is_canonical(value: Any) -> None:
    assert digest_plain(value) == digest_json(value)


@given(plain)
def test_json_digest_is_sha256_of_rfc_8785(value: Any) -> None:
    expected = hashlib.sha256(rfc8785.dumps(value)).hexdigest()
    assert digest_json(value) == f"sha256:{expected}"
    assert digest_json(value) == digest_json(json.loads(json.dumps(value)))


@given(st.dictionaries(keys, integers | text, min_size=2))
def test_order_of_keys_does_not_count(value: dict[str, Any]) -> None:
    turned = dict(reversed(value.items()))
    assert digest_plain(turned) == digest_plain(value)
    assert digest_json(turned) == digest_json(value)


@given(st.lists(integers | text, unique=True, min_size=2))
def test_order_of_items_counts(items: list[Any]) -> None:
    assert digest_plain(items[::-1]) != digest_plain(items)


def test_structs_and_enums_are_their_json() -> None:
    class Colour(StrEnum):
        RED = "red"

    class Thing(msgspec.Struct, omit_defaults=True):
        z: Colour
        a: tuple[int, ...] = ()
        left_out: str = ""

    value = {"thing": Thing(Colour.RED, (1, 2)), Colour.RED: 1}
    assert digest_plain(value) == digest_json(value)
    assert digest_json(value) == digest_json({"red": 1, "thing": {"a": [1, 2], "z": "red"}})


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 2**53, -(2**53)])
def test_numbers_without_a_form_are_refused(number: float) -> None:
    with pytest.raises(ValueError, match=r"."):
        digest_json({"n": number})


@given(st.binary())
def test_bytes(data: bytes) -> None:
    digest = digest_bytes(data)
    assert digest == "sha256:" + hashlib.sha256(data).hexdigest()
    assert digest != digest_bytes(data + b"\n")
