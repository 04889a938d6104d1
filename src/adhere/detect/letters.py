"""The letters of a text: the form in which spelling makes no difference.

Letters and digits alone, in one case, look-alikes in ASCII. They are bytes (UTF-8), because bytes
are searched fastest.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from typing import Final

from adhere.detect.skeleton import skeleton

_KEPT: Final = (string.ascii_letters + string.digits).encode()
_DROPPED: Final = bytes(octet for octet in range(128) if octet not in _KEPT)
_BEYOND: Final = bytes(range(128, 256))
_LOWER: Final = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
_NO_LETTER: Final = re.compile(r"[\W_]+")
_TURNED: Final = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    b"NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm",
)


def letters(text: str) -> bytes:
    """Return the letters and digits of a text: lower case, look-alikes in ASCII, UTF-8.

    >>> letters("Ｐrojeсt\u200b  «Night-in-gale»!")
    b'projectnightingale'
    """
    if text.isascii():
        return text.encode("ascii").translate(_LOWER, _DROPPED)
    plain = _BEYOND_ASCII.sub(lambda match: skeleton(match[0]).text.casefold(), text)
    if plain.isascii():
        return plain.encode("ascii").translate(_LOWER, _DROPPED)
    return _NO_LETTER.sub("", plain.casefold()).encode("utf-8", "replace")


def letters_of_bytes(data: bytes) -> bytes:
    """Return the letters of bytes that may be text, or anything else.

    From where they are no UTF-8 any more, ASCII letters and digits are all that counts.
    """
    if data.isascii():
        return data.translate(_LOWER, _DROPPED)
    try:
        return letters(data.decode())
    except UnicodeDecodeError as error:
        text, rest = data[: error.start].decode(), data[error.start :]
        return letters(text) + rest.translate(_LOWER, _DROPPED + _BEYOND)


def places(text: str) -> Iterator[int]:
    """Yield for each byte of the letters of a text the character it came from."""
    if text.isascii():
        yield from (number for number, char in enumerate(text) if char.isalnum())
        return
    for number, char in enumerate(text):
        for _ in letters(char):
            yield number


def rot13(data: bytes) -> bytes:
    """Return bytes with their ASCII letters turned by thirteen places."""
    return data.translate(_TURNED)
