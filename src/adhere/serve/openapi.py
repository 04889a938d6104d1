"""The OpenAPI document of the gateway, made from the types that answer."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec

from adhere import __version__
from adhere.resolve import SettingsResult
from adhere.serve.explaining import Explanation
from adhere.serve.reading import CHAT_FIELDS, RESPONSES_FIELDS, Own

_REF: Final = "#/components/schemas/{name}"
_KEY: Final[list[dict[str, list[str]]]] = [{"key": []}]
_ERRORS: Final = {
    "400": "The request cannot be read, or asks for what is not supported.",
    "401": "The key is not known.",
    "403": "A check stopped the request; the error names section, authority and request.",
    "404": "There is no such model, path or request.",
    "405": "The path takes another method.",
    "408": "The request did not come in time.",
    "413": "The request is too large.",
    "415": "The body is compressed.",
    "429": "A budget is used up, or too much is under way.",
    "502": "The model's service failed.",
    "503": "The model's service, or the gateway, cannot answer now.",
    "504": "The model's service did not answer in time.",
}


@cache
def document() -> bytes:
    """Return the document, as JSON."""
    _, components = msgspec.json.schema_components(
        (Explanation, SettingsResult, Own), ref_template=_REF
    )
    components["Error"] = _error()
    paths = {
        "/v1/chat/completions": _post("Complete a chat.", "ChatRequest"),
        "/v1/responses": _post("Create a response.", "ResponsesRequest"),
        "/v1/models": _get("List the models.", {"type": "object"}, keyed=True),
        "/v1/settings": _get(
            "What holds for each setting, its origin, and what was refused.",
            {"$ref": _REF.format(name="SettingsResult")}, keyed=True,
            parameters=[_parameter("user", "query", "An end user's id.", required=False)],
        ),
        "/v1/decisions/{id}": _get(
            "What was decided about a request of yours, with the proof that it is in the log.",
            {"$ref": _REF.format(name="Explanation")}, keyed=True,
            parameters=[_parameter("id", "path", "The request's id.", required=True)],
        ),
        "/healthz": _get("Whether the process lives.", {"type": "object"}),
        "/readyz": _get("Whether it takes requests, and under which specs.", {"type": "object"}),
        "/openapi.json": _get("This document.", {"type": "object"}),
        "/metrics": _get("Counters for Prometheus.", {"type": "string"}, content="text/plain"),
    }  # fmt: skip
    components["ChatRequest"] = _request("messages", CHAT_FIELDS)
    components["ResponsesRequest"] = _request("input", RESPONSES_FIELDS)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "adhere serve", "version": __version__},
            "paths": paths,
            "components": {
                "schemas": components,
                "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            },
        }
    )


def _post(summary: str, name: str) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": {"$ref": _REF.format(name=name)}}}}
    answer = {
        "application/json": {"schema": {"type": "object"}},
        "text/event-stream": {"schema": {"type": "string"}},
    }
    return {
        "post": {
            "summary": summary, "security": _KEY, "requestBody": {**body, "required": True},
            "responses": {"200": {"description": "The answer.", "content": answer}, **_failures()},
        }
    }  # fmt: skip


def _get(
    summary: str,
    schema: dict[str, Any],
    *,
    keyed: bool = False,
    content: str = "application/json",
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    answer = {"description": summary, "content": {content: {"schema": schema}}}
    found: dict[str, Any] = {"summary": summary, "responses": {"200": answer, **_failures()}}
    if keyed:
        found["security"] = _KEY
    if parameters:
        found["parameters"] = parameters
    return {"get": found}


def _parameter(name: str, where: str, says: str, *, required: bool) -> dict[str, Any]:
    schema = {"type": "string"}
    return {"name": name, "in": where, "description": says, "required": required, "schema": schema}


def _failures() -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": _REF.format(name="Error")}}}
    return {status: {"description": says, "content": content} for status, says in _ERRORS.items()}


def _request(conversation: str, fields: frozenset[str]) -> dict[str, Any]:
    properties: dict[str, Any] = {name: {} for name in sorted(fields)}
    properties["model"] = {"type": "string"}
    properties["stream"] = {"type": ["boolean", "null"]}
    properties["adhere"] = {"$ref": _REF.format(name="Own")}
    several = {"type": "array", "minItems": 1, "items": {"type": "object"}}
    properties[conversation] = (
        several if conversation == "messages" else {"anyOf": [{"type": "string"}, several]}
    )
    return {
        "type": "object", "properties": properties, "required": ["model", conversation],
        "additionalProperties": False,
    }  # fmt: skip


def _error() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["message", "type", "param", "code"],
                "properties": {
                    "message": text, "type": text, "code": text,
                    "param": {"type": ["string", "null"]},
                },
            },
            "adhere": {"type": "object"},
        },
    }  # fmt: skip
