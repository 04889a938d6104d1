"""The floor of ``benchmarks/evaluate.py``: the same requests, each answer appended to a file.

In a file of its own, so that it imports nothing else.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import aiohttp


async def ask_all(work: dict[str, Any]) -> None:
    """Ask with so many tasks; once more for each where a judge would be asked."""
    todo = iter(range(work["cases"] * work["epochs"]))
    url = f"{work['url']}/chat/completions"
    with (Path(work["folder"]) / "answers").open("ab", buffering=0) as file:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def one() -> None:
                for number in todo:
                    text = f"What is the capital of Portugal? ({number % work['cases']})"
                    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
                    for _ in range(2 if work["judged"] else 1):
                        async with session.post(url, json=body) as response:
                            file.write(await response.read() + b"\n")

            await asyncio.gather(*(one() for _ in range(work["connections"])))
        os.fsync(file.fileno())


if __name__ == "__main__":
    asyncio.run(ask_all(json.loads(sys.argv[1])))
