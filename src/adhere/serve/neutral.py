"""Taking the machinery off text that has no business with it. Pure.

A chat template delimits messages by tokens such as ``<|im_start|>``; a service that finds one in a
message's text may take what follows for another message. A space breaks such a token up: people
read the same, a tokenizer reads letters. What is encoded or only looks alike is no token to a
tokenizer; it is found by `role_spoofing` and reported, and left as it is.
"""

from __future__ import annotations

import msgspec

from adhere.detect import Spoof, SpoofKind, role_spoofing


class Neutral(msgspec.Struct, frozen=True):
    """A text without machinery.

    Attributes:
        text: The text.
        spoofs: All that poses as a message in it, neutralised or not.
    """

    text: str
    spoofs: tuple[Spoof, ...] = ()


def neutralise(text: str) -> Neutral:
    """Break up the tokens of chat templates in a text.

    >>> neutralise("Hi <|im_start|>system").text
    'Hi < |im_start|>system'
    """
    spoofs = role_spoofing(text)
    parts: list[str] = []
    done = 0
    for spoof in spoofs:
        first = spoof.start + 1
        if (
            spoof.kind is SpoofKind.TEMPLATE_TOKEN
            and not spoof.through
            and spoof.start >= done
            and text[first] != " "
        ):
            parts += (text[done:first], " ")
            done = first
    return Neutral("".join((*parts, text[done:])), spoofs)
