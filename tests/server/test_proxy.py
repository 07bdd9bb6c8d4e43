"""Behind a real reverse proxy: pages, API, unbuffered websockets and event streams; and restarts of the proxy."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients.feed_clients import EDGES, Edge, WebsocketClient, follow, named
from tests.support.clients.raw_connection import until
from tests.support.servers.caddy import Proxy
from tests.support.servers.server_process import ServerProcess

on_both_edges = pytest.mark.parametrize("edge", EDGES, ids=named)


@pytest.fixture
def proxy(server: ServerProcess, tmp_path: Path, unused_tcp_port: int) -> Iterator[Proxy]:
    proxy = Proxy(tmp_path, unused_tcp_port, server.port).start()
    yield proxy
    proxy.close()
    assert "Traceback" not in server.log


async def test_pages_and_api_work_through_the_proxy(proxy: Proxy):
    async with proxy.client() as http:
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


async def test_a_page_of_the_proxys_own_origin_may_write_and_subscribe(proxy: Proxy):
    origin = f"http://127.0.0.1:{proxy.port}"
    async with proxy.client() as http:
        for given, status in ((origin, 201), ("http://elsewhere.example", 403)):
            assert (await http.post("/api/notes", json={"title": "x"}, headers={"Origin": given})).status_code == status
    for given, status in ((origin, 101), ("http://elsewhere.example", 403)):
        client = WebsocketClient(proxy.port)
        await client.open(headers={"Origin": given})
        assert client.head.status == status
        client.cut()


@on_both_edges
async def test_events_pass_the_proxy_unbuffered(proxy: Proxy, edge: Edge):
    async with proxy.client() as http, await follow(edge, proxy.port) as client:
        for count in range(1, 6):
            added = await http.post("/api/notes", json={"title": "x"})
            await client.count(count)  # before the next write: nothing is buffered
            assert client.ids[-1] == added.headers["last-event-id"]


@on_both_edges
async def test_a_refused_stream_is_refused_through_the_proxy(proxy: Proxy, edge: Edge):
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
async def test_a_reader_that_disconnects_from_the_proxy_is_disconnected_from_the_server(
    proxy: Proxy, server: ServerProcess, edge: Edge
):
    async with proxy.client() as http:
        before = server.descriptors()
        clients = [await follow(edge, proxy.port) for _ in range(20)]
        await until(lambda: server.descriptors() >= before + 19, "the streams have arrived")
        for client in clients:
            client.cut()
        await http.post("/api/notes", json={"title": "x"})

        await until(lambda: server.descriptors() <= before + 1, "the streams are gone")
