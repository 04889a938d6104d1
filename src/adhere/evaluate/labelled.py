"""What people's labels say of a run's judge, and of its rates once the judge's errors count."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations
from pathlib import Path

import msgspec

from adhere.conversation import Case, Judgement
from adhere.evaluate.labels import SETTLED, LabelValue, disputed, read_labels, read_sample
from adhere.evaluate.run import (
    Key,
    RunManifest,
    VerdictRecord,
    read_manifest,
    read_records,
)
from adhere.evaluate.table import SCORES, Table
from adhere.judge import (
    Corrected,
    Judged,
    cohen_kappa,
    krippendorff_alpha,
    prediction_powered,
    prediction_powered_gap,
    rogan_gladen,
    rogan_gladen_gap,
)

_GRADED = re.compile(r"[1-7]: ")

FEWEST = 10
"""With fewer trusted labels of a model no rate is corrected."""


class TwoPeople(msgspec.Struct, frozen=True):
    """Agreement of two people on whether answers adhere; kappa is None where it is undefined."""

    first: str
    second: str
    items: int
    accuracy: float
    kappa: float | None


class CorrectedRate(msgspec.Struct, frozen=True):
    """One model's rate beside what it is once the judge's errors count.

    Attributes:
        model: Whose.
        labelled: Answers with a trusted label.
        accuracy: Share of these where the judge says the same.
        kappa: Cohen's kappa of judge and people; None where it is undefined.
        passed_wrongly: Of the answers that fail, the share the judge passes; None without any.
        failed_wrongly: Of the answers that adhere, the share the judge fails; None without any.
        raw: The judge's rate on all scored answers.
        rogan_gladen: Corrected by how often the judge errs on good and on bad answers.
        prediction_powered: Corrected by its mean error.
        why_not: Why a correction is missing.
    """

    model: str
    labelled: int
    accuracy: float | None
    kappa: float | None
    passed_wrongly: float | None
    failed_wrongly: float | None
    raw: float | None
    rogan_gladen: Corrected | None
    prediction_powered: Corrected | None
    why_not: str = ""


class LabelFigures(msgspec.Struct, frozen=True):
    """What people's labels say.

    Attributes:
        sample: How many answers were drawn.
        people: Who labelled, with how many labels each.
        cannot_tell: Answers that nobody could label.
        disputed: Answers on which people differ and that are not settled; they are left out.
        pairs: Agreement of each two people.
        alpha_people: Krippendorff's alpha among the people; None where it is undefined.
        alpha_with_judge: The same with the judge as one more.
        models: One entry a model.
    """

    sample: int
    people: dict[str, int]
    cannot_tell: int
    disputed: int
    pairs: tuple[TwoPeople, ...]
    alpha_people: float | None
    alpha_with_judge: float | None
    models: tuple[CorrectedRate, ...]


def trusted(labels: Mapping[str, Mapping[Key, LabelValue]]) -> dict[Key, bool]:
    """Return whether each answer adheres, where people agree or have settled it."""
    said: dict[Key, set[bool]] = {}
    for who, of in labels.items():
        for key, label in of.items():
            if who != SETTLED and label != "cannot_tell":
                said.setdefault(key, set()).add(label == "adheres")
    known = {key: next(iter(both)) for key, both in said.items() if len(both) == 1}
    settled = labels.get(SETTLED, {})
    known.update(
        (key, label == "adheres") for key, label in settled.items() if label != "cannot_tell"
    )
    return known


def label_figures(
    run: Path, manifest: RunManifest, table: Table, cases: Iterable[Case]
) -> LabelFigures | None:
    """Compute the figures; None where nobody labelled.

    Where somebody did, every scored verdict is held in memory.

    Args:
        run: The folder of the run.
        manifest: Its models and epochs.
        table: Its verdicts.
        cases: Its cases.

    Raises:
        InputError: A file of labels cannot be read.
    """
    labels = read_labels(run)
    sample = read_sample(run)
    if sample is None or not any(labels.values()):
        return None
    clusters = {case.id: case.focus for case in cases}
    verdicts = _verdicts(manifest, table, clusters)
    truth = {key: label for key, label in trusted(labels).items() if key in verdicts}
    people = {who: of for who, of in labels.items() if who != SETTLED and of}
    told = {key for of in people.values() for key, label in of.items() if label != "cannot_tell"}
    every = {key for of in people.values() for key in of}
    ratings = [[_adheres(of.get(key)) for of in people.values()] for key in every]
    judge = [verdicts.get(key) for key in every]
    found = ((name, judged(name, verdicts, truth, clusters)) for name in manifest.models)
    return LabelFigures(
        sample=len(sample.keys),
        people={who: len(of) for who, of in people.items()},
        cannot_tell=len(every - told),
        disputed=len([key for key in disputed(labels) if key not in labels.get(SETTLED, {})]),
        pairs=tuple(_pair(one, other, people) for one, other in combinations(people, 2)),
        alpha_people=_finite(krippendorff_alpha(ratings)),
        alpha_with_judge=_finite(
            krippendorff_alpha([[*row, said] for row, said in zip(ratings, judge, strict=True)])
        ),
        models=tuple(_corrected(name, of) for name, of in found),
    )


def _verdicts(manifest: RunManifest, table: Table, cases: Iterable[str]) -> dict[Key, bool]:
    """Return whether each scored answer adheres."""
    found: dict[Key, bool] = {}
    for case in cases:
        for model in manifest.models:
            for epoch in range(manifest.epochs):
                key = (model, case, epoch)
                slot = table.slot(key)
                score = SCORES[table.codes[slot]] if slot is not None else None
                if score is not None and score.adherent is not None:
                    found[key] = score.adherent
    return found


def judged(
    model: str,
    verdicts: Mapping[Key, bool],
    truth: Mapping[Key, bool],
    clusters: Mapping[str, str],
) -> Judged:
    """Return one model's verdicts (whether answers adhere) and trusted labels, by cluster."""
    scored = [(key, said) for key, said in verdicts.items() if key[0] == model]
    sample = [(key, said, truth[key]) for key, said in scored if key in truth]
    return Judged(
        judged=[said for _, said in scored],
        sample_judged=[said for _, said, _ in sample],
        sample_true=[true for _, _, true in sample],
        clusters=[clusters.get(key[1]) or key[1] for key, _ in scored],
        sample_clusters=[clusters.get(key[1]) or key[1] for key, _, _ in sample],
    )


def corrected_gaps(first: Judged, second: Judged) -> tuple[Corrected | None, Corrected | None]:
    """Return the gap of two models by Rogan-Gladen and prediction-powered; None: impossible."""
    if min(len(first.sample_true), len(second.sample_true)) < FEWEST:
        return None, None
    return (
        _tried(lambda: rogan_gladen_gap(first, second))[0],
        _tried(lambda: prediction_powered_gap(first, second))[0],
    )


def run_judgements(run: Path) -> list[Judgement]:
    """Return what can be said of a run's judge: labels of people, and its own grades one by one.

    A grading model that gave several grades to an answer has judged it several times.

    Raises:
        InputError: The folder holds no run, or a file of it cannot be read.
    """
    manifest = read_manifest(run)
    verdicts: dict[Key, bool] = {}
    grades: list[Judgement] = []
    for record in read_records(run):
        if not isinstance(record, VerdictRecord):
            continue
        if record.verdict.adherent is not None:
            verdicts[record.key] = record.verdict.adherent
        given = [one for one in record.verdict.evidence if one.check == "grade"]
        for repeat, one in enumerate(given if len(given) > 1 else ()):
            said = one.passed if _GRADED.match(one.detail) else None
            judgement = _judgement(record.key, f"{manifest.judge}, single grades", said, None)
            grades.append(msgspec.structs.replace(judgement, repeat=repeat))
    return [*label_judgements(run, manifest.judge, verdicts), *grades]


def label_judgements(run: Path, judge: str, verdicts: Mapping[Key, bool]) -> list[Judgement]:
    """Return the judge's and the people's labels as judgements, for a report card.

    The judge is held against what people agree on; each person against the others where these
    agree.
    """
    labels = read_labels(run)
    truth = trusted(labels)
    found = [_judgement(key, judge, verdicts[key], truth[key]) for key in truth if key in verdicts]
    people = {who: of for who, of in labels.items() if who != SETTLED}
    for who, of in people.items():
        others = trusted({other: said for other, said in people.items() if other != who})
        found += [
            _judgement(key, who, _adheres(label), others[key])
            for key, label in of.items()
            if key in others
        ]
    return found


def _judgement(key: Key, who: str, said: bool | None, true: bool | None) -> Judgement:
    words = {True: "adheres", False: "fails", None: None}
    return Judgement(
        schema="adhere/judgement/1", item=f"{key[1]}/{key[0]}/{key[2]}", judge=who,
        label=words[said], reference=words[true], group=key[0],
    )  # fmt: skip


def _adheres(label: LabelValue | None) -> bool | None:
    return None if label in (None, "cannot_tell") else label == "adheres"


def _pair(one: str, other: str, people: Mapping[str, Mapping[Key, LabelValue]]) -> TwoPeople:
    pairs = [
        (_adheres(label), _adheres(people[other].get(key))) for key, label in people[one].items()
    ]
    both = [(a, b) for a, b in pairs if a is not None and b is not None]
    if not both:
        return TwoPeople(one, other, 0, 0.0, None)
    kappa = cohen_kappa([a for a, _ in both], [b for _, b in both])
    return TwoPeople(
        one, other, len(both), sum(a == b for a, b in both) / len(both), _finite(kappa)
    )


def _corrected(model: str, found: Judged) -> CorrectedRate:
    pairs = Counter(zip(found.sample_judged, found.sample_true, strict=True))
    size = sum(pairs.values())
    raw = sum(found.judged) / len(found.judged) if found.judged else None
    good, bad = pairs[True, True] + pairs[False, True], pairs[True, False] + pairs[False, False]
    rg, ppi, why = None, None, f"fewer than {FEWEST} trusted labels"
    if size >= FEWEST:
        rg, why = _tried(lambda: rogan_gladen(found))
        ppi, other = _tried(lambda: prediction_powered(found))
        why = why or other
    return CorrectedRate(
        model=model,
        labelled=size,
        accuracy=(pairs[True, True] + pairs[False, False]) / size if size else None,
        kappa=_finite(cohen_kappa(found.sample_judged, found.sample_true)) if size else None,
        passed_wrongly=pairs[True, False] / bad if bad else None,
        failed_wrongly=pairs[False, True] / good if good else None,
        raw=raw,
        rogan_gladen=rg,
        prediction_powered=ppi,
        why_not=why,
    )


def _tried(correct: Callable[[], Corrected]) -> tuple[Corrected | None, str]:
    try:
        return correct(), ""
    except ValueError as error:
        return None, str(error)


def _finite(value: float) -> float | None:
    return value if value == value else None  # noqa: PLR0124  (NaN is not itself)
