"""The texts that instructions were labelled in, chosen by a fixed rule and read from recordings.

Of each source the texts with the smallest SHA-256 of ``source/id`` are taken, so many a source and
none longer than `LONGEST` characters (a policy that is one of a kind is taken whatever its length).
None of the words is in this repository: ``tests/data/extraction_labels.jsonl`` holds positions.

What is labelled: every stretch that asks the assistant for something, forbids or allows it. A
question that only wants an answer is none. Kinds: ``language``; ``length`` (also how many parts);
``format`` (also what separates parts, letters and punctuation); ``wording`` (words to be said, or
not); ``persona``; ``topic``; ``secrecy``; ``override`` (of other instructions); ``action`` (to
send, buy, change, delete something in the world); ``tool`` (which tools, when, how); ``other``
(the task itself, rules of a business).
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from adhere.compiler import compile_spec
from adhere.conversation import ContentPart, Conversation, Message, Role

LONGEST = 2_500
SPEC = "openai_model_spec/2025-12-18-rev2/model_spec.md"
AGENTS = "agentdyn/gpt-4o-2024-08-06.jsonl.gz"


class Text(NamedTuple):
    """A text: what was said before the first answer that is not given by the recording."""

    source: str
    id: str
    conversation: Conversation

    @property
    def name(self) -> str:
        return f"{self.source}/{self.id}"

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.name.encode()).hexdigest()

    @property
    def is_for_writing(self) -> bool:
        """Whether rules may be written by it: the other half is for reporting only."""
        return int(self.digest, 16) % 2 == 0

    @property
    def length(self) -> int:
        return sum(len(message.text) for message in self.conversation)


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def table(path: Path) -> Iterator[dict[str, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def user(words: str) -> Conversation:
    return (Message(Role.USER, words),)


def plain(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["content"] for part in content)


def tau_policy(data: Path) -> Iterator[tuple[str, Conversation]]:
    wiki = (data / "tau_bench_airline/wiki.md").read_text(encoding="utf-8")
    yield "wiki", (Message(Role.SYSTEM, wiki),)


def tau_user(data: Path) -> Iterator[tuple[str, Conversation]]:
    for row in rows(data / "tau_bench_airline/gpt-4o-airline.jsonl.gz"):
        first = next(turn for turn in row["traj"] if turn["role"] == "user")
        yield f"{row['task_id']}.{row['trial']}", user(first["content"])


def agent_system(data: Path) -> Iterator[tuple[str, Conversation]]:
    first = next(rows(data / AGENTS))["messages"][0]
    yield "0", (Message(Role.SYSTEM, plain(first["content"])),)


def agent_user(data: Path) -> Iterator[tuple[str, Conversation]]:
    for row in rows(data / AGENTS):
        turn = next(turn for turn in row["messages"] if turn["role"] == "user")
        yield f"{row['suite_name']}.{row['user_task_id']}", user(plain(turn["content"]))


def agent_injection(data: Path) -> Iterator[tuple[str, Conversation]]:
    for row in rows(data / AGENTS):
        for words in (row["injections"] or {}).values():
            if row["injection_task_id"]:
                id_ = f"{row['suite_name']}.{row['injection_task_id']}"
                yield id_, (Message(Role.TOOL, words, name="tool"),)


def ifeval(data: Path) -> Iterator[tuple[str, Conversation]]:
    for line in (data / "ifeval/input_data.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield str(row["key"]), user(row["prompt"])


def llmbar(data: Path) -> Iterator[tuple[str, Conversation]]:
    for row in rows(data / "llmbar/items.jsonl.gz"):
        yield f"{row['subset']}.{row['idx']}", user(row["input"])


def xstest(data: Path) -> Iterator[tuple[str, Conversation]]:
    for row in table(data / "xstest/xstest_prompts.csv"):
        yield row["id"], user(row["prompt"])


def rbr(data: Path) -> Iterator[tuple[str, Conversation]]:
    for row in rows(data / "openai_rbr_gold/rbr_gold_train_no_sexual.jsonl.gz"):
        turns = tuple(Message(Role(turn["role"]), turn["content"]) for turn in row["prompt"])
        yield str(row["source_line"]), turns


def syco(data: Path) -> Iterator[tuple[str, Conversation]]:
    for row in table(data / "syco_bench/delusion_results.csv.gz"):
        words = row["statement"]
        yield hashlib.sha256(words.encode()).hexdigest()[:12], user(words)


def spec(data: Path) -> Iterator[tuple[str, Conversation]]:
    yield from (one for one in examples(data) if has_operator(one[1]))


def spec_user(data: Path) -> Iterator[tuple[str, Conversation]]:
    yield from (one for one in examples(data) if not has_operator(one[1]))


def has_operator(turns: Conversation) -> bool:
    return any(turn.role in (Role.SYSTEM, Role.DEVELOPER) and turn.text for turn in turns)


def examples(data: Path) -> Iterator[tuple[str, Conversation]]:
    compiled = compile_spec((data / SPEC).read_bytes(), name="spec").spec
    assert compiled is not None
    for _, example in compiled.examples():
        turns = tuple(
            Message(
                Role(turn.role),
                tuple(ContentPart(part.kind, part.text) for part in turn.parts),
                name=turn.name,
            )
            for turn in example.turns
        )
        yield example.id, turns


Reader = Callable[[Path], Iterator[tuple[str, Conversation]]]

SOURCES: tuple[tuple[str, Reader, int], ...] = (
    ("tau_bench_policy", tau_policy, 1),
    ("tau_bench_user", tau_user, 1),
    ("agentdyn_system", agent_system, 1),
    ("agentdyn_user", agent_user, 11),
    ("agentdyn_injection", agent_injection, 3),
    ("ifeval", ifeval, 24),
    ("llmbar", llmbar, 6),
    ("xstest", xstest, 2),
    ("rbr", rbr, 2),
    ("syco_bench", syco, 1),
    ("model_spec", spec, 20),
    ("model_spec_user", spec_user, 8),
)
"""Where texts come from, and how many of each."""


def chosen(data: Path) -> list[Text]:
    """Return the texts."""
    texts: list[Text] = []
    for source, read, count in SOURCES:
        found = {id_: Text(source, id_, conversation) for id_, conversation in read(data)}
        short = [t for t in found.values() if count == 1 or t.length <= LONGEST]
        texts += sorted(short, key=lambda text: text.digest)[:count]
    return texts
