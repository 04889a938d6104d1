"""What a process takes: wall and CPU seconds, and the peak of its resident memory.

A process inherits the peak of the one it was forked from, so each is started by a small one that
reports on its children only (this file, run as a script).
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from typing import NamedTuple


class Cost(NamedTuple):
    """Seconds, seconds of CPU, megabytes; those of its own children included."""

    wall: float
    cpu: float
    memory: float


def measured(command: list[str], environment: dict[str, str] | None = None) -> Cost:
    """Run a command to its end; end with it if it fails."""
    read, write = os.pipe()
    launcher = [sys.executable, "-I", "-S", __file__, str(write), *command]
    with subprocess.Popen(
        launcher, env=environment, pass_fds=(write,), stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        os.close(write)
        _, errors = process.communicate()
        if process.returncode:
            sys.exit(f"{command[0]} failed: {errors[-2000:]}")
    with os.fdopen(read) as report:
        return Cost(*json.loads(report.read()))


def _main() -> None:
    start = time.perf_counter()
    done = subprocess.run(sys.argv[2:], check=False)
    wall = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with os.fdopen(int(sys.argv[1]), "w") as report:
        json.dump([wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024], report)
    sys.exit(done.returncode)


if __name__ == "__main__":
    _main()
