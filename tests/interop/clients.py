"""Drives clients of the official Python package as its standard input says, and prints
what they answer and see. The protocol is described in peer.rs; what the methods take and
give, in clients/mod.rs."""

import json
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Literal

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp_types import Request, RequestParams, Result
from pydantic import ConfigDict

# Requests that one client has not got to yet; the test waits for each answer.
WAITING = 8


class ListSkills(Request[RequestParams, Literal["skills/list"]]):
    """The package knows nothing of skills, but lets its user send any request."""

    method: Literal["skills/list"] = "skills/list"
    params: RequestParams


class Skills(Result):
    """Their list as it came."""

    model_config = ConfigDict(extra="allow")


def say(**what: Any) -> None:
    print(json.dumps(what, ensure_ascii=False), flush=True)


def plain(value: Any) -> Any:
    """What the package gave, as it is on the wire."""
    dump = getattr(value, "model_dump", None)
    return value if dump is None else dump(mode="json", by_alias=True, exclude_none=True)


@asynccontextmanager
async def connected(revision=None, url=None, token=None, command=None, args=(), env=None, **_):
    async with AsyncExitStack() as stack:
        if url is None:
            server = StdioServerParameters(command=command, args=list(args), env=env)
            transport = stdio_client(server, errlog=sys.stderr)
        else:
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            http = await stack.enter_async_context(create_mcp_http_client(headers=headers))
            transport = streamable_http_client(url, http_client=http)
        mode = "legacy" if revision is None else "auto"
        yield await stack.enter_async_context(Client(transport, mode=mode))


async def skills(client: Client) -> dict[str, Any]:
    request = ListSkills(params=RequestParams())
    listed = plain(await client.session.send_request(request, Skills))
    read = []
    for skill in listed["skills"]:
        uri = skill["uri"]
        contents = (await client.read_resource(uri)).contents
        read.append({"name": skill["frontmatter"]["name"], "files": {uri: contents[0].text}})
    return {"read": read, "refused": []}


async def interrupt(client: Client, params: dict[str, Any]) -> bool:
    with anyio.CancelScope() as scope:

        async def give_up(*_: Any) -> None:
            scope.cancel()

        await client.call_tool(**params, progress_callback=give_up)
    return scope.cancelled_caught


async def perform(name: str, client: Client, method: str, params: dict[str, Any] | None) -> Any:
    async def report(progress: float, total: float | None, message: str | None) -> None:
        seen = {"progress": progress, "total": total, "message": message}
        say(client=name, event="progress", args=[seen])

    match method:
        case "callTool":
            return await client.call_tool(**params, progress_callback=report)
        case "interruptTool":
            return await interrupt(client, params)
        case "skills":
            return await skills(client)
        case "listTools":
            return await client.list_tools()
        case "listPrompts":
            return await client.list_prompts()
        case "getPrompt":
            return await client.get_prompt(**params)
        case "listResources":
            return await client.list_resources()
        case "readResource":
            return await client.read_resource(**params)
    raise ValueError(f"no method {method}")


async def answer(request: dict[str, Any], work: Any) -> None:
    try:
        say(id=request["id"], result=plain(await work))
    except Exception as error:
        code, data = getattr(error, "code", None), getattr(error, "data", None)
        told = {"name": type(error).__name__, "message": str(error), "code": code, "data": data}
        say(id=request["id"], error=told)


async def drive(name: str, connect: dict[str, Any], requests: Any) -> None:
    """One client, from its first request to its last: the package wants one task for both."""
    try:
        async with connected(**connect["args"][0]) as client:
            about = {
                "revision": client.protocol_version,
                "server": plain(client.server_info),
                "capabilities": plain(client.server_capabilities),
                "instructions": client.instructions,
            }
            say(id=connect["id"], result=about)
            connect, last = None, None
            async for request in requests:
                if request["method"] == "close":
                    last = request
                    break
                params = next(iter(request["args"]), None)
                await answer(request, perform(name, client, request["method"], params))
        if last is not None:
            say(id=last["id"], result=None)
    except BaseExceptionGroup as group:
        refuse(connect, group.exceptions[0])
    except Exception as error:
        refuse(connect, error)


def refuse(connect: dict[str, Any] | None, error: BaseException) -> None:
    if connect is None:
        raise error
    say(id=connect["id"], error={"name": type(error).__name__, "message": str(error)})


async def main() -> None:
    clients: dict[str, Any] = {}
    async with anyio.create_task_group() as tasks:
        async for line in anyio.wrap_file(sys.stdin):
            request = json.loads(line)
            name = request["client"]
            if request["method"] == "connect":
                clients[name], requests = anyio.create_memory_object_stream(WAITING)
                tasks.start_soon(drive, name, request, requests)
            else:
                await clients[name].send(request)
        tasks.cancel_scope.cancel()


anyio.run(main)
