"""Makes cases.yaml and cassettes/ of examples/support-bot: what the old API of the sandbox answered, and what the new does.

python scripts/make_example.py
"""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from openai import OpenAI

from assist2resp.sandbox import sandbox

FOLDER = Path(__file__).parents[1] / "examples" / "support-bot"
QUESTIONS = (
    "Call get_order for number 7.",
    "How long may I keep a teapot before I send it back?",
    "Which tea has no caffeine?",
    "Call get_order for number 12.",
    "Do you deliver to Bonn on a Saturday?",
    "My lid is broken, what now?",
    "Call get_order for number 31.",
    "Can I pay on account?",
)
OUTPUT = '{"state": "shipped"}'
NOISE = 3


def main() -> None:
    """Write both."""
    settings = configuration()
    with sandbox(noise=NOISE) as server, server.client() as client:
        cases = [case_of(client, settings, number, question) for number, question in enumerate(QUESTIONS, 1)]
    text = yaml.safe_dump(cases, sort_keys=False, allow_unicode=True, width=100)
    head = "# What the Assistants API answered, while it lived.\n"
    (FOLDER / "cases.yaml").write_text(head + text, encoding="utf-8")
    shutil.rmtree(FOLDER / "cassettes", ignore_errors=True)
    with sandbox(noise=NOISE, sunset=True) as server:
        command = ["replay", "cases.yaml", "--config", "bot:CONFIGURATION", "--record", "--cassettes", "cassettes"]
        command += ["--base-url", server.url, "--concurrency", "1", "--out", "run.json"]
        environment = {"OPENAI_API_KEY": "any", "PATH": ""}
        subprocess.run([sys.executable, "-m", "assist2resp", *command], cwd=FOLDER, env=environment, check=True)
    (FOLDER / "run.json").unlink()


def configuration() -> dict[str, Any]:
    """What the example's bot asks with."""
    settings: dict[str, Any] = runpy.run_path(str(FOLDER / "bot.py"))["CONFIGURATION"]
    return settings


def case_of(client: OpenAI, settings: dict[str, Any], number: int, question: str) -> dict[str, Any]:
    """A turn of the old API, as `assist2resp schema case` describes it."""
    tools: Any = [{"type": "function", "function": {key: tool[key] for key in _FIELDS}} for tool in settings["tools"]]
    assistant: Any = client.beta.assistants.create(
        model=settings["model"], instructions=settings["instructions"], tools=tools
    )
    thread = client.beta.threads.create(messages=[{"role": "user", "content": question}])
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    calls = []
    while run.required_action is not None:
        outputs = []
        for call in run.required_action.submit_tool_outputs.tool_calls:
            arguments = json.loads(call.function.arguments)
            calls.append({"name": call.function.name, "arguments": arguments, "output": OUTPUT})
            outputs.append({"tool_call_id": call.id, "output": OUTPUT})
        submit: Any = client.beta.threads.runs.submit_tool_outputs_and_poll
        run = submit(run_id=run.id, thread_id=thread.id, tool_outputs=outputs)
    part: Any = client.beta.threads.messages.list(thread.id).data[0].content[0]
    case: dict[str, Any] = {"id": f"case-{number}", "question": question}
    case |= {"tools": calls} if calls else {}
    said = {"refusal": part.refusal} if part.type == "refusal" else {"reply": part.text.value}
    return {**case, **said, "model": settings["model"]}


_FIELDS = ("name", "description", "parameters")


if __name__ == "__main__":
    main()
