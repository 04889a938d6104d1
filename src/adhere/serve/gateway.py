"""What all requests share, and the choice of the rules that each one is decided under."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import msgspec

from adhere.audit.exchange import Appender
from adhere.serve.budget import Budgets
from adhere.serve.config import Config
from adhere.serve.conversations import share_of
from adhere.serve.detectors import Detectors
from adhere.serve.faults import Refused
from adhere.serve.incoming import ItemReader
from adhere.serve.inspection import Inspector
from adhere.serve.keys import KeyRing, Principal
from adhere.serve.metrics import Metrics
from adhere.serve.rules import Rules
from adhere.serve.tracing import Tracing
from adhere.serve.upstream import Upstreams


class Closing(Protocol):
    """Something with connections."""

    async def close(self) -> None:
        """Close them."""
        ...


class Release(msgspec.Struct, frozen=True):
    """The rules in force: of all conversations, or of those that do not have the next ones yet.

    Attributes:
        current: What was rolled out.
        following: What is being rolled out; None: nothing is.
        share: Share of the conversations that have it already.
    """

    current: Rules
    following: Rules | None = None
    share: float = 0.0

    def rules_for(self, conversation: str) -> Rules:
        """Return the rules that decide about a conversation; as the share grows it changes once."""
        if self.following is not None and share_of(conversation) < self.share:
            return self.following
        return self.current


class Gateway:
    """What all requests of one process share.

    Args:
        config: The configuration.
        release: The rules in force.
        log: Where decisions are recorded.
        budgets: What developers may use; shared by all processes.
        secret: A key of the gateway's; the same in all its processes.
        metrics: What is counted.
        tracing: Makes spans.
    """

    def __init__(
        self,
        config: Config,
        release: Release,
        log: Appender,
        budgets: Budgets,
        secret: bytes,
        metrics: Metrics,
        tracing: Tracing,
    ) -> None:
        self.log = log
        self.budgets = budgets
        self.secret = secret
        self.metrics = metrics
        self.tracing = tracing
        self._reader = ItemReader()
        self.under_way = 0
        self.draining = False
        self._of_developer: Counter[str] = Counter()
        self._take(config, release)

    def _take(self, config: Config, release: Release) -> None:
        self.config = config
        self.release = release
        self.keys = KeyRing(config.keys)
        self.detectors = Detectors(config.phrases, config.hosts)
        self.inspector = Inspector(self._reader, self.detectors)
        self.upstreams = Upstreams(config)
        self.extra = frozenset(config.limits.extra_fields)

    def begin(self, who: Principal) -> None:
        """Let one more request in.

        Raises:
            Refused: Its developer has as many under way as may be.
        """
        choice = self.config.developers.get(who.developer)
        if choice is not None and 0 < choice.concurrent <= self._of_developer[who.developer]:
            raise Refused(
                429, "too_many_requests", "too many of your requests are under way", retry_after=1
            )
        self.under_way += 1
        self.metrics.under_way.inc()
        self._of_developer[who.developer] += 1

    def end(self, who: Principal) -> None:
        """Say that a request is no longer under way."""
        self.under_way -= 1
        self.metrics.under_way.dec()
        self._of_developer[who.developer] -= 1

    def change(self, config: Config, release: Release) -> Sequence[Closing]:
        """Put other rules in force; requests under way end under those they began with.

        Returns:
            The connections of before, to be closed once nobody uses them.
        """
        before = self._connections()
        self._take(config, release)
        return before

    async def close(self) -> None:
        """Close all connections to services."""
        for one in self._connections():
            await one.close()

    def _connections(self) -> Sequence[Closing]:
        rules = [one for one in (self.release.current, self.release.following) if one is not None]
        return [self.upstreams, *(one.guards for one in rules)]


def new_request_id() -> str:
    """Return an id for a request: nobody can guess another's."""
    return f"req_{secrets.token_hex(16)}"
