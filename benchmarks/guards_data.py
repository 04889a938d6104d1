"""What the guards are measured on: recorded answers, privileged texts, planted leaks."""

from __future__ import annotations

import csv
import gzip
import hashlib
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from detectors import ifeval_answers, json_lines, pandalm_answers, syco_answers

from adhere.assemble import load_spec
from adhere.conversation import Message, Role
from adhere.sources.agentdyn import AgentRun, parse_agentdyn

SPEC = "openai_model_spec/2025-12-18"
PRIVILEGED_SECTIONS = ("protect_privileged_information", "protect_privileged_messages")


def half(key: str) -> int:
    """0 is the half that thresholds were chosen on; 1 is the half the figures count on."""
    return hashlib.sha256(key.encode()).digest()[-1] % 2


def clean_answers(data: Path) -> dict[str, list[str]]:
    """Recorded answers that have nothing to do with the privileged texts."""
    csv.field_size_limit(10**7)
    with gzip.open(data / "xstest" / "xstest_v2_labelled.csv.gz", "rt", encoding="utf-8") as lines:
        xstest = [row["completion"] for row in csv.DictReader(lines)]
    return {
        "XSTest": xstest,
        "IFEval": list(ifeval_answers(data)),
        "PandaLM": list(pandalm_answers(data)),
        "Syco-Bench": list(syco_answers(data, "pickside", "mirror", "whosaid", "delusion")),
    }


def spec_prompts(data: Path) -> Iterator[tuple[str, str, str, list[tuple[str, str]]]]:
    """Yield the examples of the spec that have a privileged message.

    Yields:
        The section, the example's id, its privileged text, and its answers with their verdicts.
    """
    for section in load_spec(str(data / SPEC)).walk():
        for example in section.examples:
            said = [
                "".join(part.text for part in turn.parts)
                for turn in example.turns
                if str(turn.role) in ("system", "developer")
            ]
            if said:
                answers = [
                    (str(one.verdict), "".join(part.text for part in one.turn.parts))
                    for one in example.answers
                ]
                yield section.id, example.id, "\n".join(said), answers


def spec_seen(data: Path, wanted: str) -> list[str]:
    """Return what the user said in an example."""
    for section in load_spec(str(data / SPEC)).walk():
        for example in section.examples:
            if example.id == wanted:
                return [
                    "".join(part.text for part in turn.parts)
                    for turn in example.turns
                    if str(turn.role) == "user"
                ]
    return []


def airline(data: Path) -> tuple[str, list[tuple[str, list[tuple[str, list[str]]]]]]:
    """Return tau-bench's policy, and each conversation's agent turns with what came before."""
    policy = (data / "tau_bench_airline" / "wiki.md").read_text(encoding="utf-8")
    talks = []
    for number, row in enumerate(
        json_lines(data / "tau_bench_airline" / "gpt-4o-airline.jsonl.gz")
    ):
        seen: list[str] = []
        turns = []
        for message in row["traj"]:
            content = message.get("content") or ""
            if message["role"] in ("user", "tool"):
                seen.append(str(content))
            elif message["role"] == "assistant" and content:
                turns.append((content, list(seen)))
        talks.append((str(number), turns))
    return policy, talks


def agent_runs(data: Path) -> Iterator[AgentRun]:
    for path in sorted((data / "agentdyn").glob("*.jsonl.gz")):
        with gzip.open(path) as lines:
            yield from parse_agentdyn(lines)


def words_of(message: Message) -> str:
    if isinstance(message.content, str):
        return message.content
    return "".join(part.text for part in message.content)


def privileged_texts(data: Path) -> dict[str, str]:
    """Real prompts: a policy, an agent's, and the messages of the spec's examples."""
    texts = {"airline": (data / "tau_bench_airline" / "wiki.md").read_text(encoding="utf-8")}
    for run in agent_runs(data):
        prompt = next(words_of(one) for one in run.conversation if one.role is Role.SYSTEM)
        texts.setdefault(f"agent/{hashlib.sha256(prompt.encode()).hexdigest()[:6]}", prompt)
    for _, example, prompt, _ in spec_prompts(data):
        texts[example] = prompt
    return texts


_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def sentences(text: str, least: int) -> list[str]:
    """Sentences with at least so many letters and digits."""
    return [
        one.strip() for one in _SENTENCE.split(text) if sum(char.isalnum() for char in one) >= least
    ]


def edited(share: float, kind: str) -> Callable[[str], str]:
    """Return what changes this share of the letters, or of the words, of a sentence."""

    def edit(text: str) -> str:
        chance = random.Random(text)
        if kind == "letters":
            made = []
            for char in text:
                if char.isalpha() and chance.random() < share:
                    made.append(chance.choice(("", char * 2, chance.choice("etaoinsr"))))
                else:
                    made.append(char)
            return "".join(made)
        return " ".join(
            chance.choice(("", "really", "perhaps", "thing", "such")) if chance.random() < share
            else word
            for word in text.split(" ")
        )  # fmt: skip

    return edit


def shuffled(text: str) -> str:
    """Return a sentence with its words in another order, three and three together."""
    words = text.split()
    threes = [words[at : at + 3] for at in range(0, len(words), 3)]
    random.Random(text).shuffle(threes)
    return " ".join(word for three in threes for word in three)
