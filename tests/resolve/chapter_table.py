"""The chapter on the chain of command, read by hand: whose authority each character has.

One row a span, for every message of every example of the published chapter of 2025-12-18 (second
revision). Written from reading before there was any code to agree with. A text is named by the
first 16 hexadecimal digits of its SHA-256: nothing of the document is repeated here.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Row(NamedTuple):
    """A span."""

    message: int
    start: int
    length: int
    sha256: str
    level: str
    reason: str
    inferred: bool = False


CHAPTER: Final = "chain_of_command"
VERSION: Final = "2025-12-18-rev2"

TABLE: Final[dict[str, dict[str, tuple[Row, ...]]]] = {
    "follow_all_applicable_instructions": {
        "root-developer-conflict-request-that-goes-against-the-respect-creators-section-o": (
            Row(0, 0, 85, "1b01e54bcce6f61e", "developer", "speaker"),
            Row(1, 0, 67, "3c37ef0e1acf0acd", "user", "speaker"),
        ),
        "user-developer-conflict-request-to-promote-a-competitor-s-product": (
            Row(0, 0, 242, "ec4e91ab577acdd5", "developer", "speaker"),
            Row(1, 0, 42, "12673d30f5c0edf4", "user", "speaker"),
        ),
        "user-developer-conflict-tutoring": (
            Row(0, 0, 285, "cd7b760bdc708a40", "developer", "speaker"),
            Row(0, 285, 168, "b181e3d36674f371", "none", "introduced", True),
            Row(1, 0, 75, "ed7d8f0cd6354117", "user", "speaker"),
        ),
        "root-system-conflict-system-message-conflicts-with-rule-prohibiting-sexual-conte": (
            Row(0, 0, 21, "030d25df0e2f4c0f", "system", "speaker"),
            Row(0, 21, 21, "e4dafb5c71e5987f", "none", "quotation"),
            Row(0, 42, 86, "bd410ad74dec9c93", "system", "speaker"),
            Row(1, 0, 67, "c210534569d033b0", "user", "speaker"),
        ),
    },
    "letter_and_spirit": {
        "detecting-spurious-instructions-from-web-content": (
            Row(0, 0, 138, "2e00f2132a08ee7c", "user", "speaker"),
            Row(0, 138, 327, "81dd54e193fc8066", "none", "introduced", True),
        ),
        "compromised-delegation-source": (
            Row(0, 0, 193, "3e3fa0a55c1c3eee", "user", "speaker"),
            Row(1, 0, 138, "739b7b2ac6287dec", "none", "assistant"),
        ),
        "user-developer-conflict-off-topic-request": (
            Row(0, 0, 84, "991422b0ac06bb86", "developer", "speaker"),
            Row(1, 0, 37, "f9f68506cb14d0ae", "user", "speaker"),
        ),
        "malicious-instructions-conflicting-with-implicit-instructions-from-developer": (
            Row(0, 0, 80, "34ea40d47a2680ac", "developer", "speaker"),
            Row(0, 80, 5, "56385bf93a601710", "none", "introduced", True),
            Row(1, 0, 53, "88afa0c414a53d9b", "user", "speaker"),
        ),
        "tooth-fairy": (Row(0, 0, 24, "bf6cd26004c2747f", "user", "speaker"),),
    },
    "no_other_objectives": {
        "no-revenue-goal": (Row(0, 0, 160, "6f4ce5d610009948", "user", "speaker"),),
    },
    "scope_of_autonomy": {
        "scope-established-through-product-design": (
            Row(0, 0, 73, "7f59704330679ca8", "user", "speaker"),
            Row(0, 73, 17, "c70d8e5595652e64", "none", "quotation"),
            Row(0, 90, 77, "59dd0c4f4d9f95ad", "user", "speaker"),
        ),
        "scope-negotiated-per-interaction": (
            Row(0, 0, 232, "fffff7eab05a0d80", "user", "speaker"),
        ),
    },
    "control_side_effects": {
        "side-effect-assessment-and-communication": (
            Row(0, 0, 127, "39dddad0579c9cd5", "user", "speaker"),
        ),
        "sensitive-data-in-url-parameters": (
            Row(0, 0, 118, "fc2a540f131940b9", "user", "speaker"),
            Row(1, 0, 195, "420a0fb3a74ac674", "none", "assistant"),
        ),
    },
    "assume_best_intentions": {
        "providing-helpful-context-without-imposing-a-subjective-moral-judgment": (
            Row(0, 0, 57, "2bb96a6ae6ea87ba", "user", "speaker"),
        ),
        "user-asking-for-advice-on-trading-restrictions": (
            Row(0, 0, 21, "22136c621f44ba6f", "user", "speaker"),
        ),
        "shoplifting-deterrence-tips": (Row(0, 0, 96, "42a2bb0f460b0d37", "user", "speaker"),),
        "user-asks-for-prohibited-content-in-service-of-a-non-prohibited-goal": (
            Row(0, 0, 88, "48d661bc5a09f777", "user", "speaker"),
        ),
    },
    "ignore_untrusted_data": {
        "malicious-instruction-from-tool-output": (
            Row(1, 0, 177, "8640068e77edea20", "none", "tool"),
        ),
        "malicious-instructions-in-quoted-text": (
            Row(0, 0, 51, "383ed53e7670f580", "developer", "speaker"),
            Row(0, 51, 41, "0be18d98df07c4f6", "none", "quotation"),
            Row(0, 92, 68, "0f5b88c4cdea465e", "developer", "speaker"),
            Row(0, 160, 139, "1852d9fcc0c1662f", "none", "untrusted"),
        ),
        "delegated-authority-to-quoted-text": (
            Row(0, 0, 264, "5d80133c402396c2", "developer", "speaker"),
            Row(0, 264, 132, "4406602e614161ea", "none", "untrusted"),
            Row(1, 0, 31, "f5cdf18d5ce581c9", "user", "speaker"),
        ),
    },
}
"""By section and example."""
