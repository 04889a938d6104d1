"""How many tool calls the gate decides in a second, in a conversation of 50 messages.

The floor is writing the same conversation as JSON once: less cannot be done with it by anyone who
passes it on. Two figures: a decision that reads the whole conversation first (`decide`), and one
on a conversation that was read as it grew (`decide_read`), as a gateway does it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from adhere.conversation import Message, Role, ToolCall
from adhere.resolve import decide, decide_read, parse_tool_specs, read_conversation, unlimited_scope

RUNS = 7
NOW = datetime(2030, 1, 1, tzinfo=UTC)
SPECS = parse_tool_specs(
    b"""
schema = "adhere/tool-specs/1"
[[tools]]
name = "search"
effect = "read"
outside = ["reviews"]
[[tools]]
name = "get_mail"
effect = "read"
author = "sender"
[[tools]]
name = "send_email"
effect = "send"
asked_by = ["send|forward"]
arguments = { to = "recipient", body = "content" }
[[tools]]
name = "buy"
effect = "spend"
asked_by = ["buy"]
arguments = { products = "identifier" }
""",
    name="tools.toml",
)


def conversation() -> list[Message]:
    """50 messages, 25 of them results of about 2,000 characters."""
    messages = [
        Message(Role.SYSTEM, "You help Emma Smith with her shopping and her mail."),
        Message(Role.USER, "Buy a desk lamp and send the invoice to ann.lee@friends.example."),
    ]
    while len(messages) < 50:
        number = len(messages)
        if number % 4:
            call = ToolCall("search", {"query": f"desk lamp {number}"}, f"c{number}")
            rows = {
                f"Lamp {number}-{row}": {
                    "id": f"P{number:02}{row}", "price": 10.5 + row, "brand": "Lumen",
                    "reviews": [f"A fine lamp, bright enough for room {row}, and cheap."] * 2,
                }
                for row in range(9)
            }  # fmt: skip
            result = msgspec.json.encode(rows).decode()
        else:
            call = ToolCall("get_mail", {}, f"c{number}")
            result = "".join(
                f"- body: 'Dear Emma, here is news {row} of today, {number}. Write to us soon.'\n"
                f"  sender: news{row}@letters.example\n"
                for row in range(18)
            )
        messages += [
            Message(Role.ASSISTANT, tool_calls=(call,)),
            Message(Role.TOOL, result, name=call.name, tool_call_id=call.id),
        ]
    return messages


CALLS = (
    ToolCall("buy", {"products": ["P073"]}),
    ToolCall("send_email", {"to": ["ann.lee@friends.example"], "body": "The invoice. " * 20}),
    ToolCall("send_email", {"to": ["news3@letters.example"], "body": "Hello"}),
    ToolCall("search", {"query": "lamp shades"}),
)


def median_seconds(work: Callable[[], object], times: int) -> float:
    """Seconds of one ``work``, the median of `RUNS` runs of ``times``."""
    found = []
    for _ in range(RUNS):
        started = time.perf_counter()
        for _ in range(times):
            work()
        found.append((time.perf_counter() - started) / times)
    return statistics.median(found)


def main() -> None:
    messages, scope = conversation(), unlimited_scope()
    size = len(msgspec.json.encode(messages))
    floor = median_seconds(lambda: msgspec.json.encode(messages), 500)

    def cold() -> None:
        for call in CALLS:
            decide(call, messages, scope, SPECS, now=NOW)

    def grown() -> None:
        for call in CALLS:
            decide_read(call, reading, scope, now=NOW)

    print(f"{len(messages)} messages, {size:,} bytes; median of {RUNS} runs")
    print(f"floor: writing it as JSON            {1e6 * floor:10.1f} µs")
    reading = read_conversation(messages, SPECS)
    outcomes = [decide_read(call, reading, scope, now=NOW).outcome.value for call in CALLS]
    print(f"decisions                            {', '.join(outcomes)}")
    for name, work, times in (
        ("reading it all for each call", cold, 3),
        ("read as it grew", grown, 30),
    ):
        each = median_seconds(work, times) / len(CALLS)
        print(
            f"{name:<36} {1e6 * each:10.1f} µs a decision, {1 / each:9,.0f} a second, "
            f"{each / floor:7.0f} floors"
        )
    # What was traced once is remembered until the next message; this is the first time.
    first = []
    for _ in range(RUNS):
        fresh = read_conversation(messages, SPECS)
        started = time.perf_counter()
        for call in CALLS:
            decide_read(call, fresh, scope, now=NOW)
        first.append((time.perf_counter() - started) / len(CALLS))
    each = statistics.median(first)
    print(
        f"{'the same, values not traced before':<36} {1e6 * each:10.1f} µs a decision, "
        f"{1 / each:9,.0f} a second, {each / floor:7.0f} floors"
    )


if __name__ == "__main__":
    main()
