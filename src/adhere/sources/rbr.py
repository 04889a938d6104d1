"""OpenAI's gold data for rule-based rewards: completions with propositions labelled by people.

Mu et al., "Rule Based Rewards for Language Model Safety", 2024 (arXiv 2411.01111). JSON lines with
``source_line``, ``category``, ``response_type`` (the behaviour that would be ideal), ``prompt`` and
``completion`` (messages) and ``propositions`` (what is true of the completion). A parser only.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from adhere.errors import InputError
from adhere.sources.imported import Refuse, stop


class RbrMessage(msgspec.Struct, frozen=True):
    """A message of the conversation."""

    role: str
    content: str


class RbrItem(msgspec.Struct, frozen=True):
    """A completion and what people found true of it.

    Attributes:
        source_line: Its place in the published file, which identifies it.
        category: What the request is about, and whether it should be complied with.
        response_type: The behaviour that would be ideal.
        prompt: The conversation so far.
        completion: The answer.
        propositions: By name, whether each is true of the answer.
    """

    source_line: int
    category: str
    response_type: str
    prompt: tuple[RbrMessage, ...]
    completion: tuple[RbrMessage, ...]
    propositions: dict[str, bool]

    @property
    def answer(self) -> str:
        """The answer's text."""
        return "\n".join(message.content for message in self.completion)


def parse_rbr(
    lines: Iterable[str | bytes], *, name: str = "rbr_gold_train.jsonl", refuse: Refuse = stop
) -> tuple[RbrItem, ...]:
    """Return the items.

    Args:
        lines: The file's lines.
        name: What to call it in errors.
        refuse: Given each line that cannot be taken.

    Raises:
        InputError: By default, a line is not an item, an item is there twice, or two have
            other propositions.
    """
    decoder = msgspec.json.Decoder(RbrItem)
    items: dict[int, RbrItem] = {}
    names: set[str] | None = None
    for number, line in enumerate(lines, 1):
        place = f"{name}:{number}"
        if not line.strip():
            continue
        try:
            item = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            refuse(InputError(f"not a row of the gold data: {error}", place=place))
            continue
        if item.source_line in items:
            refuse(InputError(f"line {item.source_line} is there twice", place=place))
        elif names is not None and item.propositions.keys() != names:
            refuse(InputError("it has other propositions than the rows before", place=place))
        else:
            names = set(item.propositions)
            items[item.source_line] = item
    return tuple(items.values())
