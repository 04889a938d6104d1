"""What is looked for in one answer, and in one request: detectors made for its conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from adhere.detect import (
    Credentials,
    Detector,
    Exfiltration,
    Leak,
    Phrase,
    Phrases,
    PrivateContent,
    PrivilegedIndex,
    PrivilegedText,
)
from adhere.serve.config import PhraseChoice
from adhere.serve.incoming import Item
from adhere.serve.recent import Recent

_SECRETS: Final = (Credentials(),)
_SAID_BY: Final = {
    "system": {"system"}, "developer": {"developer"}, "user": {"user"}, "tool": {"tool"},
    "model": {"model"}, "assistant": {"user", "model"},
}  # fmt: skip
"""Whose words count as whose. What a client says the model said, the client has written."""
_INDEXES: Final = 256
"""Privileged texts that are kept prepared."""

Items = Sequence[tuple[bytes, Item]]


class Detectors:
    """Makes the detectors of requests; what does not change between them is made once.

    Args:
        phrases: Words that must not occur, by name.
        hosts: Hosts that addresses in answers may lead to, whatever they carry.
    """

    def __init__(self, phrases: Mapping[str, PhraseChoice], hosts: Sequence[str]) -> None:
        self._hosts = hosts
        self.choices = phrases
        self._phrases = {
            speaker: Phrases(
                Phrase(name, text)
                for name, one in phrases.items()
                if of.intersection(one.said_by)
                for text in one.any
            )
            for speaker, of in _SAID_BY.items()
            if any(of.intersection(one.said_by) for one in phrases.values())
        }
        self._indexes: Recent[bytes, PrivilegedIndex] = Recent(_INDEXES)

    def for_answer(self, items: Items) -> dict[str, Sequence[Detector]]:
        """Return by check what is looked for in the answer to a conversation."""
        found: dict[str, Sequence[Detector]] = {}
        by_speaker: dict[str, list[str]] = {}
        for _, item in items:
            by_speaker.setdefault(item.speaker, []).append(item.words)
        privileged = [*by_speaker.get("system", ()), *by_speaker.get("developer", ())]
        index = self._index(items)
        if index:
            found["confidential"] = (Leak(index, by_speaker.get("user", ())),)
        found["secrets"] = _SECRETS
        tools = by_speaker.get("tool", [])
        private = PrivateContent([*privileged, *by_speaker.get("user", ()), *tools], tools)
        found["exfiltration"] = (
            Exfiltration(
                private, allowed=self._hosts,
                principals=[*privileged, *by_speaker.get("user", ())],
            ),
        )  # fmt: skip
        if "model" in self._phrases:
            found["phrases"] = (self._phrases["model"],)
        return found

    def for_speaker(self, speaker: str) -> Phrases | None:
        """Return the words that must not stand in what a speaker says; None: none are named."""
        return self._phrases.get(speaker)

    def _index(self, items: Items) -> PrivilegedIndex:
        privileged = [(key, one) for key, one in items if one.speaker in ("system", "developer")]
        digest = sha256(b"".join(key for key, _ in privileged)).digest()
        index = self._indexes.get(digest)
        if index is None:
            texts = [
                PrivilegedText(f"{one.speaker} message {number}", message.text)
                for number, (_, one) in enumerate(privileged)
                for message in one.messages
            ]
            index = self._indexes.put(digest, PrivilegedIndex(texts))
        return index
