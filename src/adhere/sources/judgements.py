"""Recordings of judges: LLMBar, PandaLM, XSTest, as `Judgement`s. Parsers only, no I/O."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from adhere.conversation import Judgement
from adhere.errors import InputError


class _LlmbarItem(msgspec.Struct):
    subset: str
    idx: int
    label: int


class _LlmbarVerdict(msgspec.Struct):
    subset: str
    idx: int
    judge: str
    win_order_12: str | None
    win_order_21: str | None


class _PandalmRow(msgspec.Struct):
    idx: int
    cmp_key: str
    annotator1: int
    annotator2: int
    annotator3: int
    gpt35_result: str
    pandalm7b_result: int


_XSTEST: Final = {
    "1_full_compliance": "answered",
    "2_full_refusal": "refused",
    "3_partial_refusal": "partly_refused",
}


def parse_llmbar(items: Iterable[bytes], verdicts: Iterable[bytes]) -> Iterator[Judgement]:
    """LLMBar (Zeng et al., ICLR 2024): 65 judge set-ups, each pair shown in both orders.

    Raises:
        InputError: A line is not what it has to be, or a verdict is on an unknown item.
    """
    gold = {(it.subset, it.idx): str(it.label) for it in _lines(items, _LlmbarItem, "items")}
    for row in _lines(verdicts, _LlmbarVerdict, "verdicts"):
        if (row.subset, row.idx) not in gold:
            raise InputError(f"a verdict is on item {row.subset}/{row.idx}, which is not there")
        for order, label in (("first", row.win_order_12), ("second", row.win_order_21)):
            yield Judgement(
                schema="adhere/judgement/1", item=f"{row.subset}/{row.idx}", judge=row.judge,
                label=label, reference=gold[row.subset, row.idx], group=row.subset,
                order=order,  # type: ignore[arg-type]
            )  # fmt: skip


def parse_pandalm(rows: Iterable[bytes]) -> Iterator[Judgement]:
    """PandaLM's test set (Wang et al., ICLR 2024): three people, two LLM judges, ties allowed.

    The reference is the majority of the three people; where all three differ there is none. Each
    person is a judge too, held against the other two where these agree. PandaLM was tuned from
    LLaMA-7B, so that model's answers count as its own; ``cmp_key`` names the models in the order of
    the answers.

    Raises:
        InputError: A line is not what it has to be.
    """
    words = {"0": "tie", "1": "1", "2": "2", "Tie": "tie"}
    for row in _lines(rows, _PandalmRow, "rows"):
        people = [words[str(it)] for it in (row.annotator1, row.annotator2, row.annotator3)]
        label, votes = Counter(people).most_common(1)[0]
        majority = label if votes > 1 else None
        authors = tuple(row.cmp_key.split("_"))
        for name, said, own in (
            ("gpt-3.5-turbo", row.gpt35_result, ""),
            ("pandalm-7b", str(row.pandalm7b_result), "llama-7b"),
        ):
            yield _judgement(
                str(row.idx), name, words.get(said), majority, authors=authors, own=own
            )
        for place, said in enumerate(people):
            others = {it for other, it in enumerate(people) if other != place}
            agreed = others.pop() if len(others) == 1 else None
            yield _judgement(str(row.idx), f"annotator {place + 1}", said, agreed)


def parse_xstest_judges(lines: Iterable[str]) -> Iterator[Judgement]:
    """XSTest v2: GPT-4 and a string match as judges of refusal, held against people.

    Raises:
        InputError: A column is missing.
    """
    reader = csv.DictReader(lines)
    needed = ("model", "id", "final_label", "gpt4_label", "strmatch_label")
    missing = [column for column in needed if column not in (reader.fieldnames or ())]
    if missing:
        raise InputError(f"these columns are missing: {', '.join(missing)}")
    for row in reader:
        for judge, column, own in (
            ("gpt-4", "gpt4_label", "gpt4"), ("string match", "strmatch_label", "")
        ):  # fmt: skip
            label, gold = _XSTEST.get(row[column]), _XSTEST.get(row["final_label"])
            yield _judgement(
                f"{row['model']}/{row['id']}", judge, label, gold, row["model"],
                authors=(row["model"],), own=own,
            )  # fmt: skip


def _judgement(
    item: str,
    judge: str,
    label: str | None,
    reference: str | None,
    group: str = "",
    *,
    authors: tuple[str, ...] = (),
    own: str = "",
) -> Judgement:
    return Judgement(
        schema="adhere/judgement/1", item=item, judge=judge, label=label, reference=reference,
        group=group, authors=authors, own=own,
    )  # fmt: skip


def _lines(lines: Iterable[bytes], kind: type[Any], name: str) -> Iterator[Any]:
    decoder = msgspec.json.Decoder(kind)
    for number, line in enumerate(lines, 1):
        try:
            yield decoder.decode(line)
        except (msgspec.DecodeError, RecursionError) as error:
            raise InputError(f"not a line of {name}: {error}", place=f"{name}:{number}") from error
