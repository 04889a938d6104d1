"""``adhere tailor`` as people and scripts meet it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from adhere.cli.main import main

Run: TypeAlias = Callable[..., tuple[int, str, str]]

BASE = "# A {#a}\n\n## Safe {#safe authority=root}\n\nText.\n\n## B {#b authority=user}\n\nText.\n"
TAILORING = """\
schema = "adhere/tailoring/1"
extends = "base.md"

[[change]]
replace = "b"
text = "b.md"

[[change]]
remove = "safe"
"""


@pytest.fixture
def adhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("base.md").write_text(BASE)
    Path("t.toml").write_text(TAILORING)
    Path("b.md").write_text("## B {#b authority=user}\n\nMy text.\n")

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["adhere", "tailor", *words])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), *capfd.readouterr()

    return run


def test_what_is_made_and_what_is_refused(adhere: Run) -> None:
    code, out, err = adhere("t.toml", "-o", "out.md", "--html", "d.html")
    assert (code, err) == (1, "")
    assert out.splitlines()[:4] == [
        "made        replace b",
        "forbidden   remove safe",
        "  safe is of level root: developer cannot take it out",
        "  t.toml:8",
    ]
    assert Path("out.md").read_text() == BASE[: BASE.index("## B")] + Path("b.md").read_text()
    assert "My text" in Path("d.html").read_text()


def test_json(adhere: Run) -> None:
    code, out, _ = adhere("t.toml", "--json")
    found = json.loads(out)
    assert (code, found["made"], found["refused"][0]["number"]) == (1, [1], 2)


def test_carrying_over(adhere: Run) -> None:
    Path("new.md").write_text(BASE.replace("authority=user}\n\nText.", "authority=user}\n\nNew."))
    code, out, _ = adhere("t.toml", "--onto", "new.md", "-o", "next")
    assert code == 1
    assert "  <<<<<<< tailored\n  My text.\n  ||||||| old base\n  Text.\n" in out
    assert 'extends = "new.md"' in Path("next/t.toml").read_text()
    assert "My text." in Path("next/b.md").read_text()
    code, _, err = adhere("t.toml", "--onto", "new.md", "-o", ".")
    assert (code, "overwrite" in err) == (2, True)


def test_a_link_does_not_lead_out_of_the_folder(adhere: Run, tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside.md"
    outside.write_text("## Secret {#secret authority=guideline}\n\nWords of somebody else.\n")
    Path("b.md").unlink(missing_ok=True)
    Path("b.md").symlink_to(outside)
    code, _, err = adhere("t.toml", "-o", "out.md")
    assert (code, "leads out" in err) == (2, True)
    assert not Path("out.md").exists()


def test_a_base_that_has_changed(adhere: Run) -> None:
    digest = '"sha256:' + "0" * 64 + '"'
    Path("t.toml").write_text(TAILORING.replace("\n\n", f"\ndigest = {digest}\n\n", 1))
    code, _, err = adhere("t.toml")
    assert (code, "--onto" in err) == (2, True)
    assert adhere("t.toml", "--base", "base.md")[0] == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("b.md", "../b.md", "leads out"), ("b.md", "gone.md", "no file gone.md"),
        ("base.md", "gone.md", "no such file"), ("remove", "move", "not a file of changes"),
    ],
)  # fmt: skip
def test_what_is_missing(adhere: Run, old: str, new: str, message: str) -> None:
    Path("t.toml").write_text(TAILORING.replace(old, new))
    code, _, err = adhere("t.toml")
    assert code == 2
    assert message in err
