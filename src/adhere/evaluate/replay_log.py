"""Recorded requests decided again: what would come out otherwise, under other rules.

Pure: records and their content in, counts out. What decides is handed in, so that it is the very
code that a gateway runs. Nothing is left out in silence: what cannot be decided again is counted
by its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, Literal, Protocol, TypeAlias

import msgspec

from adhere.audit import Admitted, Completed, DecisionEntry, Interrupted, Record
from adhere.resolve import DecisionOutcome

NotDecided: TypeAlias = Literal["erased", "not kept", "unreadable", "unknown key"]
"""Why a request cannot be decided again; ``unknown key``: the rules do not say whose it is."""

OBSERVED: Final = "observed."
"""Before the name of a check that decided and changed nothing."""

_ABSENT: Final = "not made"
_EXAMPLES: Final = 5
_MOST: Final = 1000
"""Most different names in a table of the report; what comes after is counted as `_OTHER`."""
_OTHER: Final = "(others)"


class Ended(msgspec.Struct, frozen=True):
    """A request and its end.

    Attributes:
        number: Number of its ``admitted`` record.
        admitted: That record.
        completed: The record of its end; None: it was interrupted, or is under way.
    """

    number: int
    admitted: Admitted
    completed: Completed | None


class Again(msgspec.Struct, frozen=True):
    """What was decided again.

    Attributes:
        request: The decisions before the answer.
        answer: Those about the answer; None: it cannot be decided again.
        settings_digest: The settings that would have held.
        why: Why the answer was not decided, where it is kept.
    """

    request: tuple[DecisionEntry, ...]
    answer: tuple[DecisionEntry, ...] | None
    settings_digest: str
    why: str = "unreadable"


class Redecider(Protocol):
    """Decides a recorded request again."""

    def decide(self, ended: Ended, request: bytes, answer: bytes | None) -> Again | NotDecided:
        """Decide, or say why not.

        Args:
            ended: The records.
            request: What was asked, as it came.
            answer: What the service answered, where it is kept.
        """
        ...


class Flip(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that comes out otherwise.

    Attributes:
        kind: What is decided about.
        check: Which check.
        section: The section it rests on, now or then.
        before: What it came to: the outcome, and in brackets which part of the check decided.
        after: What it comes to now.
        effect: Whether something else happens: an outcome that is in force is another one.
        count: How often.
        records: Numbers of the first such records.
    """

    kind: str
    check: str
    section: str
    before: str
    after: str
    effect: bool
    count: int
    records: tuple[int, ...]


class LogReplay(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay of a log found (``adhere/log-replay/1``).

    Attributes:
        origin: The log's name.
        rules: Digest of what decided: spec and settings.
        spec_digest: The spec that decided.
        complete: Whether the log was read to its end.
        start: First record whose end is not counted yet, where it is not complete.
        oldest: Number of the oldest request that was under way there.
        requests: Requests that were read.
        decided: Of those, decided again.
        not_decided: The others, by why not.
        answers_not_decided: Requests decided again whose answer was not, by why not.
        decisions: Decisions that were compared.
        flipped: Of those, the ones that come out otherwise.
        requests_flipped: Requests with such a decision.
        requests_changed: Requests for which something else happens.
        settings_changed: Requests for which other settings hold.
        flips: By what they are, the most frequent first.
        by_section: Flips by section.
        by_developer: Flips by the developer's key.
        by_kind: Flips by what is decided about.
        seconds: How long it took.
    """

    schema: Literal["adhere/log-replay/1"]
    origin: str
    rules: str
    spec_digest: str
    complete: bool
    start: int
    oldest: int
    requests: int
    decided: int
    not_decided: dict[str, int]
    answers_not_decided: dict[str, int]
    decisions: int
    flipped: int
    requests_flipped: int
    requests_changed: int
    settings_changed: int
    flips: tuple[Flip, ...]
    by_section: dict[str, int]
    by_developer: dict[str, int]
    by_kind: dict[str, int]
    seconds: float


class EndedRequests:
    """Joins requests with their ends, in the order in which they end; what never ended is last.

    Memory grows with the requests that are under way at a time.

    Attributes:
        start: The record after the last that was read: where to go on counting.
        oldest: The oldest request that was under way there: where to go on reading.
    """

    def __init__(self, records: Iterable[tuple[int, Record]], start: int = 0) -> None:
        """Prepare.

        Args:
            records: The log, from the oldest request that matters.
            start: Ends before this record were counted before.
        """
        self.start = self.oldest = start
        self._records, self._first = records, start

    def __iter__(self) -> Iterator[Ended]:
        under_way: dict[str, tuple[int, Admitted]] = {}
        number = self._first - 1
        for number, record in self._records:
            done: tuple[int, Admitted] | None = None
            if isinstance(record, Admitted):
                under_way[record.request] = number, record
            elif isinstance(record, Completed | Interrupted):
                done = under_way.pop(record.request, None)
            if done is not None and number >= self._first:
                self.start = number + 1
                self.oldest = next(iter(under_way.values()))[0] if under_way else self.start
                yield Ended(*done, record if isinstance(record, Completed) else None)
        self.start = max(number + 1, self._first)
        left = sorted(under_way.values(), key=lambda one: one[0])
        for place, (at, admitted) in enumerate(left, 1):
            self.oldest = left[place][0] if place < len(left) else self.start
            yield Ended(at, admitted, None)


class Tally:
    """Counts what comes out otherwise. Memory grows with the different kinds of it only."""

    def __init__(self, origin: str, rules: str, spec_digest: str) -> None:
        self.origin, self.rules, self.spec_digest = origin, rules, spec_digest
        self._count: Counter[str] = Counter()
        self._not_decided: Counter[str] = Counter()
        self._answers: Counter[str] = Counter()
        self._flips: dict[tuple[str, str, str, str, str, bool], tuple[int, tuple[int, ...]]] = {}
        self._by: dict[str, Counter[str]] = {
            name: Counter() for name in ("section", "developer", "kind")
        }
        self._seconds = 0.0

    @classmethod
    def of(cls, report: LogReplay) -> Tally:
        """Go on from a report."""
        tally = cls(report.origin, report.rules, report.spec_digest)
        for name in _COUNTS:
            tally._count[name] = getattr(report, name)
        tally._not_decided.update(report.not_decided)
        tally._answers.update(report.answers_not_decided)
        for one in report.flips:
            key = (one.kind, one.check, one.section, one.before, one.after, one.effect)
            tally._flips[key] = one.count, one.records
        for name, counts in tally._by.items():
            counts.update(getattr(report, f"by_{name}"))
        tally._seconds = report.seconds
        return tally

    def leave_out(self, why: NotDecided) -> None:
        """Count a request that cannot be decided again."""
        self._count["requests"] += 1
        self._not_decided[why] += 1

    def add(self, ended: Ended, again: Again, no_answer: str) -> None:
        """Count a request that was decided again; ``no_answer`` says why there is no answer."""
        self._count["requests"] += 1
        self._count["decided"] += 1
        changed = again.settings_digest != ended.admitted.settings_digest
        self._count["settings_changed"] += changed
        flipped = effect = False
        for before, after in _pairs(ended, again):
            self._count["decisions"] += 1
            found = self._compare(ended, before, after)
            flipped |= found is not None
            effect |= bool(found)
        self._count["requests_flipped"] += flipped
        self._count["requests_changed"] += effect
        if again.answer is None:
            self._answers[no_answer or again.why] += 1

    def report(self, *, complete: bool, start: int, oldest: int, seconds: float) -> LogReplay:
        """Return the figures; ``seconds`` since this tally began or went on."""
        flips = [
            Flip(
                kind=kind, check=check, section=section, before=before, after=after, effect=effect,
                count=count, records=records,
            )
            for (kind, check, section, before, after, effect), (count, records)
            in self._flips.items()
        ]  # fmt: skip
        flips.sort(key=lambda one: (-one.count, one.check, one.before, one.after, one.section))
        return LogReplay(
            schema="adhere/log-replay/1", origin=self.origin, rules=self.rules,
            spec_digest=self.spec_digest, complete=complete, start=start, oldest=oldest,
            **{name: self._count[name] for name in _COUNTS},
            not_decided=dict(self._not_decided), answers_not_decided=dict(self._answers),
            flips=tuple(flips), by_section=dict(self._by["section"].most_common()),
            by_developer=dict(self._by["developer"].most_common()),
            by_kind=dict(self._by["kind"].most_common()), seconds=self._seconds + seconds,
        )  # fmt: skip

    def _compare(
        self, ended: Ended, before: DecisionEntry | None, after: DecisionEntry | None
    ) -> bool | None:
        """Count a decision that comes out otherwise; return whether that has an effect."""
        then, now = _said(before), _said(after)
        if then == now:
            return None
        one = after or before
        assert one is not None
        section = one.section or (before.section if before else "")
        effect = _in_force(before) != _in_force(after)
        key = (one.kind, check_name(one), section, then, now, effect)
        if key not in self._flips and len(self._flips) >= _MOST:
            key = (one.kind, _OTHER, "", "", "", effect)
        count, records = self._flips.get(key, (0, ()))
        if len(records) < _EXAMPLES:
            records = (*records, ended.number)
        self._flips[key] = count + 1, records
        self._count["flipped"] += 1
        for name, value in (
            ("section", section), ("developer", ended.admitted.key_id), ("kind", one.kind),
        ):  # fmt: skip
            counts = self._by[name]
            counts[value if value in counts or len(counts) < _MOST else _OTHER] += 1
        return effect


_COUNTS: Final = (
    "requests", "decided", "decisions", "flipped", "requests_flipped", "requests_changed",
    "settings_changed",
)  # fmt: skip
_LETS_PASS: Final = frozenset({DecisionOutcome.ALLOW, DecisionOutcome.NOT_RUN, None})


def check_name(entry: DecisionEntry) -> str:
    """Return the name of the check that made a decision, without what says how."""
    return entry.check.removeprefix(OBSERVED).partition(".")[0]


def _pairs(
    ended: Ended, again: Again
) -> Iterator[tuple[DecisionEntry | None, DecisionEntry | None]]:
    """Yield what each check came to, then and now."""
    sides = [(ended.admitted.decisions, again.request)]
    if again.answer is not None and ended.completed is not None:
        sides.append((ended.completed.decisions, again.answer))
    for then, now in sides:
        old = {check_name(each): each for each in then}
        new = {check_name(each): each for each in now}
        for name in [*old, *(name for name in new if name not in old)]:
            yield old.get(name), new.get(name)


def _said(entry: DecisionEntry | None) -> str:
    """What a decision came to, in words."""
    if entry is None:
        return _ABSENT
    passes = entry.outcome in _LETS_PASS
    name = entry.check.removeprefix(OBSERVED) if passes else entry.check
    detail = name if "." in name else ""
    return f"{entry.outcome.value} ({detail})" if detail else entry.outcome.value


def _in_force(entry: DecisionEntry | None) -> DecisionOutcome | None:
    """What a decision does: what lets pass is all one."""
    if entry is None or entry.check.startswith(OBSERVED) or entry.outcome in _LETS_PASS:
        return None
    return entry.outcome
