"""What ``adhere.toml`` says (``adhere/serve/1``): plain data; reading it is `assemble`'s.

Tables that hold several of a kind (`upstreams`, `keys`, …) go by name, so that a mistake has a
place and a record has something to call things by.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

SCHEMA: Final = "adhere/serve/1"

Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]
Share = Annotated[float, Meta(ge=0, le=1)]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table in which an unknown key is a mistake."""


class Listen(_Table, frozen=True, kw_only=True):
    """Where the gateway listens.

    Attributes:
        host: An address of this machine.
        port: 0 takes a free one, and says which.
        workers: Processes that serve.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8700
    workers: Annotated[int, Meta(ge=1, le=64)] = 1


class SpecChoice(_Table, frozen=True, kw_only=True):
    """Which spec decides.

    Attributes:
        path: A compiled ``.json``, a document, or ``reference``.
        digest: Its ``spec_digest``; another one is refused. Empty: not pinned.
        share: Share of the conversations that are decided under it; of ``[next_spec]`` only.
    """

    path: str = "reference"
    digest: str = ""
    share: Share = 1.0


class UpstreamChoice(_Table, frozen=True, kw_only=True):
    """A service that answers.

    Attributes:
        url: Up to and including ``/v1``.
        key_variable: The environment variable with its key.
        developer_role: What this service calls a developer's messages.
        connect: Seconds to get a connection.
        first_byte: Seconds until its answer begins.
        silence: Seconds without a byte after which it counts as hanging.
        total: Seconds for a whole answer.
        attempts: How often a request is tried, before its answer has begun.
    """

    url: str
    key_variable: str = ""
    developer_role: Literal["developer", "system"] = "developer"
    connect: Seconds = 5.0
    first_byte: Seconds = 60.0
    silence: Seconds = 60.0
    total: Seconds = 600.0
    attempts: Annotated[int, Meta(ge=1, le=10)] = 2


class ModelChoice(_Table, frozen=True, kw_only=True):
    """A model that clients can ask for.

    Attributes:
        upstreams: Who answers; the next one where one fails.
        name: What they call it; empty: the same.
    """

    upstreams: Annotated[tuple[str, ...], Meta(min_length=1)]
    name: str = ""


class KeyChoice(_Table, frozen=True, kw_only=True):
    """A key, stored hashed. Exactly one of ``developer`` and ``platform`` is given.

    Attributes:
        hash: ``sha256:…`` of the key; `adhere serve new-key` makes both.
        developer: Whose key it is.
        platform: It speaks with system authority.
    """

    hash: Annotated[str, Meta(pattern="^sha256:[0-9a-f]{64}$")]
    developer: str = ""
    platform: bool = False


class DeveloperChoice(_Table, frozen=True, kw_only=True):
    """What holds for one developer.

    Attributes:
        settings: What it asks of the spec's settings.
        users: By end-user id: what that user asks of them.
        tools: A file of tool specs.
        scope: A file with the scope of autonomy its agents have.
        requests_per_minute: 0: as many as come.
        tokens_per_day: Tokens of requests and answers together; 0: as many as come.
        concurrent: Requests under way at once; 0: as many as come.
        consent: A sample of its traffic may be judged (`adhere monitor`).
    """

    settings: dict[str, Any] = {}
    users: dict[str, dict[str, Any]] = {}
    tools: str = ""
    scope: str = ""
    requests_per_minute: Annotated[int, Meta(ge=0)] = 0
    tokens_per_day: Annotated[int, Meta(ge=0)] = 0
    concurrent: Annotated[int, Meta(ge=0)] = 0
    consent: bool = False


class CheckChoice(_Table, frozen=True, kw_only=True):
    """How one check works.

    Attributes:
        mode: ``observe``: it decides and records, and changes nothing.
        on_error: What holds where it cannot answer. The platform's checks are always closed.
        section: The section it names; empty: the one that the spec has for it.
    """

    mode: Literal["enforce", "observe", "off"] = "enforce"
    on_error: Literal["closed", "open"] = "closed"
    section: str = ""


class PhraseChoice(_Table, frozen=True, kw_only=True):
    """Words that must not occur.

    Attributes:
        any: The words; case, white space, look-alikes and invisible characters do not count.
        said_by: Whose words are looked at. ``model``: the answer, its tool calls included.
        reason: What the person is told; never the words themselves.
        section: The section of the spec it rests on.
    """

    any: Annotated[tuple[str, ...], Meta(min_length=1)]
    said_by: Annotated[
        tuple[Literal["system", "developer", "user", "tool", "model"], ...], Meta(min_length=1)
    ] = ("user", "tool", "model")
    reason: str = "This text holds words that may not be used here."
    section: str = ""


class GuardChoice(_Table, frozen=True, kw_only=True):
    """A model that guards.

    Attributes:
        kind: ``moderation``: an endpoint that flags. ``policy``: a model that is given the text of
            ``section`` as its policy. ``classifier``: a model that says safe or unsafe.
        url: Up to and including ``/v1``.
        model: What the service calls it.
        key_variable: The environment variable with its key.
        section: The section it holds.
        timeout: Seconds it may take, beside the model that answers.
        mode: As in `CheckChoice`.
        on_error: As in `CheckChoice`.
    """

    kind: Literal["moderation", "policy", "classifier"]
    url: str
    model: str
    section: str
    key_variable: str = ""
    timeout: Seconds = 5.0
    mode: Literal["enforce", "observe", "off"] = "enforce"
    on_error: Literal["closed", "open"] = "closed"


class Prompt(_Table, frozen=True, kw_only=True):
    """The sections that are put before a conversation.

    Attributes:
        tokens: Most tokens, estimated; 0: none are put there.
    """

    tokens: Annotated[int, Meta(ge=0)] = 2000


class Limits(_Table, frozen=True, kw_only=True):
    """What one client may take.

    Attributes:
        body_bytes: Length of a request.
        answer_bytes: Length of an upstream's answer.
        header_seconds: Seconds until a request's header is there.
        body_seconds: Seconds until its body is.
        requests: Requests under way at once, of all together.
        drain_seconds: Seconds that requests under way have when the gateway ends.
        extra_fields: Fields of a request that are passed on though OpenAI's interface has none
            such. A field such as ``chat_template`` can undo what is checked here.
    """

    body_bytes: Count = 8 << 20
    answer_bytes: Count = 16 << 20
    header_seconds: Seconds = 10.0
    body_seconds: Seconds = 30.0
    requests: Count = 10_000
    drain_seconds: Seconds = 30.0
    extra_fields: tuple[str, ...] = ()


class Audit(_Table, frozen=True, kw_only=True):
    """The log of decisions.

    Attributes:
        log: Its folder; made with the first start.
        keys: The folder of its secrets; empty: beside it.
        name: Its name, where it has to be made.
        content: Keep what people wrote, encrypted.
    """

    log: str = "adhere-audit"
    keys: str = ""
    name: str = "adhere.invalid/gateway"
    content: bool = False


class Config(_Table, frozen=True, kw_only=True):
    """All of it."""

    schema: Literal["adhere/serve/1"] = SCHEMA
    state: str = "adhere-state"
    listen: Listen = Listen()
    spec: SpecChoice = SpecChoice()
    next_spec: SpecChoice | None = None
    platform: dict[str, Any] = {}
    """What the platform asks of the spec's settings."""
    facts: dict[str, bool | int | str] = {}
    """What the platform knows of every conversation."""
    upstreams: dict[str, UpstreamChoice] = {}
    models: dict[str, ModelChoice] = {}
    keys: dict[str, KeyChoice] = {}
    developers: dict[str, DeveloperChoice] = {}
    checks: dict[str, CheckChoice] = {}
    phrases: dict[str, PhraseChoice] = {}
    guards: dict[str, GuardChoice] = {}
    hosts: tuple[str, ...] = ()
    """Hosts that addresses in answers may lead to: ``example.org``, or ``*.example.org``."""
    lengths: dict[str, dict[str, Count]] = {}
    """By a setting's address and its value: most characters of an answer."""
    prompt: Prompt = Prompt()
    limits: Limits = Limits()
    audit: Audit = Audit()
