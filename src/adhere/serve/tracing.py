"""Spans by the conventions of OpenTelemetry for generative AI, where its API is installed.

A request is one span of kind client, named ``chat MODEL``, with the attributes of the conventions
(``gen_ai.operation.name``, ``gen_ai.request.model``, token counts) and how it ended. No text of a
request or an answer is in it. Spans go where ``OTEL_EXPORTER_OTLP_ENDPOINT`` says, over HTTP;
without it none are made.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any, Final

from adhere.audit.record import Outcome
from adhere.errors import UsageError
from adhere.serve.reading import Interface

_OPERATIONS: Final[dict[Interface, str]] = {"chat": "chat", "responses": "chat"}
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_FAILED: Final = ("upstream_failed", "failed", "disconnected")


class Tracing:
    """Makes spans, or nothing where tracing is off."""

    def __init__(self, tracer: Any = None) -> None:
        self._tracer = tracer

    def begin(self, interface: Interface, model: str, request: str) -> Any:
        """Begin the span of a request; None where tracing is off."""
        if self._tracer is None:
            return None
        return self._tracer.start_span(
            f"{_OPERATIONS[interface]} {model}",
            kind=import_module("opentelemetry.trace").SpanKind.CLIENT,
            attributes={
                "gen_ai.operation.name": _OPERATIONS[interface],
                "gen_ai.provider.name": "adhere",
                "gen_ai.request.model": model,
                "adhere.request": request,
            },
        )

    def end(self, span: Any, outcome: Outcome, tokens: tuple[int, int], upstream: str) -> None:
        """End the span of a request."""
        if span is None:
            return
        span.set_attribute("gen_ai.usage.input_tokens", tokens[0])
        span.set_attribute("gen_ai.usage.output_tokens", tokens[1])
        span.set_attribute("adhere.outcome", outcome)
        span.set_attribute("adhere.upstream", upstream)
        if outcome in _FAILED:
            span.set_attribute("error.type", outcome)
            trace = import_module("opentelemetry.trace")
            span.set_status(trace.Status(trace.StatusCode.ERROR))
        span.end()


def open_tracing() -> Tracing:
    """Return tracing as the environment asks for it: off, unless it names where spans go.

    Raises:
        UsageError: It asks for tracing, and the SDK is not installed.
    """
    if not any(os.environ.get(name) for name in _ENDPOINTS):
        return Tracing()
    try:
        sdk = import_module("opentelemetry.sdk.trace")
        export = import_module("opentelemetry.sdk.trace.export")
        otlp = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        resource = import_module("opentelemetry.sdk.resources").Resource
    except ImportError as error:
        raise UsageError(
            "tracing needs OpenTelemetry's SDK", remedy="pip install 'adhere[telemetry]'"
        ) from error
    provider = sdk.TracerProvider(resource=resource.create({"service.name": "adhere-serve"}))
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    return Tracing(provider.get_tracer("adhere.serve"))
