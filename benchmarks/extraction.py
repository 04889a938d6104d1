"""Prints how far extraction by rules can be trusted, per kind, with its worst errors.

Needs recordings: the environment variable ADHERE_DATA. Two measures:

1. Against labels made by hand (tests/data/extraction_labels.jsonl), on the half of the texts that
   the rules were not written by and, beside it, on the other.
2. Against the kinds that IFEval's authors gave their own prompts, on prompts with no label of ours,
   and the values they meant (a language, a number with its relation).

``--errors`` lists what was missed and what was found without being there (in texts of the half
that rules may be written by, unless ``--half report``).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from extraction_texts import SOURCES, Text, chosen

from adhere.conversation import Conversation, Message, Role
from adhere.evaluate import rate
from adhere.extract import Extracted, Kind, Stretch, extract_by_rules
from adhere.spec import Authority

LABELS = Path(__file__).parent.parent / "tests/data/extraction_labels.jsonl"


class Label(NamedTuple):
    message: int
    start: int
    end: int
    kind: str
    polarity: str
    mode: str


class Found(NamedTuple):
    """A text with its labels and what was extracted from it, and the pairs among them."""

    text: Text
    labels: list[Label]
    extracted: list[Extracted]
    pairs: list[tuple[int, int]]


def read_labels() -> dict[str, list[dict[str, Any]]]:
    labels: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in LABELS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        labels[f"{row['source']}/{row['id']}"].append(row)
    return labels


def label_of(row: dict[str, Any], text: Text) -> Label:
    words = text.conversation[row["message"]].text[row["start"] : row["end"]]
    if hashlib.sha256(words.encode()).hexdigest() != row["sha256"]:
        raise SystemExit(f"{text.name}: the recording is not the one that was labelled")
    return Label(*(row[key] for key in Label._fields))


def whole(conversation: Conversation) -> list[Stretch]:
    """Give every character a voice: whose it is makes no difference to what is extracted."""
    return [Stretch(n, 0, len(m.text), Authority.USER) for n, m in enumerate(conversation)]


def overlap(label: Label, one: Extracted) -> float:
    """Share of the shorter of two stretches that lies in the other."""
    if label.message != one.message:
        return 0.0
    inside = min(label.end, one.end) - max(label.start, one.start)
    return max(0, inside) / max(1, min(label.end - label.start, one.end - one.start))


def paired(labels: Sequence[Label], extracted: Sequence[Extracted]) -> list[tuple[int, int]]:
    """Pair labels with extractions of the same kind that share half of the shorter, each once."""
    choices = sorted(
        (
            (-overlap(label, one), i, j)
            for i, label in enumerate(labels)
            for j, one in enumerate(extracted)
            if label.kind == one.kind and overlap(label, one) >= 0.5
        ),
    )
    pairs: list[tuple[int, int]] = []
    for _, i, j in choices:
        if all(i != a and j != b for a, b in pairs):
            pairs.append((i, j))
    return pairs


def merged(extracted: Iterable[Extracted]) -> list[Extracted]:
    """Keep one of several instructions that one stretch gives of one kind (a list of words)."""
    kept: dict[tuple[int, int, int, str], Extracted] = {}
    for one in extracted:
        kept.setdefault((one.message, one.start, one.end, one.kind), one)
    return list(kept.values())


def interval(outcomes: list[bool], clusters: list[str]) -> str:
    if not outcomes:
        return "     -                  "
    found = rate(outcomes, list(range(len(outcomes))), clusters)
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}] {found.hits:>3}/{found.total:<3}"


def independent(outcomes: list[bool]) -> str:
    return interval(outcomes, list(map(str, range(len(outcomes)))))


def table(name: str, results: Sequence[Found]) -> None:
    print(f"\n{name}: {len(results)} texts, {sum(len(r.labels) for r in results)} labels")
    print("  kind       precision                    recall                       polarity right")
    recall: dict[str, list[tuple[bool, str]]] = defaultdict(list)
    precision: dict[str, list[tuple[bool, str]]] = defaultdict(list)
    polarity: dict[str, list[tuple[bool, str]]] = defaultdict(list)
    for result in results:
        hit, used = {i for i, _ in result.pairs}, {j for _, j in result.pairs}
        for i, label in enumerate(result.labels):
            for key in (label.kind, "all"):
                recall[key].append((i in hit, result.text.name))
        for j, one in enumerate(result.extracted):
            for key in (str(one.kind), "all"):
                precision[key].append((j in used, result.text.name))
        for i, j in result.pairs:
            same = result.labels[i].polarity == result.extracted[j].polarity
            for key in (result.labels[i].kind, "all"):
                polarity[key].append((same, result.text.name))
    for kind in [*map(str, Kind), "all"]:
        cells = [
            interval([o for o, _ in rows[kind]], [c for _, c in rows[kind]])
            for rows in (precision, recall, polarity)
        ]
        print(f"  {kind:10} " + "  ".join(f"{cell:28}" for cell in cells).rstrip())


def confusions(results: Sequence[Found]) -> None:
    """Print what stands where a label was missed."""
    seen: Counter[tuple[str, str]] = Counter()
    for result in results:
        hit = {i for i, _ in result.pairs}
        for i, label in enumerate(result.labels):
            if i in hit:
                continue
            others = {str(o.kind) for o in result.extracted if overlap(label, o) >= 0.5}
            seen[label.kind, "+".join(sorted(others)) or "nothing"] += 1
    print("  missed labels, and what was found there instead:")
    for (kind, instead), count in seen.most_common():
        print(f"    {kind:10} -> {instead:30} {count}")


def errors(results: Sequence[Found]) -> None:
    for result in results:
        hit, used = {i for i, _ in result.pairs}, {j for _, j in result.pairs}
        for i, label in enumerate(result.labels):
            if i not in hit:
                words = result.text.conversation[label.message].text[label.start : label.end]
                print(f"  MISSED {label.kind:9} {words[:110]!r}   ({result.text.name})")
        for j, one in enumerate(result.extracted):
            if j not in used:
                print(
                    f"  WRONG  {one.kind:9} {one.key:24} {one.text[:90]!r}   ({result.text.name})"
                )


KINDS = {
    "language": {"language"}, "length_constraints": {"length"}, "keywords": {"wording"},
    "startend:end_checker": {"wording"}, "startend:quotation": {"format"},
    "change_case": {"format"}, "change_case:english_capital": {"format", "language"},
    "change_case:english_lowercase": {"format", "language"}, "punctuation": {"format"},
    "detectable_format": {"format"}, "detectable_format:number_bullet_lists": {"format", "length"},
    "detectable_format:multiple_sections": {"format", "length"},
    "detectable_format:constrained_response": {"format", "wording"},
    "detectable_content:number_placeholders": {"format"},
    "detectable_content:postscript": {"wording"}, "combination:repeat_prompt": {"wording"},
    "combination:two_responses": {"format", "length"},
    "length_constraints:nth_paragraph_first_word": {"length", "wording"},
}  # fmt: skip
"""Our kinds for those of IFEval's authors, by the longest prefix; any of them counts."""


def kinds_of(id_: str) -> set[str]:
    return KINDS.get(id_) or KINDS[id_.partition(":")[0]]


def value_right(id_: str, kwargs: dict[str, Any], extracted: Sequence[Extracted]) -> bool | None:
    """Whether a value is the one meant; None where that is not compared."""
    if id_ == "language:response_language":
        return any(
            one.key == "language" and one.allowed.one_of == (kwargs["language"],)
            for one in extracted
        )
    units = {"length_constraints:number_words": ("words", "num_words"),
             "length_constraints:number_sentences": ("sentences", "num_sentences")}  # fmt: skip
    if id_ not in units:
        return None
    unit, name = units[id_]
    number = kwargs[name]
    wanted = (
        {(number, None)}
        if kwargs["relation"] == "at least"
        else {(None, number - 1), (None, number)}
    )
    return any(
        one.key == f"length.{unit}"
        and one.allowed.range is not None
        and (one.allowed.range.min, one.allowed.range.max) in wanted
        for one in extracted
    )


def ifeval(data: Path, labelled: set[str], half: str, *, show: bool) -> None:
    """Compare with the kinds IFEval's authors gave."""
    recall: dict[str, list[bool]] = defaultdict(list)
    values: dict[str, list[bool]] = defaultdict(list)
    precision: dict[str, list[bool]] = defaultdict(list)
    count = 0
    for line in (data / "ifeval/input_data.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        name = f"ifeval/{row['key']}"
        even = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2 == 0
        if name in labelled or even != (half == "write"):
            continue
        count += 1
        conversation = (Message(Role.USER, row["prompt"]),)
        extracted = extract_by_rules(conversation, whole(conversation))
        kinds = {str(one.kind) for one in extracted}
        allowed: set[str] = set()
        for id_, kwargs in zip(row["instruction_id_list"], row["kwargs"], strict=True):
            wanted = kinds_of(id_)
            allowed |= wanted
            recall[id_].append(bool(wanted & kinds))
            right = value_right(id_, kwargs, extracted)
            if right is not None:
                values[id_].append(right)
            if show and (not wanted & kinds or right is False):
                got = [(one.key, one.allowed.one_of or one.allowed.range) for one in extracted]
                print(f"  {id_}: {row['prompt'][-300:]!r} {kwargs} {got}\n")
        for kind in kinds - {"other"}:
            precision[kind].append(kind in allowed)
    print(f"\nIFEval's own kinds, {half} half without our labelled prompts: {count} prompts")
    print(
        "  kind of its authors                            found                       value right"
    )
    for id_ in sorted(recall):
        cells = [independent(rows[id_]) for rows in (recall, values)]
        print(f"  {id_:45}  " + "  ".join(cells).rstrip(" -"))
    everything = [one for rows in recall.values() for one in rows]
    print(f"  {'all':45}  {independent(everything)}")
    print("  share of the prompts with an extracted kind whose authors gave it one of that kind:")
    for kind in sorted(precision):
        print(f"    {kind:10} {independent(precision[kind])}")


RARE = ("override", "secrecy", "topic", "persona", "tool", "action", "language")


def elsewhere(data: Path) -> None:
    """Count texts with kinds that few users' messages have, where nothing is labelled."""
    print("\nTexts of recordings, labelled or not, in which something of a kind is found")
    print("  source            texts  " + "".join(f"{kind:>10}" for kind in RARE))
    for source, read, _ in SOURCES:
        seen: Counter[str] = Counter()
        texts = dict(read(data))
        for conversation in texts.values():
            seen.update({str(o.kind) for o in extract_by_rules(conversation, whole(conversation))})
        print(f"  {source:17} {len(texts):>6}  " + "".join(f"{seen[kind]:>10}" for kind in RARE))


def results(data: Path) -> list[Found]:
    """Return every labelled text with what the rules find in it."""
    rows = read_labels()
    found = []
    for text in chosen(data):
        labels = [label_of(row, text) for row in rows[text.name]]
        extracted = merged(extract_by_rules(text.conversation, whole(text.conversation)))
        found.append(Found(text, labels, extracted, paired(labels, extracted)))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--half", choices=["write", "report"], default="write")
    asked = parser.parse_args()
    if "ADHERE_DATA" not in os.environ:
        print("ADHERE_DATA is not set: nothing to measure on")
        return 0
    data = Path(os.environ["ADHERE_DATA"])
    found = results(data)
    halves = {
        "report": [r for r in found if not r.text.is_for_writing],
        "write": [r for r in found if r.text.is_for_writing],
    }
    if asked.errors:
        errors(halves[asked.half])
        ifeval(data, {r.text.name for r in found}, asked.half, show=True)
        return 0
    table("The half the rules were not written by", halves["report"])
    confusions(halves["report"])
    table("The half the rules were written by", halves["write"])
    ifeval(data, {r.text.name for r in found}, "report", show=False)
    elsewhere(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
