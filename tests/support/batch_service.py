"""A service on loopback that takes batches as OpenAI and Anthropic do."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from service import Service, chat


class BatchService(Service):
    """Answers batches after so many looks, in any order.

    What a request says decides what becomes of it: ``fail`` is refused, ``late`` expires the first
    time, ``never`` every time.

    Args:
        looks: How often a batch is still running when it is looked at.
        deaf: How many creations are taken and not answered.
    """

    def __init__(self, looks: int = 1, deaf: int = 0) -> None:
        super().__init__(lambda *_: chat())
        self.looks, self.deaf = looks, deaf
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.asked: Counter[str] = Counter()
        self.paths: list[str] = []

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/v1")
        self.paths.append(f"{request.method} {path}")
        kind = "anthropic" if path.startswith("/messages") else "openai"
        parts = path.removeprefix("/messages").strip("/").split("/")
        match request.method, parts:
            case "POST", ["files"]:
                form = await request.post()
                name = f"file-{len(self.files)}"
                self.files[name] = form["file"].file.read()  # type: ignore[union-attr]
                return web.json_response({"id": name})
            case "POST", ["batches"]:
                return await self._create(kind, await request.json())
            case "GET", ["batches"]:
                found = [self._shown(name) for name in reversed(self.batches)]
                return web.json_response({"data": found, "has_more": False})
            case "GET", ["batches", name]:
                self.batches[name]["looks"] -= 1
                return web.json_response(self._shown(name))
            case ("GET", ["files", name, "content"]) | ("GET", ["batches", name, "results"]):
                return web.Response(body=self.files[name])
        return web.Response(status=404)

    async def _create(self, kind: str, body: dict[str, Any]) -> web.StreamResponse:
        name = f"batch-{len(self.batches)}"
        if kind == "openai":
            lines = self.files[body["input_file_id"]].splitlines()
            requests = [(it["custom_id"], it["body"]) for it in map(json.loads, lines)]
        else:
            requests = [(it["custom_id"], it["params"]) for it in body["requests"]]
        self.batches[name] = {
            "kind": kind, "looks": self.looks, "count": len(requests), "requests": requests,
            "metadata": body.get("metadata"), "made": datetime.now(UTC).isoformat(),
        }  # fmt: skip
        random.Random(len(requests)).shuffle(requests)
        done, failed = [], []
        for custom_id, asked in requests:
            content = asked["messages"][-1]["content"]
            text = content if isinstance(content, str) else content[0]["text"]
            self.asked[text] += 1
            result = self._result(kind, text)
            (done if kind == "anthropic" or result[0] else failed).append(
                json.dumps({"custom_id": custom_id, **result[1]})
            )
        self.files[name] = "\n".join(done).encode()
        self.files[f"{name}-errors"] = "\n".join(failed).encode()
        if self.deaf:
            self.deaf -= 1
            await asyncio.sleep(30)
        return web.json_response({"id": name})

    def _result(self, kind: str, text: str) -> tuple[bool, dict[str, Any]]:
        expires = "never" in text or ("late" in text and self.asked[text] == 1)
        if kind == "anthropic":
            message = {"content": [{"type": "text", "text": f"On {text}"}],
                       "usage": {"input_tokens": 7, "output_tokens": 3}}  # fmt: skip
            if expires:
                return False, {"result": {"type": "expired"}}
            if "fail" in text:
                error = {"type": "error", "error": {"type": "x", "message": "no"}}
                return False, {"result": {"type": "errored", "error": error}}
            return True, {"result": {"type": "succeeded", "message": message}}
        if expires:
            return False, {"response": None, "error": {"code": "batch_expired", "message": "late"}}
        status, body = (400, {"error": {"message": "no"}}) if "fail" in text else (
            200, chat(f"On {text}")
        )  # fmt: skip
        return status == 200, {"response": {"status_code": status, "body": body}, "error": None}

    def _shown(self, name: str) -> dict[str, Any]:
        batch = self.batches[name]
        over = batch["looks"] < 0
        if batch["kind"] == "anthropic":
            counts = {"processing": 0 if over else batch["count"],
                      "succeeded": batch["count"] if over else 0}  # fmt: skip
            return {"id": name, "processing_status": "ended" if over else "in_progress",
                    "created_at": batch["made"], "request_counts": counts}  # fmt: skip
        return {"id": name, "status": "completed" if over else "in_progress",
                "metadata": batch["metadata"], "output_file_id": name if over else None,
                "error_file_id": f"{name}-errors" if over else None}  # fmt: skip
