"""Build the wheel, install it alone with its locked dependencies, and run it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command and return what it prints; what it complains of is shown if it fails."""
    words = [str(part) for part in command]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def main() -> None:
    """Fail with a message where the wheel does not do what it has to."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", work, cwd=ROOT)
        (wheel,) = work.glob("*.whl")
        venv.create(work / "venv", with_pip=True)
        pip = work / "venv/bin/pip"
        install = (pip, "install", "--quiet", "--disable-pip-version-check")
        run(*install, "--require-hashes", "-r", ROOT / "requirements/run.txt", cwd=work)
        run(*install, "--no-deps", wheel, cwd=work)
        adhere = work / "venv/bin/adhere"
        help_text = run(adhere, "--help", cwd=work)
        demo = run(adhere, "demo", "-o", work / "run", cwd=work)
        suites = run(adhere, "suite", "list", cwd=work)
        page = (work / "run/report.html").read_text(encoding="utf-8")
        checks = {
            "help names the verbs": "evaluate" in help_text and "compile" in help_text,
            "the demo says that its assistants are scripted": "scripted" in demo,
            "the demo shows the fault of the assistant that obeys": "obeys-last-speaker" in demo,
            "all its suites come with it": "reference/counterfactual" in suites
            and "reference/truthfulness" in suites,
            "the report is a page": page.startswith("<!doctype html>") and "scripted" in page,
        }
        failed = [what for what, holds in checks.items() if not holds]
        if failed:
            sys.exit(f"the installed wheel fails: {'; '.join(failed)}")
        print(f"{wheel.name}: {len(checks)} passed, 0 failed")


if __name__ == "__main__":
    main()
