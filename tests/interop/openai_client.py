"""Asks an OpenAI-compatible endpoint with the official client, as its standard input says.
The protocol is described in peer.rs, the methods in openai_client.rs."""

import json
import sys
from typing import Any

import openai


def client(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=url, api_key="sk-test", max_retries=0)


def stream(url: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Streams one message: its pieces, why it stopped, its calls, the count of tokens."""
    pieces: list[str] = []
    calls: dict[int, dict[str, str]] = {}
    reason, usage = None, None
    answer = client(url).chat.completions.create(
        model="mock-model",
        messages=messages,
        stream=True,
        stream_options={"include_usage": True},
    )
    for chunk in answer:
        if chunk.usage is not None:
            usage = chunk.usage.total_tokens
        for choice in chunk.choices:
            reason = choice.finish_reason or reason
            if choice.delta.content:
                pieces.append(choice.delta.content)
            for call in choice.delta.tool_calls or []:
                known = calls.setdefault(call.index, {"id": "", "name": "", "arguments": ""})
                known["id"] += call.id or ""
                known["name"] += call.function.name or ""
                known["arguments"] += call.function.arguments or ""
    return {"pieces": pieces, "reason": reason, "usage": usage, "calls": list(calls.values())}


def refused(url: str) -> dict[str, Any]:
    """Is answered with an error: its class, status and code."""
    try:
        stream(url, [{"role": "user", "content": "hi"}])
    except openai.APIStatusError as error:
        return {"class": type(error).__name__, "status": error.status_code, "code": error.code}
    return {}


METHODS = {"stream": stream, "refused": refused}


def obey(line: str) -> dict[str, Any]:
    request = json.loads(line)
    try:
        return {"id": request["id"], "result": METHODS[request["method"]](**request["args"])}
    except Exception as error:  # What the package raises has no type of its own.
        return {"id": request["id"], "error": f"{type(error).__name__}: {error}"}


for each in sys.stdin:
    print(json.dumps(obey(each), ensure_ascii=False), flush=True)
