"""Feedback under load, killed in the middle: nothing that was confirmed is lost."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import pytest
from speaking import Crowd
from sqlalchemy import select
from yarl import URL

from adhere.evolve.feedback import Feedback, check_actions, open_database
from adhere.evolve.feedback.tables import COMMENTS, VOTES

pytestmark = pytest.mark.soak

READERS, WRITERS = 200, 20
SECONDS = int(os.environ.get("ADHERE_SOAK_SECONDS", "60"))
PATHS = ("read/index.html", "feedback/latest", "feedback/about?section=tone", "feedback/log",
         "section/tone.html", "search.html?q=honest", "index.html")  # fmt: skip


class Load:
    """What readers and writers saw.

    Attributes:
        reads: Seconds each page took, while the server was up.
        writes: Seconds each form took.
        failures: Answers that are no answers, while it was up.
        cut: Requests that failed while it was down.
        comments: Those confirmed, with their writer.
        votes: Each writer's last confirmed vote, by comment; unsure ones are taken out.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self.up = asyncio.Event()
        self.started = 0.0
        self.end = time.monotonic() + SECONDS
        self.reads: list[float] = []
        self.writes: list[float] = []
        self.failures: list[str] = []
        self.cut = 0
        self.comments: dict[str, int] = {}
        self.votes: dict[tuple[int, str], str | None] = {}

    async def ask(
        self, session: aiohttp.ClientSession, times: list[float], path: str,
        data: dict[str, str] | None = None,
    ) -> tuple[int, str, str]:  # fmt: skip
        """Send one request; returns status, location and body; status 0 where it was cut off."""
        await self.up.wait()
        start = time.perf_counter()
        method = "GET" if data is None else "POST"
        try:
            async with session.request(
                method, self.root + path, data=data, allow_redirects=False
            ) as answer:
                body = await answer.text()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if self.up.is_set() and time.monotonic() > self.started + 1:
                self.failures.append(f"{path}: {error!r}")
            else:
                self.cut += 1
            return 0, "", ""
        times.append(time.perf_counter() - start)
        if answer.status not in (200, 303):
            self.failures.append(f"{path}: {answer.status}")
        return answer.status, answer.headers.get("location", ""), body

    async def reader(self, number: int) -> None:
        """Read a page every half second or so."""
        async with aiohttp.ClientSession() as session:
            while time.monotonic() < self.end:
                await self.ask(session, self.reads, PATHS[number % len(PATHS)])
                number += 1
                await asyncio.sleep(0.5)

    async def writer(self, number: int, cookie: str) -> None:
        """Comment at times, and vote in between, twice a second at most."""
        jar = aiohttp.CookieJar(unsafe=True)
        jar.update_cookies({"adhere-session": cookie}, URL(self.root))
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            token, turn = "", 0
            while time.monotonic() < self.end:
                if not token:
                    _, _, body = await self.ask(session, self.reads, "feedback/about?section=tone")
                    found = re.search(r'name="token" value="(\w+)"', body)
                    token = found[1] if found else ""
                elif turn % 8 == 0 and turn // 8 < 18:  # below the limit of an hour
                    fields = {"section": "tone", "stance": "agree", "body": f"{number}.{turn}"}
                    status, location, _ = await self.ask(
                        session, self.writes, "feedback/comment", {"token": token, **fields}
                    )
                    if status == 303:
                        self.comments[location.partition("#c-")[2]] = number
                else:
                    await self.vote(session, number, turn, token)
                turn += 1
                await asyncio.sleep(0.5)

    async def vote(
        self, session: aiohttp.ClientSession, number: int, turn: int, token: str
    ) -> None:
        """Vote on somebody's comment."""
        others = sorted(name for name, by in self.comments.items() if by != number)
        if not others:
            return
        comment, value = others[turn % len(others)], ("agree", "disagree")[turn % 2]
        fields = {"token": token, "comment": comment, "vote": value}
        status, _, _ = await self.ask(session, self.writes, "feedback/vote", fields)
        # What was cut off may have arrived or not.
        self.votes[number, comment] = value if status == 303 else None


async def serve(load: Load, port: int, options: list[str]) -> None:
    """Start the server, kill it in the middle without a warning, and start it again."""
    for last in (False, True):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "adhere.cli", "site", "reference", "--port", str(port), *options,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            assert process.stderr is not None
            assert b"http" in await process.stderr.readline()
            await asyncio.sleep(2)
            load.started = time.monotonic()
            if not last:
                load.end = load.started + SECONDS
            load.up.set()
            left = load.end - time.monotonic()
            await asyncio.sleep(left + 1 if last else left / 2)
        finally:
            load.up.clear() if not last else None
            process.kill()
            await process.wait()


async def run(load: Load, port: int, options: list[str], cookies: list[str]) -> None:
    load.end = float("inf")
    await asyncio.gather(
        serve(load, port, options),
        *(load.reader(number) for number in range(READERS)),
        *(load.writer(number, cookie) for number, cookie in enumerate(cookies)),
    )


def test_two_hundred_readers_and_twenty_writers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = str(tmp_path / "feedback.db")
    engine = open_database(database)
    feedback = Feedback(engine, time.time)
    crowd = Crowd("http://127.0.0.1", feedback)
    cookies = [crowd.browser(f"w{n}").cookies["adhere-session"] for n in range(WRITERS)]
    people = {}
    for number, cookie in enumerate(cookies):
        person = feedback.people.of_session(cookie)
        assert person is not None
        people[number] = person.id
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    load = Load(f"http://127.0.0.1:{port}/")
    options = ["--feedback", database, "--mail", str(tmp_path / "outbox")]
    asyncio.run(run(load, port, options, cookies))
    with engine.connect() as connection:
        kept = set(connection.execute(select(COMMENTS.c.id)).scalars())
        votes = {(row.person, row.comment): row.value for row in connection.execute(select(VOTES))}
    sure = {key: value for key, value in load.votes.items() if value is not None}
    wrong = [
        key for key, value in sure.items()
        if votes.get((people[key[0]], key[1])) != {"agree": 1, "disagree": -1}[value]
    ]  # fmt: skip
    with capsys.disabled():
        print(f"\n{READERS} readers, {WRITERS} writers, {SECONDS} s, load {os.getloadavg()[0]:.1f}")
        for name, times in (("reads", load.reads), ("writes", load.writes)):
            cuts = statistics.quantiles(times, n=100)
            print(f"{name}: {len(times)}, p50 {1e3 * cuts[49]:.0f} ms, p99 {1e3 * cuts[98]:.0f} ms")
        print(
            f"{len(load.failures)} errors, {load.cut} cut off by the kill, "
            f"{len(load.comments)} comments and {len(sure)} votes confirmed; lost: "
            f"{len(load.comments.keys() - kept)} and {len(wrong)}"
        )
    assert load.failures == []
    assert load.comments.keys() <= kept
    assert wrong == []
    assert len(load.comments) > WRITERS
    assert check_actions(feedback.actions()) == ""
    engine.dispose()
