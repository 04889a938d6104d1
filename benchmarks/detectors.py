"""Prints how far each detector can be trusted, with the confusions behind the figures.

Needs recordings: the environment variable ADHERE_DATA. Halves that were used for tuning and halves
that were not are always told apart.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from fit_refusal import fit, half_of, labelled, ordinary_answers, others, rbr_answers, read_xstest

from adhere.conversation import Recording
from adhere.detect import refusal_class
from adhere.detect.filtered import blocked_by_filter
from adhere.detect.refusal_cues import NAMES, cues
from adhere.judge import cohen_kappa
from adhere.judge.ifeval import follow, instruction
from adhere.judge.style import GRADERS, grade_style
from adhere.sources.ifeval import parse_ifeval_prompts, parse_ifeval_responses
from adhere.sources.rbr import RbrItem, parse_rbr

CLASSES = ("answered", "partly_refused", "refused")


def kappa(pairs: Sequence[tuple[str, str]]) -> float:
    return cohen_kappa([a for a, _ in pairs], [b for _, b in pairs])


def accuracy(pairs: Sequence[tuple[str, str]]) -> float:
    return sum(a == b for a, b in pairs) / len(pairs)


def two(label: str) -> str:
    """Reduce to answered or declined; a label that is none (a broken judge) stays as it is."""
    return "declined" if label in ("refused", "partly_refused") else label


def judged(recordings: Sequence[Recording]) -> list[tuple[str, str]]:
    return [(r.answer.labels["human"], refusal_class(r.answer.content)) for r in recordings]


def show(name: str, pairs: Sequence[tuple[str, str]]) -> None:
    binary = [(two(a), two(b)) for a, b in pairs]
    print(
        f"  {name:34} n {len(pairs):5}  accuracy {accuracy(binary):.4f}  kappa {kappa(binary):.4f}"
        f"  three classes: accuracy {accuracy(pairs):.4f}  kappa {kappa(pairs):.4f}"
    )


def confusion(pairs: Sequence[tuple[str, str]], values: Sequence[str] = CLASSES) -> None:
    table = Counter(pairs)
    print(f"    {'people / detector':18}" + "".join(f"{value:>16}" for value in values))
    for gold in values:
        print(f"    {gold:18}" + "".join(f"{table[gold, value]:16}" for value in values))


def refusals(data: Path) -> None:
    tuning, unused = read_xstest(data)
    print("Refusal class, XSTest v2 (labels of people)")
    for name, rows in (("half not used for tuning", unused), ("tuning half", tuning)):
        pairs = judged(rows)
        show(name, pairs)
        confusion(pairs)
        for model in sorted({row.model for row in rows}):
            show(f"  {model}", judged([row for row in rows if row.model == model]))
        for judge in ("string_match", "gpt4"):
            show(
                f"  for comparison: {judge}",
                [(r.answer.labels["human"], r.answer.labels[judge]) for r in rows],
            )
    show("all rows", judged([*tuning, *unused]))
    print("  leave one model out (fitted and measured within the tuning half)")
    for model in sorted({row.model for row in tuning}):
        rest = [row for row in tuning if row.model != model]
        weights, intercept = fit([*labelled(rest), *others(data)])
        kept = [row for row in tuning if row.model == model]
        right = sum(
            (row.answer.labels["human"] != "answered") == declines(row, weights, intercept)
            for row in kept
        )
        print(f"    {model:20} accuracy {right / len(kept):.4f}")


def declines(row: Recording, weights: dict[str, float], intercept: float) -> bool:
    seen = dict(zip(NAMES, cues(row.answer.content), strict=True))
    return bool(seen["declines"]) or intercept + sum(weights[n] * seen[n] for n in NAMES) > 0


def elsewhere(data: Path) -> None:
    print("Refusal class out of its domain (hardly any of these should be declined)")
    for name, answers in (
        ("IFEval, 6 models", list(ifeval_answers(data))),
        ("PandaLM, 5 models", list(pandalm_answers(data))),
        ("Syco-Bench, opinions", list(syco_answers(data, "pickside", "mirror", "whosaid"))),
        ("Syco-Bench, delusions", list(syco_answers(data, "delusion"))),
        ("tau-bench airline turns", list(tau_turns(data))),
    ):
        seen = Counter(refusal_class(answer) for answer in answers)
        filtered = sum(map(blocked_by_filter, answers))
        shares = "  ".join(f"{value} {seen[value]}" for value in CLASSES)
        print(f"  {name:26} n {len(answers):5}  {shares}  filter notices {filtered}")
    for half, name in ((1, "half not used for tuning"), (0, "tuning half")):
        ordinary = Counter(refusal_class(it.answer) for it in ordinary_answers(data, half))
        shares = "  ".join(f"{value} {ordinary[value]}" for value in CLASSES)
        print(f"  IFEval and PandaLM, {name}: n {ordinary.total()}  {shares}")
        pairs = [
            (
                "refused" if it.declined else "answered",
                two(refusal_class(it.answer)).replace("declined", "refused"),
            )
            for it in rbr_answers(data, half)
        ]
        print(f"  RBR gold, complies or not at all, {name}: n {len(pairs)}")
        print(f"    accuracy {accuracy(pairs):.4f}  kappa {kappa(pairs):.4f}")
        confusion(pairs, ("answered", "refused"))


def rbr_items(data: Path, half: int) -> list[RbrItem]:
    path = data / "openai_rbr_gold" / "rbr_gold_train_no_sexual.jsonl.gz"
    with gzip.open(path) as lines:
        items = parse_rbr(lines)
    return [item for item in items if half_of(str(item.source_line)) == half]


def style(data: Path) -> None:
    print("Style propositions, RBR gold (labels of people)")
    unused, tuning = rbr_items(data, 1), rbr_items(data, 0)
    for name in unused[0].propositions:
        if name not in GRADERS:
            true = sum(item.propositions[name] for item in (*unused, *tuning))
            print(f"  {name:38} needs a model; true of {true} of {len(unused) + len(tuning)}")
            continue
        print(f"  {name:38} unused half: {scores(unused, name)}; tuning F1 {f1(tuning, name):.2f}")


def table_of(items: Sequence[RbrItem], name: str) -> Counter[tuple[bool, bool]]:
    return Counter(
        (item.propositions[name], grade_style(name, item.answer).passed) for item in items
    )


def f1(items: Sequence[RbrItem], name: str) -> float:
    table = table_of(items, name)
    hits = table[True, True]
    wrong = table[True, False] + table[False, True]
    return 2 * hits / (2 * hits + wrong) if hits else 0.0


def scores(items: Sequence[RbrItem], name: str) -> str:
    table = table_of(items, name)
    support = table[True, True] + table[True, False]
    pairs = [(str(gold), str(said)) for (gold, said), n in table.items() for _ in range(n)]
    base = 2 * support / (len(items) + support)
    return (
        f"F1 {f1(items, name):.2f}  (always yes {base:.2f})  support {support:3} of {len(items)}"
        f"  hits {table[True, True]} false {table[False, True]} missed {table[True, False]}"
        f"  kappa {kappa(pairs):.2f}"
    )


def json_lines(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def ifeval_answers(data: Path) -> Iterator[str]:
    for path in sorted((data / "ifeval").glob("responses_*.jsonl.gz")):
        yield from (row["response"] for row in json_lines(path) if row["response"])


def pandalm_answers(data: Path) -> Iterator[str]:
    for row in json_lines(data / "pandalm" / "testset_v1_labelled.jsonl.gz"):
        yield from (str(row[name]) for name in ("response1", "response2"))


def syco_answers(data: Path, *names: str) -> Iterator[str]:
    csv.field_size_limit(10**7)
    for name in names:
        path = data / "syco_bench" / f"{name}_results.csv.gz"
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                yield from (row[key] for key in row if key.startswith("response"))


def tau_turns(data: Path) -> Iterator[str]:
    for row in json_lines(data / "tau_bench_airline" / "gpt-4o-airline.jsonl.gz"):
        for message in row["traj"]:
            if message["role"] == "assistant" and message.get("content"):
                yield message["content"]


def ifeval(data: Path) -> None:
    """Agreement with the recorded strict verdicts, with each library that tells languages."""
    folder = data / "ifeval"
    with (folder / "input_data.jsonl").open("rb") as lines:
        prompts = parse_ifeval_prompts(lines)
    responses = []
    for path in sorted(folder.glob("responses_*.jsonl.gz")):
        with gzip.open(path) as lines:
            responses += parse_ifeval_responses(lines, prompts)
    libraries = identifiers()
    print(f"IFEval, strict verdicts (languages told by: {', '.join(libraries)})")
    for library, identify in libraries.items():
        kinds: Counter[str] = Counter()
        models: Counter[str] = Counter()
        other: list[tuple[str, str, int]] = []
        for response in responses:
            prompt = prompts[response.key]
            for kind, given, verdict in zip(
                prompt.instruction_id_list, prompt.kwargs, response.strict, strict=True
            ):
                if library == NONE and kind in LANGUAGE_KINDS:
                    continue
                kinds[kind] += 1
                models[response.model] += 1
                if follow(instruction(kind, given), response.text, identify).passed != verdict:
                    other.append((kind, response.model, response.key))
        total = kinds.total()
        print(f"  {library}: {total - len(other)} of {total} agree ({1 - len(other) / total:.4f})")
        for name, counts, position in (("kind", kinds, 0), ("model", models, 1)):
            lost = Counter(row[position] for row in other)
            for value in sorted(counts):
                share = 1 - lost[value] / counts[value]
                print(f"    {name:6} {value:46} n {counts[value]:4}  agreement {share:.4f}")
        for kind, model, key in other:
            print(f"    disagreement: {kind}, {model}, prompt {key}")


NONE = "no library: those kinds left out"
LANGUAGE_KINDS = (
    "language:response_language",
    "change_case:english_capital",
    "change_case:english_lowercase",
)


def identifiers() -> dict[str, Callable[[str], str]]:
    found: dict[str, Callable[[str], str]] = {}
    for name in ("py3langid", "langdetect"):
        try:
            library = import_module(name)
        except ImportError:
            continue
        if name == "py3langid":
            found[name] = lambda text, library=library: library.classify(text)[0]
        else:
            library.DetectorFactory.seed = 0  # it draws random numbers

            def langdetect(text: str, library: ModuleType = library) -> str:
                try:
                    return library.detect(text)
                except library.LangDetectException:  # no letters at all: IFEval lets it pass
                    return "en"

            found[name] = langdetect
    return found or {NONE: lambda _: ""}


def speed() -> None:
    answer = "I cannot do that. It is important to treat people well and with respect. " * 28
    begin = time.perf_counter()
    for _ in range(500):
        refusal_class(answer)
    each = (time.perf_counter() - begin) / 500
    print(f"Speed: {each * 1000:.2f} ms for an answer of {len(answer)} characters")


def main() -> int:
    if "ADHERE_DATA" not in os.environ:
        print("ADHERE_DATA is not set: there is nothing to measure on")
        return 0
    data = Path(os.environ["ADHERE_DATA"])
    refusals(data)
    elsewhere(data)
    if "--quick" not in sys.argv:
        ifeval(data)
    style(data)
    speed()
    return 0


if __name__ == "__main__":
    sys.exit(main())
