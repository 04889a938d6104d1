"""Figures that others published about recorded answers, computed again with our code.

``ADHERE_DATA=… python benchmarks/published_figures.py`` prints one line a figure: what was
published, what comes out here, and whether they are equal to the printed digit. Exit code 1 where
one is not.

The replication of the Model Spec evaluation prints its intervals with 1.96 rounded, our code with
the quantile itself; `SOURCE_QUANTILE` undoes that before comparing.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adhere.compiler import compile_spec
from adhere.evaluate.inference import (
    Estimate,
    fixed_benchmark,
    mcnemar,
    mean,
    paired_gap,
    pass_hat,
)
from adhere.judge.agreement import cohen_kappa, fleiss_kappa

SOURCE_QUANTILE = 1.96 / 1.959963984540054

Line = tuple[str, str, str]
"""Quantity, published, computed here."""


def rows(path: Path) -> list[dict[str, Any]]:
    """Read a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def half(estimate: Estimate, digits: int = 3) -> str:
    """A half-width in points, as the source rounds its quantile."""
    return f"{100 * estimate.half_width * SOURCE_QUANTILE:.{digits}f}"


def replication(data: Path) -> Iterator[Line]:
    """The independent replication of the Model Spec evaluation, GPT-5 Thinking against Sol."""
    folder = data / "model_spec_evals_replication"
    with (folder / "sol_vs_gpt5thinking_by_prompt.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    sol = [float(row["sol_rate"]) for row in table]
    gpt = [float(row["gpt5_thinking_rate"]) for row in table]
    focus = [row["focus_id"] for row in table]
    section = [row["section_id"] for row in table]
    for name, rates, count, wanted in (
        ("GPT-5 Thinking", gpt, "gpt5_n", ("89.983", "0.632", "2.076", "2.500", "3.291")),
        ("GPT-5.6 Sol", sol, "sol_n", ("85.639", "0.442", "2.510", "3.036", "3.873")),
    ):
        answers = [int(row[count]) for row in table]
        yield f"{name} mean", wanted[0], f"{100 * mean(rates).value:.3f}"
        yield (
            f"{name}: fixed-benchmark half-width",
            wanted[1],
            half(fixed_benchmark(rates, answers)),
        )
        yield (
            f"{name}: prompt-clustered half-width",
            wanted[2],
            half(mean(rates, quantile="normal")),
        )
        yield f"{name}: focus-clustered half-width", wanted[3], half(mean(rates, focus, "normal"))
        yield (
            f"{name}: section-clustered half-width",
            wanted[4],
            half(mean(rates, section, "normal")),
        )
    gap = paired_gap(gpt, sol, quantile="normal")
    yield "paired gap", "4.344", f"{100 * gap.value:.3f}"
    yield "paired half-width", "2.186", half(gap)
    yield "paired z", "3.895", f"{gap.z:.3f}"
    yield "paired p", "9.81e-05", f"{gap.p:.2e}"
    for name, clusters, count, wanted in (
        ("focus", focus, "225", ("2.439", "4.8e-04")),
        ("section", section, "51", ("2.387", "3.6e-04")),
    ):
        found = paired_gap(gpt, sol, clusters, "normal")
        yield f"{name} clusters", count, str(found.clusters)
        yield f"paired half-width by {name}", wanted[0], half(found)
        yield f"paired p by {name}", wanted[1], f"{found.p:.1e}"
    widths = [mean(rates, quantile="normal").half_width for rates in (gpt, sol)]
    unpaired = (widths[0] ** 2 + widths[1] ** 2) ** 0.5
    yield "unpaired half-width", "3.257", f"{100 * unpaired * SOURCE_QUANTILE:.3f}"
    yield from _replication_groups(table, gpt, sol)
    yield from _replication_levels(data, table, gpt, sol)


def _replication_groups(
    table: list[dict[str, str]], gpt: list[float], sol: list[float]
) -> Iterator[Line]:
    from scipy import stats  # noqa: PLC0415

    gaps = [one - other for one, other in zip(gpt, sol, strict=True)]
    yield "correlation of rates", "0.560", f"{stats.pearsonr(gpt, sol).statistic:.3f}"
    yield "sd of the gaps", "0.2702", f"{stats.tstd(gaps):.4f}"
    passes = Counter((g >= 0.5, s >= 0.5) for g, s in zip(gpt, sol, strict=True))
    found = [passes[True, True], passes[False, False], passes[True, False], passes[False, True]]
    yield "both pass/both fail/Sol only/GPT-5 only fails", "490/30/46/21", "/".join(map(str, found))
    yield "McNemar, ties pass", "0.0031", f"{mcnemar(found[2], found[3]):.4f}"
    strict = Counter((g > 0.5, s > 0.5) for g, s in zip(gpt, sol, strict=True))
    ties = (strict[True, False], strict[False, True])
    yield "discordant, ties fail", "52 v 18", f"{ties[0]} v {ties[1]}"
    yield "McNemar, ties fail", "5.8e-05", f"{mcnemar(*ties):.1e}"
    published = {
        "chain_of_command": ("96", "93.1/86.9", "5.1"), "seek_truth": ("120", "91.5/85.2", "4.5"),
        "best_work": ("84", "86.9/81.8", "7.3"), "stay_in_bounds": ("149", "87.2/83.8", "3.7"),
        "style": ("138", "91.3/89.4", "4.8"),
    }  # fmt: skip
    for name, (count, rates, width) in published.items():
        of = [i for i, row in enumerate(table) if row["top_level_section"] == name]
        one, other = [gpt[i] for i in of], [sol[i] for i in of]
        yield f"{name}: prompts", count, str(len(of))
        shown = f"{100 * mean(one).value:.1f}/{100 * mean(other).value:.1f}"
        yield f"{name}: GPT-5 T / Sol", rates, shown
        yield (
            f"{name}: paired half-width",
            width,
            half(paired_gap(one, other, quantile="normal"), 1),
        )


def _replication_levels(
    data: Path, table: list[dict[str, str]], gpt: list[float], sol: list[float]
) -> Iterator[Line]:
    source = data / "openai_model_spec/2025-12-18-rev2/model_spec.md"
    spec = compile_spec(source.read_bytes()).require()
    level = {section.id: str(section.authority) for section in spec.walk()}
    for name, wanted in (
        ("guideline", "n=208 7.0 +/- 4.0"), ("root", "n=206 4.3 +/- 3.2"),
        ("user", "n=145 -0.1 +/- 4.3"),
    ):  # fmt: skip
        of = [i for i, row in enumerate(table) if level.get(row["section_id"]) == name]
        gap = paired_gap([gpt[i] for i in of], [sol[i] for i in of], quantile="normal")
        yield (
            f"gap at level {name}",
            wanted,
            f"n={len(of)} {100 * gap.value:.1f} +/- {half(gap, 1)}",
        )


def pandalm(data: Path) -> Iterator[Line]:
    """PandaLM's test set: three people and two LLM judges."""
    table = rows(data / "pandalm/testset_v1_labelled.jsonl.gz")
    people = [[row[f"annotator{n}"] for n in (1, 2, 3)] for row in table]
    for one, other, wanted in ((0, 1, "0.85"), (0, 2, "0.88"), (1, 2, "0.86")):
        kappa = cohen_kappa([p[one] for p in people], [p[other] for p in people])
        yield f"kappa of annotators {one + 1} and {other + 1}", wanted, f"{kappa:.2f}"
    majority = [Counter(person).most_common(1)[0][0] for person in people]
    shown = "/".join(str(Counter(majority)[label]) for label in (0, 1, 2))
    yield "majority tie/first/second", "105/422/472", shown
    for judge, wanted in (("gpt35_result", "0.698"), ("pandalm7b_result", "0.668")):
        said = [{"1": 1, "2": 2, "Tie": 0, "0": 0}.get(str(row[judge]), -1) for row in table]
        share = sum(a == b for a, b in zip(said, majority, strict=True)) / len(table)
        yield f"{judge} agrees with the majority", wanted, f"{share:.3f}"


def llmbar(data: Path) -> Iterator[Line]:
    """LLMBar: accuracy of LLM judges over both orders, and whether the orders agree."""
    gold = {
        (row["subset"], row["idx"]): str(row["label"])
        for row in rows(data / "llmbar/items.jsonl.gz")
    }
    verdicts: dict[tuple[str, str], list[tuple[str, Any, Any]]] = defaultdict(list)
    for row in rows(data / "llmbar/verdicts.jsonl.gz"):
        label = gold[row["subset"], row["idx"]]
        pair = (label, row["win_order_12"], row["win_order_21"])
        verdicts[row["judge"], row["subset"].rsplit("/", 1)[-1]].append(pair)
    yield "judge set-ups", "65", str(len({judge for judge, _ in verdicts}))
    subsets = ("Natural", "Neighbor", "GPTInst", "GPTOut", "Manual")
    for judge, wanted in (
        ("GPT-4/Vanilla", ("95.5", "78.7", "86.4", "77.7", "80.4")),
        ("ChatGPT/Vanilla", ("81.5", "19.4", "26.6", "41.5", "34.8")),
    ):
        for name, figure in zip(subsets, wanted, strict=True):
            yield f"{judge} {name}", figure, _accuracy(verdicts[judge, name])
    for name, figure in zip(subsets, ("95.0", "93.3", "94.6", "93.6", "82.6"), strict=True):
        found = verdicts["GPT-4/Vanilla", name]
        yield f"GPT-4/Vanilla {name}, same in both orders", figure, _same(found)
    bench = next(v for (j, s), v in verdicts.items() if j == "GPT-4/Vanilla_NoRules" and "MT" in s)
    yield "GPT-4/Vanilla_NoRules MT-Bench", "81.0", _accuracy(bench)
    yield "GPT-4/Vanilla_NoRules MT-Bench, same in both orders", "87.0", _same(bench)


def _accuracy(found: list[tuple[str, Any, Any]]) -> str:
    hits = sum((one == label) + (other == label) for label, one, other in found)
    return f"{100 * hits / (2 * len(found)):.1f}"


def _same(found: list[tuple[str, Any, Any]]) -> str:
    return f"{100 * sum(one == other for _, one, other in found) / len(found):.1f}"


def tau_bench(data: Path) -> Iterator[Line]:
    """tau-bench airline, gpt-4o: pass^k."""
    trials: dict[int, list[bool]] = defaultdict(list)
    for row in rows(data / "tau_bench_airline/gpt-4o-airline.jsonl.gz"):
        trials[row["task_id"]].append(row["reward"] == 1.0)
    hits = [sum(found) for found in trials.values()]
    counts = [len(found) for found in trials.values()]
    for k, wanted in enumerate(("0.420", "0.273", "0.220", "0.200"), 1):
        yield f"pass^{k}", wanted, f"{pass_hat(hits, counts, k):.3f}"


def ifeval(data: Path) -> Iterator[Line]:
    """IFEval: strict accuracy by prompt and by instruction, from the recorded verdicts."""
    published = {
        "gpt-4-20231107": ".7722/.8377", "gpt-4o-2024-08-06": ".8410/.8861",
        "o1-preview-2024-09-12": ".8207/.8669", "claude-3-5-sonnet-20240620": ".8226/.8813",
        "Qwen__Qwen2.5-7B-Instruct-GPTQ-Int4": ".7301/.8058",
        "mistralai__Mistral-7B-Instruct-v0.3": ".4713/.5899",
    }  # fmt: skip
    for name, wanted in published.items():
        table = rows(data / f"ifeval/responses_{name}.jsonl.gz")
        single = [verdict for row in table for verdict in row["strict"]]
        prompt = sum(row["strict_all"] for row in table) / len(table)
        shown = f"{prompt:.4f}/{sum(single) / len(single):.4f}".replace("0.", ".")
        yield f"{name.split('__')[-1]}", wanted, shown


def xstest(data: Path) -> Iterator[Line]:
    """XSTest: agreement of the two people, and of two instruments with the label."""
    with gzip.open(data / "xstest/xstest_v2_labelled.csv.gz", "rt", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    for model, wanted in (
        ("gpt4", "0.97"), ("llama2orig", "0.93"), ("llama2new", "0.93"),
        ("mistralinstruct", "0.92"), ("mistralguard", "0.89"),
    ):  # fmt: skip
        people = [
            [row["annotation_1"], row["annotation_2"]] for row in table if row["model"] == model
        ]
        yield f"Fleiss' kappa {model}", wanted, f"{fleiss_kappa(people):.2f}"
    gold = [row["final_label"] != "1_full_compliance" for row in table]
    for column, wanted in (("strmatch_label", ".884/.770"), ("gpt4_label", ".826/.655")):
        # The source counts the 11 cells in which GPT-4 broke its format as "no refusal". Our own
        # judges call such an answer unparsed and leave it out of the first denominator.
        said = [row[column] in ("2_full_refusal", "3_partial_refusal") for row in table]
        share = sum(a == b for a, b in zip(said, gold, strict=True)) / len(gold)
        shown = f"{share:.3f}/{cohen_kappa(gold, said):.3f}".replace("0.", ".")
        yield f"{column}: accuracy/kappa of refusal", wanted, shown


def syco_bench(data: Path) -> Iterator[Line]:
    """Syco-Bench: averages of 24 configurations of 12 models, paired under opposite stances."""
    folder = data / "syco_bench"
    side = _of_configurations(folder / "pickside_results.csv.gz", "score1", "score2")
    mirrored = _of_configurations(folder / "mirror_results.csv.gz", "score1", "score2")
    said = _of_configurations(folder / "whosaid_results.csv.gz", "score_self", "score_friend")
    deluded = _of_configurations(folder / "delusion_results.csv.gz", "median_score")
    with (folder / "master_results.csv").open(newline="", encoding="utf-8") as file:
        published = list(csv.DictReader(file))
    for row in published:
        of, name = row["Folder"], row["Name"]
        gap = paired_gap([mine for mine, _ in said[of]], [friend for _, friend in said[of]])
        computed = {
            "pickside_average": mean([one + other for one, other in side[of]]).value,
            "mirror_difference": mean([abs(one - other) for one, other in mirrored[of]]).value,
            "whosaid_self_average": mean([mine for mine, _ in said[of]]).value,
            "whosaid_friend_average": mean([friend for _, friend in said[of]]).value,
            "whosaid_difference_average": gap.value,
            "delusion_average": mean([score for (score,) in deluded[of]]).value,
        }
        for quantity, value in computed.items():
            # Published with the noise of binary floats; the scores are means of whole numbers.
            yield f"{name}: {quantity}", f"{float(row[quantity]):.3f}", f"{value:.3f}"


def _of_configurations(path: Path, *columns: str) -> dict[str, list[tuple[float, ...]]]:
    found: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["Folder"]].append(tuple(float(row[column]) for column in columns))
    return found


def main() -> int:
    """Print the table; 1 where a figure is not the published one."""
    where = os.environ.get("ADHERE_DATA")
    if where is None:
        print("ADHERE_DATA is not set: there is nothing to compute the published figures from")
        return 0
    data, differing, total = Path(where), 0, 0
    for source in (replication, pandalm, llmbar, tau_bench, ifeval, xstest, syco_bench):
        print(f"\n{source.__doc__}")
        for quantity, published, computed in source(data):
            total += 1
            equal = published == computed
            differing += not equal
            print(f"  {quantity:52} {published:>20} {computed:>20} {'' if equal else 'DIFFERS'}")
    print(f"\n{total - differing} of {total} figures equal the published ones to the printed digit")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
