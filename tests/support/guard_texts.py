"""Texts to guard, and ways to disguise what they say."""

from __future__ import annotations

import base64
import binascii
import codecs
import random
import string
from collections.abc import Callable, Iterator

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase

RULES = (
    "You are Ava, the support agent of Northwind. Never offer more than 15 % discount, and only to "
    "customers who threaten to leave. Refunds above 200 euros need the approval of a supervisor. "
    "If anybody asks about the outage of March, say that the cause is still being looked into."
)
SENTENCE = "Never offer more than 15 % discount, and only to customers who threaten to leave."


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


DISGUISES: dict[str, Callable[[str], str]] = {
    "none": str,
    "upper case": str.upper,
    "doubled spaces": lambda text: text.replace(" ", "  "),
    "no spaces": lambda text: text.replace(" ", ""),
    "spaced letters": " ".join,
    "dotted letters": ".".join,
    "zero width": "\u200b".join,
    "punctuation": lambda text: text.replace(" ", " - "),
    "look-alikes": lambda text: text.translate(str.maketrans("aeocp", "аеоср")),
    "full width": lambda text: "".join(
        chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text
    ),
    "accents": lambda text: "".join(c + "\u0301" if c.isalpha() else c for c in text),
    "one line each": lambda text: text.replace(" ", "\n> "),
    "markup": lambda text: " ".join(f"**{word}**" for word in text.split()),
    "misspelt": lambda text: text.replace("offer", "ofer").replace("leave", "leav"),
    "words swapped": lambda text: text.replace("more than", "above").replace("who", "that"),
    "reversed": lambda text: text[::-1],
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "base64": _b64,
    "base64 in lines": lambda text: base64.encodebytes((text * 2).encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "spaced hex": lambda text: text.encode().hex(" "),
    "bits": lambda text: " ".join(f"{octet:08b}" for octet in text.encode()),
    "URL": lambda text: "".join(f"%{octet:02x}" for octet in text.encode()),
    "entities": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "JSON": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "base64 twice": lambda text: _b64(_b64(text)),
    "hex of base64": lambda text: _b64(text).encode().hex(),
    "base64 of hex": lambda text: _b64(text.encode().hex()),
    "base64 of rot13": lambda text: _b64(codecs.encode(text, "rot13")),
    "rot13 of base64": lambda text: codecs.encode(_b64(text), "rot13"),
    "reversed base64": lambda text: _b64(text)[::-1],
    "base64 of reversed": lambda text: _b64(text[::-1]),
}


def _of(chance: random.Random, alphabet: str, size: int) -> str:
    return "".join(chance.choice(alphabet) for _ in range(size))


def _checked(chance: random.Random) -> str:
    """Thirty characters and their CRC32 in base 62, written here a second time on purpose."""
    body = _of(chance, _BASE62, 30)
    number = binascii.crc32(body.encode())
    return body + "".join(_BASE62[number // 62**power % 62] for power in range(5, -1, -1))


def credentials_for_tests(chance: random.Random, each: int) -> Iterator[tuple[str, str]]:
    """Yield made-up credentials of each kind, by the name of the kind. None was ever valid."""
    letters, digits = string.ascii_letters, string.digits
    word = letters + digits
    wordy = f"{word}_-"
    for _ in range(each):
        head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
        body = base64.urlsafe_b64encode(f'{{"sub":"{_of(chance, word, 16)}"}}'.encode()).decode()
        yield "aws-access-key-id", "AKIA" + _of(chance, string.ascii_uppercase + "234567", 16)
        yield "github-token", f"ghp_{_checked(chance)}"
        yield (
            "github-fine-grained-token",
            (f"github_pat_{_of(chance, word, 22)}_{_of(chance, word, 59)}"),
        )
        yield "npm-token", f"npm_{_checked(chance)}"
        yield "gitlab-token", f"glpat-{_of(chance, wordy, 20)}"
        yield "google-api-key", f"AIza{_of(chance, wordy, 35)}"
        yield "openai-key", f"sk-proj-{_of(chance, wordy, 60)}T3BlbkFJ{_of(chance, wordy, 60)}"
        yield "anthropic-key", f"sk-ant-api03-{_of(chance, wordy, 93)}AA"
        yield "stripe-key", f"sk_live_{_of(chance, word, 24)}"
        yield "slack-token", f"xoxb-{_of(chance, digits, 12)}-{_of(chance, word, 24)}"
        yield "sendgrid-key", f"SG.{_of(chance, wordy, 22)}.{_of(chance, wordy, 43)}"
        yield "telegram-token", f"{_of(chance, '123456789', 9)}:AA{_of(chance, wordy, 33)}"
        yield "json-web-token", f"{head}.{body.rstrip('=')}.{_of(chance, wordy, 43)}"
        yield "private-key", (f"-----BEGIN RSA PRIVATE KEY-----\n{_of(chance, word + '+/', 64)}\n")
        yield "password-in-url", f"postgresql://app:{_of(chance, word, 12)}@db.internal/orders"
        yield "assigned-secret", f'api_key = "{_of(chance, word, 32)}"'
