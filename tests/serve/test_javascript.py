"""The official JavaScript client, run by node, unchanged. Needs node and, once, the network."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from openai_service import TOOL, model, responses
from running_gateway import SHOP

SCRIPT = """
import OpenAI from "openai";
const [url, key, tool] = process.argv.slice(2);
const api = new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0 });
const messages = [{ role: "user", content: "Hi" }];
const found = {};
found.models = (await api.models.list()).data.map((one) => one.id);
const whole = await api.chat.completions.create({ model: "m", messages });
found.whole = whole.choices[0].message.content;
found.streamed = "";
for await (const chunk of await api.chat.completions.create({ model: "m", messages, stream: true }))
  found.streamed += chunk.choices[0]?.delta?.content ?? "";
const tools = [JSON.parse(tool)];
const called = await api.chat.completions.create({ model: "m", messages, tools });
found.arguments = called.choices[0].message.tool_calls[0].function.arguments;
found.response = (await api.responses.create({ model: "m", input: "Hi" })).output_text;
found.events = [];
for await (const event of await api.responses.create({ model: "m", input: "Hi", stream: true }))
  found.events.push(event.type);
try { await new OpenAI({ baseURL: url, apiKey: "no", maxRetries: 0 }).models.list(); }
catch (error) { found.error = [error.constructor.name, error.status, error.code]; }
console.log(JSON.stringify(found));
"""


async def both(request, body, before):
    answer = responses if request.path.endswith("/responses") else model
    return await answer(request, body, before)


@pytest.mark.soak
def test_the_javascript_client(start, tmp_path):
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node is not installed")
    folder = tmp_path / "js"
    folder.mkdir()
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "ask.js").write_text(SCRIPT)
    subprocess.run(["npm", "install", "--silent", "openai"], cwd=folder, check=True)
    gateway, _ = start(both)
    said = subprocess.run(
        ["node", "ask.js", f"{gateway.url}/v1", SHOP, json.dumps(TOOL)],
        cwd=folder, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    found = json.loads(said.stdout)
    assert found["models"] == ["m"]
    assert found["whole"] == found["streamed"] == found["response"] == "Hello."
    assert json.loads(found["arguments"]) == {"city": "Oslo"}
    assert found["events"][0] == "response.created"
    assert found["events"][-1] == "response.completed"
    assert found["error"] == ["AuthenticationError", 401, "invalid_api_key"]
