"""What is counted, for Prometheus. Never whose it was: no label names a developer, a user, a text.

Several processes count into files of a folder that the environment names
(``PROMETHEUS_MULTIPROC_DIR``), and any of them can tell the sum.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from adhere.audit import DecisionEntry
from adhere.serve.reading import INTERFACES

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The counters of a process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "adhere_requests", "Requests, by how they ended", ("interface", "outcome"),
            registry=self._registry,
        )  # fmt: skip
        self._checks = Counter(
            "adhere_checks", "Checks, by what they came to", ("check", "outcome"),
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "adhere_request_seconds", "From a request to the end of its answer",
            ("interface",), buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._first = Histogram(
            "adhere_first_byte_seconds", "From a request to the first byte of its answer",
            ("interface",), buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._refused = Counter(
            "adhere_refused", "Requests that were not let in, by the code they got", ("code",),
            registry=self._registry,
        )  # fmt: skip
        self.under_way = Gauge(
            "adhere_under_way", "Requests under way", registry=self._registry,
            multiprocess_mode="livesum",
        )  # fmt: skip
        self._made: dict[tuple[str, str], Counter] = {}
        self._seconds_of: dict[str, Histogram] = {
            one: self._seconds.labels(one) for one in INTERFACES
        }
        self._first_of: dict[str, Histogram] = {one: self._first.labels(one) for one in INTERFACES}

    def ended(
        self,
        interface: str,
        outcome: str,
        seconds: float,
        first: float | None,
        checks: Iterable[DecisionEntry],
    ) -> None:
        """Count a request that was let in and has ended.

        Args:
            interface: Which of the two.
            outcome: How it ended.
            seconds: How long it took.
            first: When its first byte left; None: none did.
            checks: What its checks came to.
        """
        self._count(self._requests, interface, outcome)
        self._seconds_of[interface].observe(seconds)
        if first is not None:
            self._first_of[interface].observe(first)
        for one in checks:
            self._count(self._checks, one.check, one.outcome)

    def _count(self, counter: Counter, first: str, second: str) -> None:
        """Count one more; finding a counter by its labels costs more than counting."""
        made = self._made.get((first, second))
        if made is None:
            made = self._made[first, second] = counter.labels(first, second)
        made.inc()

    def refused(self, code: str) -> None:
        """Count a request that was not let in."""
        self._refused.labels(code).inc()

    def text(self) -> bytes:
        """Return all counters, of all processes, in Prometheus' text format."""
        registry = self._registry
        if os.environ.get(FOLDER_VARIABLE):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
