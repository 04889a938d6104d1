"""The letters of a text: the form in which spelling makes no difference.

Letters and digits alone, in one case, look-alikes in ASCII. They are bytes (UTF-8), because bytes
are searched fastest.
"""

from __future__ import annotations

import codecs
import re
import string
from collections.abc import Iterator
from typing import Final

from adhere.detect.skeleton import skeleton

_KEPT: Final = (string.ascii_letters + string.digits).encode()
_DROPPED: Final = bytes(octet for octet in range(128) if octet not in _KEPT)
_BEYOND: Final = bytes(range(128, 256))
_LOWER: Final = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
_HANDLER: Final = "adhere-letters"
"""A handler of what an encoder cannot encode: so the rest is encoded at its speed."""
_NO_LETTER: Final = re.compile(r"[\W_]+")
_TURNED: Final = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    b"NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm",
)


def letters(text: str) -> bytes:
    r"""Return the letters and digits of a text: lower case, look-alikes in ASCII, UTF-8.

    >>> letters("Ｐrojeсt\u200b  «Night-in-gale»!")
    b'projectnightingale'
    """
    return text.encode("ascii", _HANDLER).translate(_LOWER, _DROPPED)


def _beyond_ascii(error: UnicodeError) -> tuple[bytes, int]:
    """Encode a stretch that ASCII does not hold by its letters."""
    assert isinstance(error, UnicodeEncodeError)
    said = skeleton(error.object[error.start : error.end]).text.casefold()
    return _NO_LETTER.sub("", said).encode("utf-8", "replace"), error.end


codecs.register_error(_HANDLER, _beyond_ascii)


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
