"""A service that does what an OpenAI client asks for: tools, structured output, Responses."""

from __future__ import annotations

from service import chat
from streams import pieces, stream

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}  # fmt: skip
CALL = {
    "id": "call_1", "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'},
}  # fmt: skip


async def model(request, body, _):
    """A service that does what the client asks for."""
    if body.get("stream"):
        if body.get("tools"):
            call = {"index": 0, **CALL, "function": {"name": "get_weather", "arguments": ""}}
            rest = [
                {"index": 0, "function": {"arguments": piece}} for piece in ('{"city":', ' "Oslo"}')
            ]
            chunks = pieces(finish="tool_calls")
            chunks[1:1] = [
                {**chunks[0], "choices": [{"index": 0, "delta": {"tool_calls": [piece]}}]}
                for piece in (call, *rest)
            ]
            return await stream(request, chunks)
        return await stream(request, pieces("Hel", "lo", "."))
    if body.get("response_format"):
        return chat('{"name": "Oslo", "people": 700000}')
    if body.get("tools") and body["messages"][-1]["role"] == "user":
        return chat(None, tool_calls=[CALL], finish_reason="tool_calls")
    return chat("Hello.")


RESPONSE = {
    "id": "resp_1", "object": "response", "created_at": 1, "model": "m", "status": "completed",
    "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
    "usage": {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7,
              "input_tokens_details": {"cached_tokens": 0},
              "output_tokens_details": {"reasoning_tokens": 0}},
}  # fmt: skip


def item(text: str) -> dict:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
            "content": [part]}  # fmt: skip


FUNCTION_CALL = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "status": "completed",
                 "name": "get_weather", "arguments": '{"city": "Oslo"}'}  # fmt: skip


def response_events(*said: str) -> list[dict]:
    """The events of an answer that says these pieces, then calls a tool."""
    at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    begun = {**RESPONSE, "status": "in_progress", "output": [], "usage": None}
    text = "".join(said)
    part = {"type": "output_text", "text": "", "annotations": []}
    call_at = {"item_id": "fc_1", "output_index": 1}
    events = [
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0,
         "item": {**item(""), "content": [], "status": "in_progress"}},
        {"type": "response.content_part.added", **at, "part": part},
        *({"type": "response.output_text.delta", **at, "delta": one} for one in said),
        {"type": "response.output_text.done", **at, "text": text},
        {"type": "response.content_part.done", **at, "part": {**part, "text": text}},
        {"type": "response.output_item.done", "output_index": 0, "item": item(text)},
        {"type": "response.output_item.added", "output_index": 1,
         "item": {**FUNCTION_CALL, "arguments": "", "status": "in_progress"}},
        {"type": "response.function_call_arguments.delta", **call_at, "delta": '{"city": "Oslo"}'},
        {"type": "response.function_call_arguments.done", **call_at, "name": "get_weather",
         "arguments": '{"city": "Oslo"}'},
        {"type": "response.output_item.done", "output_index": 1, "item": FUNCTION_CALL},
        {"type": "response.completed",
         "response": {**RESPONSE, "output": [item(text), FUNCTION_CALL]}},
    ]  # fmt: skip
    return [{**one, "sequence_number": number} for number, one in enumerate(events)]


async def responses(request, body, _):
    if body.get("stream"):
        return await stream(request, response_events("Hel", "lo."), done=False)
    return {**RESPONSE, "output": [item("Hello."), FUNCTION_CALL]}
