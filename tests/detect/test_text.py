"""Folding: what makes no difference afterwards."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adhere.detect import fold


def test_look_alikes_compare_equal() -> None:
    assert fold("“I’m  SO\n sorry…”\u200b") == '"i\'m so sorry..."'
    assert fold("ﬁne‑tuned – ｆｕｌｌ") == "fine-tuned - full"


@given(st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
