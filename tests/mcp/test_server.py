"""`squire mcp` with the client that others wrote, over stdio."""
import asyncio
import contextlib
import json
import pathlib
import subprocess
import time

import jsonschema
import mcp
import pytest
from mcp.client.stdio import StdioServerParameters, stdio_client

from support import program, trees

REVISIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]


@contextlib.asynccontextmanager
async def connect(squire, tree, *options, mode="auto"):
    server = StdioServerParameters(command=squire.path, args=["mcp", str(tree), *options])
    async with mcp.Client(stdio_client(server), mode=mode) as client:
        yield client


async def until(holds, what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = await holds()
        if value:
            return value
        await asyncio.sleep(0.02)
    raise AssertionError(f"{what} did not come within {seconds} s")


async def hits(client, query, **arguments):
    result = await client.call_tool("search_code", {"query": query, **arguments})
    assert not result.is_error, result
    return result.structured_content["hits"]


@pytest.fixture
def made(tree):
    trees.make(tree, 20, seed=3)
    trees.write(tree, "needle.py", "def find_the_haystack(needle):\n    return needle in 'haystack'\n")
    return tree


@pytest.fixture
def indexed(squire, stub, made):
    squire.run("index", made, *stub.options)
    return made


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_tools(squire, indexed, mode):
    async def go():
        async with connect(squire, indexed, mode=mode) as client:
            assert client.protocol_version == "2025-11-25"
            assert client.server_info.name == "squire"
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert set(tools) == {"search_code", "find_similar", "index_status", "refresh"}
            assert tools["search_code"].annotations.read_only_hint and not tools["refresh"].annotations.read_only_hint
            for tool in tools.values():
                assert tool.description and tool.input_schema["type"] == tool.output_schema["type"] == "object"

            # The client checks each result against the schema that the tool declares.
            result = await client.call_tool("search_code", {"query": "find the haystack", "limit": 2})
            assert not result.is_error
            best = result.structured_content["hits"][0]
            assert (best["path"], best["start_line"], best["end_line"]) == ("needle.py", 1, 2)
            assert len(result.structured_content["hits"]) <= 2
            assert result.content[0].text.startswith("needle.py:1-2  function find_the_haystack  (score ")
            assert "```python\ndef find_the_haystack(needle):\n" in result.content[0].text
            by_command = squire.json("search", "find the haystack", indexed, "-k", 2)
            assert result.structured_content["hits"] == by_command

            only = await hits(client, "commit", paths=["*.md"], mode="text", lang="markdown", kind="section")
            assert only and all(hit["path"].endswith(".md") for hit in only)
            assert await hits(client, "zzyzx", mode="text") == []

            like = (await client.call_tool("find_similar", {"path": "needle.py", "line": 2, "limit": 3})).structured_content
            assert len(like["hits"]) == 3 and all(hit["path"] != "needle.py" for hit in like["hits"])
            lost = await client.call_tool("find_similar", {"path": "no.py"})
            assert lost.is_error and "no.py" in lost.content[0].text

            status = (await client.call_tool("index_status", {})).structured_content
            assert status["exists"] and status["files"] == 21 and status["model"] == "stub"
            report = (await client.call_tool("refresh", {})).structured_content
            assert report["done"] and report["files"] == 21 and report["files_failed"] == 0
            going = (await client.call_tool("refresh", {"wait": False})).structured_content
            assert going["done"] is False
    asyncio.run(go())


@pytest.mark.parametrize("arguments, told", [
    ({}, "'query'"),
    ({"query": ""}, "'query'"),
    ({"query": 7}, "'query'"),
    ({"query": "x" * 100_000}, "8192"),
    ({"query": "x", "limit": 0}, "1 to 50"),
    ({"query": "x", "limit": 51}, "1 to 50"),
    ({"query": "x", "limit": "10"}, "1 to 50"),
    ({"query": "x", "mode": "best"}, "auto, vector, text"),
    ({"query": "x", "paths": "src"}, "list"),
    ({"query": "x", "top_k": 3}, "top_k"),
])
def test_a_bad_argument_is_told_and_the_server_lives_on(squire, indexed, arguments, told):
    async def go():
        async with connect(squire, indexed) as client:
            result = await client.call_tool("search_code", arguments)
            assert result.is_error and told in result.content[0].text and result.structured_content is None
            assert await hits(client, "haystack")
            with pytest.raises(mcp.MCPError):
                await client.call_tool("no_such_tool", {})
            assert await hits(client, "haystack")
    asyncio.run(go())


def test_makes_the_index_and_answers_meanwhile(squire, start_stub, made):
    slow = start_stub(delay=0.3)

    async def go():
        async with connect(squire, made, *slow.options) as client:
            early = await client.call_tool("search_code", {"query": "haystack"})
            assert not early.is_error
            status = (await client.call_tool("index_status", {})).structured_content
            if not early.structured_content["hits"]:
                assert early.structured_content["note"]

            async def found():
                return await hits(client, "haystack needle")
            assert (await until(found, "the first index"))[0]["path"] == "needle.py"
            assert "exists" in status

            async def ready():
                return (await client.call_tool("index_status", {})).structured_content.get("files") == 21
            await until(ready, "the whole index")
    asyncio.run(go())


def test_follows_edits(squire, stub, indexed):
    async def go():
        async with connect(squire, indexed) as client:
            async def following():
                return (await client.call_tool("index_status", {})).structured_content["following"]
            await until(following, "the follower")
            trees.write(indexed, "fresh.txt", "a word called quuxfrob\n")

            async def found():
                return await hits(client, "quuxfrob", mode="text")
            assert (await until(found, "the edit"))[0]["path"] == "fresh.txt"
            (indexed / "fresh.txt").unlink()

            async def gone():
                return not await hits(client, "quuxfrob", mode="text")
            await until(gone, "the deletion")
    asyncio.run(go())


def test_two_servers_on_one_tree_and_one_takes_over(squire, stub, indexed):
    async def go():
        async with connect(squire, indexed) as second:
            async with connect(squire, indexed) as first:
                for client in (first, second):
                    assert await hits(client, "haystack")
                trees.write(indexed, "fresh.txt", "a word called quuxfrob\n")
                for client in (first, second):
                    async def found(client=client):
                        return await hits(client, "quuxfrob", mode="text")
                    await until(found, "the edit in both servers")
                both = await asyncio.gather(*(client.call_tool("refresh", {}) for client in (first, second)))
                assert all(result.structured_content["done"] for result in both)
            trees.write(indexed, "later.txt", "a word called zyxgrib\n")

            async def found_later():
                return await hits(second, "zyxgrib", mode="text")
            await until(found_later, "the edit by whoever is left")
    asyncio.run(go())
    assert squire.json("verify", indexed, "--deep")["problems"] == []


def test_many_questions_at_once(squire, indexed):
    async def go():
        async with connect(squire, indexed) as client:
            answers = await asyncio.gather(*(hits(client, f"haystack {i}") for i in range(50)), client.call_tool("refresh", {}))
            assert all(answers)
    asyncio.run(go())


class Raw:
    """The wire itself: lines to the server and from it."""

    def __init__(self, process):
        self.process = process

    def send(self, text):
        self.process.stdin.write(text if isinstance(text, str) else json.dumps(text))
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def ask(self, message):
        self.send(message)
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.stdin = None
        started = time.monotonic()
        rest = self.process.stdout.read()
        code = self.process.wait(timeout=30)
        return code, rest, time.monotonic() - started


@pytest.fixture
def raw(squire, indexed):
    with squire.running("mcp", indexed, stdin=subprocess.PIPE) as process:
        yield Raw(process)


def call(number, method, params=None):
    return {"jsonrpc": "2.0", "id": number, "method": method, **({} if params is None else {"params": params})}


@pytest.mark.parametrize("asked", [*REVISIONS, "2026-07-28", "nonsense"])
def test_negotiation(raw, asked):
    reply = raw.ask(call(1, "initialize", {"protocolVersion": asked, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}))
    assert reply["result"]["protocolVersion"] == (asked if asked in REVISIONS else "2025-11-25")


def test_nonsense_is_answered_by_the_book(raw):
    for text, code in (("{", -32700), ("\x00", -32700), ("[]", -32600), ('[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600),
                       ("{}", -32600), (call(1, "nope"), -32601), (call(1, "server/discover"), -32601),
                       (call(1, "tools/call"), -32602), (call(1, "tools/call", {"name": "search_code", "arguments": 3}), -32602),
                       ("[" * 100_000, -32600), ('{"jsonrpc":"2.0","id":1,"method":"' + "x" * 9_000_000 + '"}', -32600)):
        assert raw.ask(text)["error"]["code"] == code, str(text)[:60]
    assert raw.ask(call("still", "ping")) == {"jsonrpc": "2.0", "id": "still", "result": {}}
    raw.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    raw.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 99}})
    raw.send("")
    assert raw.ask(call(2, "logging/setLevel", {"level": "debug"}))["result"] == {}
    assert raw.close()[:2] == (0, "")


def test_questions_before_the_end_of_input_are_answered(raw):
    for number in range(5):
        raw.send(call(number, "tools/call", {"name": "search_code", "arguments": {"query": "haystack"}}))
    code, rest, _ = raw.close()
    assert code == 0
    replies = [json.loads(line) for line in rest.splitlines()]
    assert [reply["id"] for reply in replies] == list(range(5)) and all("result" in reply for reply in replies)


def test_schemas_are_schemas(raw):
    for tool in raw.ask(call(1, "tools/list"))["result"]["tools"]:
        for schema in (tool["inputSchema"], tool["outputSchema"]):
            jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("how", ["end of input", "SIGTERM"])
def test_ends_within_a_second_in_the_middle_of_embedding(squire, start_stub, made, how):
    stuck = start_stub(delay=5)
    with squire.running("mcp", made, *stuck.options, stdin=subprocess.PIPE) as process:
        server = Raw(process)
        server.ask(call(1, "ping"))
        program.wait_until(lambda: (pathlib.Path(made) / ".squire" / "write.lock").exists(), what="the run's beginning")
        started = time.monotonic()
        if how == "SIGTERM":
            process.terminate()
            code = process.wait(timeout=30)
        else:
            code = server.close()[0]
        assert code == 0 and time.monotonic() - started < 2  # one, and the machine's own slowness
    quick = start_stub()
    squire.run("index", made, "--embedder", quick.url, "--model", "stub")
    assert squire.json("status", made)["pending"] == 0


def test_only_messages_reach_stdout(squire, indexed):
    with squire.running("mcp", indexed, "--log-level", "debug", stdin=subprocess.PIPE) as process:
        server = Raw(process)
        for number in range(3):
            assert server.ask(call(number, "tools/call", {"name": "refresh", "arguments": {}}))["id"] == number
        code, rest, _ = server.close()
    assert (code, rest) == (0, "")
