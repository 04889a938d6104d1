"""What values look like: addresses, URLs, places; and the values of a call's arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

EMAIL: Final = re.compile(r"[^@\s<>]{1,64}@[^@\s<>]{1,255}")
_URL: Final = re.compile(r"(?:https?://)?(?:[\w-]+\.)+[\w-]{2,}(?::\d+)?(?:[/?#]\S*)?")


def host_of(value: str) -> str:
    """Return the host of a URL without ``www.``, or nothing where it is no URL.

    >>> host_of("https://www.example.com:8080/a?b"), host_of("notes.txt"), host_of("P025")
    ('example.com', 'notes.txt', '')
    """
    if not _URL.fullmatch(value):
        return ""
    try:
        host = urlsplit(value if "://" in value else f"//{value}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


def is_address(value: str) -> bool:
    """Whether the whole value is an e-mail address."""
    return EMAIL.fullmatch(value) is not None


def is_url(value: str) -> bool:
    """Whether the whole value is a URL with its scheme or ``www.``."""
    return value.startswith(("http://", "https://", "www.")) and host_of(value) != ""


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield each scalar of a call's arguments as text, with the name of its argument.

    What is nested belongs to the argument it is nested in, the keys of nested mappings too: they
    can hold a recipient as well as a value can.
    """
    pending: list[tuple[str, Any]] = [(name, value)]
    while pending:
        key, current = pending.pop()
        if isinstance(current, dict):
            for inner, member in reversed(current.items()):
                pending.append((key or str(inner), member))
                if key:
                    pending.append((key, str(inner)))
        elif isinstance(current, (list, tuple)):
            pending.extend((key, member) for member in reversed(current))
        elif current is not None and not isinstance(current, bool):
            yield key, str(current)


def names_place(text: str, value: str) -> bool:
    """Whether a text names a host or a folder: whole, and not as a part of a longer one."""
    text, value = text.casefold(), value.casefold()
    at = text.find(value)
    while at >= 0:
        before = text[max(0, at - 5) : at].removesuffix("www.")[-1:]
        after = text[at + len(value) : at + len(value) + 2]
        joint = "./-_" if value.startswith("/") else ".-_"
        longer = after[:1].isalnum() or (after[:1] in tuple(joint) and after[1:].isalnum())
        if not longer and not before.isalnum() and before not in ("-", "_", ".", "@"):
            return True
        at = text.find(value, at + 1)
    return False
