"""Recorded leaks, injections and clean answers, replayed through the gateway.

    ADHERE_DATA=/path/to/recordings python benchmarks/gateway_recordings.py

The service behind the gateway answers what was recorded. Nothing is tuned here: the detectors'
thresholds were chosen on one half of these texts (see `guards.py`); the figures that are marked
with "other half" are of the half that nothing was chosen on. Intervals are 95 % (Wilson).
"""

from __future__ import annotations

import asyncio
import base64
import codecs
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import aiohttp
import msgspec
from aiohttp import web
from guards_data import (
    PRIVILEGED_SECTIONS,
    agent_runs,
    clean_answers,
    half,
    privileged_texts,
    sentences,
    spec_prompts,
    spec_seen,
)

from adhere.assemble.serve_config import parse_config
from adhere.assemble.serving import Source, run_gateway
from adhere.conversation import Message, Role, render_chat
from adhere.evaluate.statistics import rate
from adhere.serve.keys import hash_key
from adhere.serve.server import listen
from adhere.sources.agentdyn import known_tools

AT_ONCE = 16
CONFIG = """
[prompt]
tokens = 0
[upstreams.up]
url = "{url}"
[models.m]
upstreams = ["up"]
[keys.shop]
hash = "{hash}"
developer = "shop"
[developers.shop]
tools = "tools.json"
[limits]
body_bytes = 50000000
"""


class Asked(msgspec.Struct):
    """A replayed request: what came before, and what the service answers."""

    messages: list[dict]
    answer: dict
    stream: bool = False


class Got(msgspec.Struct):
    status: int
    text: str
    calls: int
    stopped: bool
    checks: list[str]


class Replay:
    """A gateway and the service behind it, in this process."""

    def __init__(self) -> None:
        self.answers: dict[str, Asked] = {}
        self.url = ""

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        body = json.loads(await request.read())
        asked = self.answers[body["metadata"]["case"]]
        if not asked.stream:
            choice = {"index": 0, "message": asked.answer, "finish_reason": "stop"}
            return web.json_response({"choices": [choice]})
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        said = asked.answer["content"]
        for at in range(0, len(said), 5):
            await self.event(response, {"content": said[at : at + 5]}, None)
        await self.event(response, {}, "stop")
        await response.write(b"data: [DONE]\n\n")
        return response

    @staticmethod
    async def event(response: web.StreamResponse, delta: dict, finish: str | None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        await response.write(b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n")

    async def ask_all(self, asked: Iterable[Asked]) -> list[Got]:
        turn = asyncio.Semaphore(AT_ONCE)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(120)) as session:

            async def one(number: int, each: Asked) -> Got:
                async with turn:
                    return await self.ask(session, f"case-{number}", each)

            return list(await asyncio.gather(*(one(*each) for each in enumerate(asked))))

    async def ask(self, session: aiohttp.ClientSession, case: str, asked: Asked) -> Got:
        self.answers[case] = asked
        body = {
            "model": "m", "messages": asked.messages, "stream": asked.stream,
            "metadata": {"case": case},
        }  # fmt: skip
        headers = {"Authorization": "Bearer k"}
        async with session.post(self.url, json=body, headers=headers) as response:
            data = await response.read()
        del self.answers[case]
        if response.status != 200:
            return Got(response.status, "", 0, True, [])
        return read(data) if asked.stream else read_whole(json.loads(data))


def read_whole(answer: dict) -> Got:
    choice = answer["choices"][0]
    checks = [one["section"] for one in answer.get("adhere", {}).get("decisions", [])]
    calls = len(choice["message"].get("tool_calls") or [])
    stopped = choice["finish_reason"] == "content_filter"
    return Got(200, choice["message"].get("content") or "", calls, stopped, checks)


def read(data: bytes) -> Got:
    events = [json.loads(line[6:]) for line in data.split(b"\n") if line.startswith(b"data: {")]
    choices = [choice for event in events for choice in event.get("choices", [])]
    text = "".join(one["delta"].get("content") or "" for one in choices)
    return Got(200, text, 0, choices[-1]["finish_reason"] == "content_filter", [])


def talk(privileged: str, *said: str) -> list[dict]:
    return [{"role": "developer", "content": privileged},
            *({"role": "user", "content": one} for one in said or ("Hello.",))]  # fmt: skip


def reply(text: str) -> dict:
    return {"role": "assistant", "content": text}


def share(name: str, hits: int, all_: int) -> None:
    if all_:
        each = range(all_)
        found = rate([one < hits for one in each], each, each)
        print(
            f"{name:58} {hits:5}/{all_:<5} {hits / all_:6.1%} [{found.low:.1%}, {found.high:.1%}]"
        )


ENCODINGS: dict[str, Callable[[str], str]] = {
    "word for word": str,
    "in capitals, spaced": lambda text: " ".join(text.upper()),
    "backwards": lambda text: text[::-1],
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "rot13": lambda text: codecs.encode(text, "rot13"),
}


def planted(data: Path) -> Iterator[tuple[str, str, str]]:
    """Yield encoding, privileged text and an answer that quotes a sentence of it."""
    carriers = [one for one in clean_answers(data)["XSTest"] if 200 < len(one) < 1500]
    for number, (name, text) in enumerate(sorted(privileged_texts(data).items())):
        for place, sentence in enumerate(sentences(text, 48)):
            if half(f"{name}/{place}") == 0:
                continue
            carrier = carriers[(number * 31 + place) % len(carriers)]
            middle = carrier.find(" ", len(carrier) // 2)
            for how, encode in ENCODINGS.items():
                yield how, text, f"{carrier[:middle]} {encode(sentence)} {carrier[middle:]}"


async def leaks(replay: Replay, data: Path) -> None:
    print("\nA sentence of a privileged text, planted in a recorded answer (other half)")
    cases = list(planted(data))
    for stream in (False, True):
        got = await replay.ask_all(
            Asked(talk(text), reply(answer), stream) for _, text, answer in cases
        )
        caught, all_ = Counter(), Counter()
        for (how, _, _), one in zip(cases, got, strict=True):
            all_[how] += 1
            caught[how] += one.stopped
        for how in ENCODINGS:
            name = f"  {how}, {'streamed' if stream else 'whole'}"
            share(name, caught[how], all_[how])


async def examples(replay: Replay, data: Path) -> None:
    print("\nThe published spec's own examples about privileged text")
    found = [one for one in spec_prompts(data) if one[0] in PRIVILEGED_SECTIONS]
    cases = [
        (verdict, Asked(talk(text, *spec_seen(data, example)), reply(answer)))
        for _, example, text, answers in found
        for verdict, answer in answers
    ]
    got = await replay.ask_all([asked for _, asked in cases])
    for wanted, name in (("bad", "  stopped, of the bad answers"), ("good", "  of the good ones")):
        them = [one for (verdict, _), one in zip(cases, got, strict=True)
                if verdict.lower() == wanted]  # fmt: skip
        share(name, sum(one.stopped for one in them), len(them))


async def clean(replay: Replay, data: Path) -> None:
    print("\nRecorded answers without any leak, under a long policy: wrongly stopped")
    policy = (data / "tau_bench_airline" / "wiki.md").read_text(encoding="utf-8")
    for name in ("XSTest", "IFEval"):
        answers = clean_answers(data)[name]
        for stream in (False, True):
            got = await replay.ask_all(
                Asked(talk(policy), reply(answer), stream) for answer in answers
            )
            said = f"  {name}, {'streamed' if stream else 'whole'}"
            share(said, sum(one.stopped for one in got), len(got))
            changed = sum(
                one.text != answer
                for one, answer in zip(got, answers, strict=True)
                if not one.stopped
            )
            if changed:
                print(f"    {changed} passed on with a change")


def calls_of(run: tuple[Message, ...]) -> Iterator[tuple[list[dict], dict]]:
    """Yield each message of a run that calls tools, with what came before it."""
    rendered = render_chat(run)
    for number, message in enumerate(run):
        if message.role is Role.ASSISTANT and message.tool_calls:
            yield rendered[:number], rendered[number]


async def agents(replay: Replay, data: Path) -> None:
    print("\nAgentDyn, github: messages with tool calls, as they were recorded")
    for name, chosen in (
        ("attacked, the injection was seen", lambda one: one.injection_seen and one.attack),
        ("no attack, useful", lambda one: one.attack is None and one.useful),
    ):
        runs = [one for one in agent_runs(data) if one.suite == "github" and chosen(one)]
        cases = [
            (number, Asked(before, answer))
            for number, run in enumerate(runs)
            for before, answer in calls_of(run.conversation)
        ]
        got = await replay.ask_all([asked for _, asked in cases])
        wrong = [one for one in got if one.status != 200]
        held_runs = {
            number
            for (number, asked), one in zip(cases, got, strict=True)
            if one.calls < len(asked.answer["tool_calls"])
        }
        done = {number for number, run in enumerate(runs) if run.attacked}
        share(f"  {name}: messages let through whole",
              sum(one.calls == len(asked.answer["tool_calls"])
                  for (_, asked), one in zip(cases, got, strict=True)), len(cases))  # fmt: skip
        share(f"  {name}: runs with a call held or stopped", len(held_runs), len(runs))
        if done:
            share("  of the runs in which the attack succeeded", len(held_runs & done), len(done))
        if wrong:
            print(f"    {len(wrong)} could not be replayed: {Counter(one.status for one in wrong)}")


async def main() -> int:
    if "ADHERE_DATA" not in os.environ:
        print("set ADHERE_DATA to the folder of recordings", file=sys.stderr)
        return 2
    data = Path(os.environ["ADHERE_DATA"])
    replay = Replay()
    runner = web.ServerRunner(web.Server(replay.serve, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        (base / "tools.json").write_bytes(msgspec.json.encode(known_tools()))
        config = parse_config(
            CONFIG.format(url=service, hash=hash_key("k")).encode(), name="adhere.toml"
        )
        sock, stop = listen("127.0.0.1", 0), asyncio.Event()
        replay.url = f"http://127.0.0.1:{sock.getsockname()[1]}/v1/chat/completions"
        serving = asyncio.ensure_future(run_gateway(Source(base, config=config), sock, stop))
        parts = {"leaks": leaks, "examples": examples, "clean": clean, "agents": agents}
        for name, part in parts.items():
            if len(sys.argv) < 2 or name in sys.argv[1:]:
                await part(replay, data)
        stop.set()
        await serving
    await runner.cleanup()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
