"""The pinned releases: well formed, and those of the real files."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath

import pytest

from adhere.errors import UsageError
from adhere.sources.fetch_http import check_base
from adhere.sources.releases import Release, find_release, known_releases

each = pytest.mark.parametrize("release", known_releases(), ids=lambda release: release.name)


def test_the_known_names() -> None:
    versions = (
        "2025-02-12", "2025-04-11", "2025-09-12", "2025-10-27", "2025-12-18", "2025-12-18-rev2",
    )  # fmt: skip
    assert [release.name for release in known_releases()] == [f"openai@{v}" for v in versions]
    assert len({release.commit for release in known_releases()}) == len(versions)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UsageError, match="fetch --list"):
        find_release("openai@1999-01-01")


@each
def test_pins_are_well_formed(release: Release) -> None:
    assert find_release(release.name) is release
    assert re.fullmatch(r"[0-9a-f]{40}", release.commit)
    assert check_base(release.address) == release.address
    assert release.licence == "CC0-1.0"
    paths = [file.path for file in release.files]
    assert "model_spec.md" in paths
    assert paths == sorted(paths)
    # Also on a file system that does not tell upper from lower case.
    assert len({path.casefold() for path in paths}) == len(paths)
    for file in release.files:
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert 0 < file.size < 1_000_000
        assert str(PurePosixPath(file.path)) == file.path
        assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_./-]*", file.path)
        assert ".." not in file.path


@each
def test_pins_are_those_of_the_real_files(release: Release, data_dir: Path) -> None:
    root = data_dir / "openai_model_spec"
    folder = root / release.name.removeprefix("openai@")
    real = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.md")}
    pinned = {file.path: (file.size, file.sha256) for file in release.files}
    if "CHANGELOG.md" in pinned:
        real["CHANGELOG.md"] = (root / "CHANGELOG.md").read_bytes()
    assert pinned == {
        path: (len(data), hashlib.sha256(data).hexdigest()) for path, data in real.items()
    }
