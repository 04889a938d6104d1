"""Spans by OpenTelemetry's conventions for generative AI."""

from __future__ import annotations

import json

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from service import chat
from streams import pieces, stream

from adhere.assemble import serving
from adhere.serve.tracing import Tracing, open_tracing


@pytest.fixture
def spans(monkeypatch):
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(
        serving, "open_tracing", lambda: Tracing(provider.get_tracer("adhere.serve"))
    )
    return exporter


def test_a_request_is_a_span_without_a_word_of_it(start, spans):
    gateway, _ = start(lambda *_: chat("The answer is 4711."))
    answer = gateway.chat(("user", "The question is 4711."))
    gateway.stop()
    [span] = spans.get_finished_spans()
    assert span.name == "chat m"
    assert span.kind.name == "CLIENT"
    assert span.attributes["gen_ai.operation.name"] == "chat"
    assert span.attributes["gen_ai.request.model"] == "m"
    assert span.attributes["gen_ai.usage.input_tokens"] == 7
    assert span.attributes["gen_ai.usage.output_tokens"] == 3
    assert span.attributes["adhere.request"] == answer.headers["x-request-id"]
    assert "error.type" not in span.attributes
    assert "4711" not in span.to_json()


def test_what_fails_is_an_error_and_a_stream_is_one_span(start, spans):
    async def model(request, body, _):
        if "fail" in json.dumps(body):
            return "no answer"
        return await stream(request, pieces("Hello."))

    gateway, _ = start(model)
    gateway.chat(("user", "fail"))
    gateway.chat(("user", "Hi"), stream=True)
    gateway.stop()
    failed, fine = spans.get_finished_spans()
    assert failed.attributes["error.type"] == "upstream_failed"
    assert failed.status.status_code.name == "ERROR"
    assert fine.attributes["adhere.outcome"] == "answered"


def test_without_a_place_for_spans_none_are_made(monkeypatch):
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", raising=False)
    assert open_tracing().begin("chat", "m", "req_1") is None
