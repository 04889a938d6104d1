"""From the address a person types to a model behind HTTP, with its key from the environment."""

from __future__ import annotations

import os
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from adhere.errors import UsageError
from adhere.models import Patience, Sampling
from adhere.models.anthropic import VERSION, AnthropicMessages
from adhere.models.batch_api import AnthropicBatches, BatchApi, OpenAIBatches
from adhere.models.http import HttpModel
from adhere.models.openai import OpenAIChat, OpenAIResponses


def batch_api(model: HttpModel) -> BatchApi:
    """Return the batch interface of the service that a model is asked over.

    Vendors' own hosts take batches; a service that does not answers so, and the run ends typed.
    """
    if isinstance(model, AnthropicMessages):
        return AnthropicBatches(model.open(), model.url, "/messages")
    ending = "/responses" if isinstance(model, OpenAIResponses) else "/chat/completions"
    return OpenAIBatches(model.open(), model.url, ending)


_PATHS: Final = {
    "": ("/chat/completions", OpenAIChat),
    "responses": ("/responses", OpenAIResponses),
    "anthropic": ("/messages", AnthropicMessages),
}
_OWN_KEYS: Final = {
    "api.openai.com": "OPENAI_API_KEY",
    "api.anthropic.com": "ANTHROPIC_API_KEY",
}
"""A vendor's key goes to that vendor and to nobody else."""

KEY_VARIABLE: Final = "ADHERE_API_KEY"


def is_service(name: str) -> bool:
    """Whether ``name`` is the address of a service (and not a scripted or recorded model)."""
    return "://" in name


def open_service(
    address: str, *, connections: int = 32, patience: Patience | None = None,
    sampling: Sampling | None = None,
) -> HttpModel:  # fmt: skip
    """Return the model behind an address.

    Args:
        address: ``https://HOST/v1#MODEL`` for chat completions; with ``responses+`` or
            ``anthropic+`` before it for these interfaces.
        connections: The most requests under way at once.
        patience: How long to wait.
        sampling: How it is asked to answer.

    The key is ``ADHERE_API_KEY``, or at a vendor's own host the vendor's usual variable. Without
    TLS a key is sent to this machine only.

    Raises:
        UsageError: It is no such address.
    """
    kind, plus, url = _interface(address)
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port is None or parts.port else None
    except ValueError:  # a broken IPv6 address, or a port that is no number
        parts, host = urlsplit(""), None
    wrong = (plus and kind not in _PATHS) or parts.scheme not in ("http", "https")
    if wrong or not host or not parts.fragment or parts.username or parts.query:
        raise UsageError(
            f'"{host or "this"}" is not the address of a model',  # never what may be a password
            remedy="write https://HOST/v1#MODEL, responses+https://… or anthropic+https://…",
        )
    path, interface = _PATHS[kind]
    if sampling is not None and sampling.seed is not None and interface is not OpenAIChat:
        raise UsageError("this interface takes no seed", place=host, remedy="leave --seed out")
    target = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + path, "", ""))
    safe = parts.scheme == "https" or host in ("127.0.0.1", "localhost", "::1")
    key = os.environ.get(KEY_VARIABLE) or os.environ.get(_OWN_KEYS.get(host, ""), "")
    headers = {"Authorization": f"Bearer {key}"} if key and safe else {}
    if interface is AnthropicMessages:
        headers = {"anthropic-version": VERSION, **({"x-api-key": key} if key and safe else {})}
    return interface(
        f"{parts.fragment}@{parts.netloc}", target, parts.fragment, headers=headers,
        connections=connections, patience=patience, sampling=sampling,
    )  # fmt: skip


def _interface(address: str) -> tuple[str, str, str]:
    """Split ``responses+https://…`` into its interface, the plus, and the address."""
    scheme = address.partition("://")[0]
    return address.partition("+") if "+" in scheme else ("", "", address)
