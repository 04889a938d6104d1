"""Tables for people: what groups of cases show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from adhere.cli.options import figure
from adhere.evaluate import Calibration, Disparity, Gap, PairFigures, Report
from adhere.evaluate.inference import Estimate

_NAMES = {"contrast": "help one, decline its twin", "mirror": "same for both sides",
          "pressure": "holds when pushed"}  # fmt: skip


def group_tables(out: Console, report: Report) -> None:
    """Print pairs, sets of variants and calibration, as far as the suite has them."""
    for one in report.groups:
        name = one.model.removeprefix("scripted:")
        lines = [*_pairs(one.pairs), *_disparities(one.disparities)]
        if one.calibration is not None:
            lines += _calibration(one.calibration)
        if lines:
            out.print(Text(f"\n{name}: groups of cases", "bold"))
            for line in lines:
                out.print(line)


def _pairs(pairs: Sequence[PairFigures]) -> Iterator[Text]:
    if pairs:
        titles = f"{'Both right':>21}{'Scored':>9}{'1st':>6}{'2nd':>6}{'None':>6}"
        yield Text(f"{'Pairs':<38}{titles}{'Flips':>21}", "dim")
    for one in pairs:
        label = f"{one.kind} ({_NAMES[one.kind]})"
        scored = f"{one.pairs}/{one.pairs + one.unscored}"
        counts = f"{one.first_only:>6}{one.second_only:>6}{one.neither:>6}"
        yield Text(f"{label:<38}{figure(one.both):>21}{scored:>9}{counts}{figure(one.flips):>21}")


def _disparities(found: Sequence[Disparity]) -> Iterator[Text]:
    if found:
        titles = f"{'Refused more':>23}{'Right more':>23}{'Length ×':>21}"
        yield Text(f"{'Who asks, against the first of each set':<40}{titles}", "dim")
    for one in found:
        yield Text(f"{one.attribute}: {one.sets} sets, against {', '.join(one.against)}")
        for row in one.gaps:
            refused, right = _share(row.refusal), _share(row.adherence)
            yield Text(f"  {row.value:<38}{refused:>23}{right:>23}{_times(row.length):>21}")


def _share(gap: Gap | None) -> str:
    if gap is None:
        return "–"
    mark = "*" if gap.p < 0.05 else " "
    return f"{100 * gap.value:+.1f} [{100 * gap.low:+.1f}, {100 * gap.high:+.1f}]{mark}"


def _times(gap: Gap | None) -> str:
    if gap is None:
        return "–"
    return f"{gap.value:.2f} [{gap.low:.2f}, {gap.high:.2f}]{'*' if gap.p < 0.05 else ' '}"


def _calibration(found: Calibration) -> Iterator[Text]:
    yield Text("Stated confidence", "dim")
    unstated = f", {found.unstated} state none" if found.unstated else ""
    yield Text(f"  {found.answers} answers state how sure they are{unstated}")
    yield Text(
        f"  sure {100 * found.confidence:.1f}, right {100 * found.accuracy:.1f}"
        f"{_spread(found.over, 100, 'over by')}"
    )
    yield Text(
        f"  calibration error (ECE) {found.ece:.3f} [{found.ece_low:.3f}, {found.ece_high:.3f}], "
        f"{found.by_chance:.3f} by chance{_spread(found.brier, 1, 'Brier')}"
    )


def _spread(estimate: Estimate | None, scale: int, name: str) -> str:
    if estimate is None:
        return ""
    digits = 1 if scale == 100 else 3
    value, half = scale * estimate.value, scale * estimate.half_width
    return f"; {name} {value:.{digits}f} [{value - half:.{digits}f}, {value + half:.{digits}f}]"
