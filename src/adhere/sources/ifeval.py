"""IFEval: prompts with verifiable instructions, and recorded responses. Parsers only, no I/O.

Zhou et al., 2023 (arXiv 2311.07911). Prompts: JSON lines with ``key``, ``prompt``,
``instruction_id_list`` and ``kwargs``, one set of parameters an instruction. Responses: JSON lines
with ``model``, ``key``, ``response`` and the verdicts of the original checkers, ``strict`` and
``loose``, in the order of the prompt's instructions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from adhere.errors import InputError
from adhere.sources.imported import Refuse, stop

_Row = TypeVar("_Row")


class IfevalPrompt(msgspec.Struct, frozen=True):
    """A prompt and what it verifiably demands.

    Attributes:
        key: Its number.
        prompt: The text.
        instruction_id_list: Kinds of instructions, such as ``punctuation:no_comma``.
        kwargs: The parameters of each.
    """

    key: int
    prompt: str
    instruction_id_list: tuple[str, ...]
    kwargs: tuple[dict[str, Any], ...]


class IfevalResponse(msgspec.Struct, frozen=True):
    """A recorded response and what the original checkers said of each instruction.

    Attributes:
        model: Who answered.
        key: The prompt.
        response: The text; empty where there was none.
        strict: Verdicts on the response as it is.
        loose: Verdicts that forgive decoration around it.
    """

    model: str
    key: int
    response: str | None
    strict: tuple[bool, ...]
    loose: tuple[bool, ...]

    @property
    def text(self) -> str:
        """The response, never None."""
        return self.response or ""


def parse_ifeval_prompts(
    lines: Iterable[str | bytes], *, name: str = "input_data.jsonl", refuse: Refuse = stop
) -> dict[int, IfevalPrompt]:
    """Return the prompts by their keys.

    Args:
        lines: The file's lines.
        name: What to call it in errors.
        refuse: Given each line that cannot be taken.

    Raises:
        InputError: By default, a line is not a prompt, a key comes twice, or kinds and
            parameters do not pair.
    """
    prompts: dict[int, IfevalPrompt] = {}
    for place, row in _rows(lines, IfevalPrompt, name, refuse):
        if len(row.instruction_id_list) != len(row.kwargs):
            refuse(InputError("instructions and parameters are not as many", place=place))
        elif row.key in prompts:
            refuse(InputError(f"prompt {row.key} is there twice", place=place))
        else:
            prompts[row.key] = row
    return prompts


def parse_ifeval_responses(
    lines: Iterable[str | bytes],
    prompts: dict[int, IfevalPrompt],
    *,
    name: str = "responses.jsonl",
    refuse: Refuse = stop,
) -> list[IfevalResponse]:
    """Return the responses.

    Args:
        lines: The file's lines.
        prompts: What they respond to.
        name: What to call the file in errors.
        refuse: Given each line that cannot be taken.

    Raises:
        InputError: By default, a line is not a response, or does not belong to one of the prompts.
    """
    responses = []
    for place, row in _rows(lines, IfevalResponse, name, refuse):
        prompt = prompts.get(row.key)
        if prompt is None:
            refuse(InputError(f"there is no prompt {row.key}", place=place))
        elif not len(row.strict) == len(row.loose) == len(prompt.instruction_id_list):
            refuse(InputError("verdicts and instructions are not as many", place=place))
        else:
            responses.append(row)
    return responses


def _rows(
    lines: Iterable[str | bytes], row: type[_Row], name: str, refuse: Refuse
) -> Iterable[tuple[str, _Row]]:
    decoder = msgspec.json.Decoder(row)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{name}:{number}"
        try:
            found = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            refuse(InputError(f"not a row of IFEval: {error}", place=place))
        else:
            yield place, found
