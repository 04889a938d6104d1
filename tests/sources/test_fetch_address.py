"""Which addresses may serve as a mirror."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adhere.errors import UsageError
from adhere.sources.fetch import fetch_release
from adhere.sources.fetch_http import check_base
from adhere.sources.releases import known_releases


@pytest.mark.parametrize(
    "url", ["https://mirror.invalid/a/b", "http://localhost:1", "http://127.1.2.3", "http://[::1]"]
)
def test_an_address_that_can_be_a_mirror(url: str) -> None:
    assert check_base(url + "/") == check_base(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "", "mirror.invalid", "ftp://127.0.0.1", "http://mirror.invalid", "https://", "https://[::1",
        "https://h:99999", "https://h:0", "https://h/?q=1", "https://h/#f", "https://@h",
        "http://localhost.evil.invalid", "http://127.0.0.1@evil.invalid", "https://u:hunter2@h",
        "https://u:hunter2@[::1",
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_a_mirror(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        fetch_release(known_releases()[0], tmp_path / "spec", base_url=url)
    assert "hunter2" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@given(st.text() | st.text().map("https://{}".format))
def test_any_text_is_an_address_or_refused(url: str) -> None:
    try:
        base = check_base(url)
    except UsageError:
        return
    assert base.lower().startswith("https://")
    assert not base.endswith("/")
