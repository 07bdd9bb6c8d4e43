"""A rolling restart of two servers on one PostgreSQL behind a proxy under load, unnoticed by clients."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.clients.feed_clients import EDGES, Edge
from tests.support.clients.raw_connection import until
from tests.support.servers import postgres
from tests.support.servers.caddy import Proxy
from tests.support.servers.server_process import ServerProcess

LAST = "the last"


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[ServerProcess]]:
    """Two servers on one database."""
    flags = ("--database-url", postgres.databases().url(tmp_path), "--drain", "1")
    with ServerProcess(tmp_path / "a", *flags) as first, ServerProcess(tmp_path / "b", *flags) as second:
        yield [first, second]
        assert "Traceback" not in first.log + second.log


@pytest.fixture
def proxy(servers: list[ServerProcess], tmp_path: Path, unused_tcp_port: int) -> Iterator[Proxy]:
    """A proxy in front of both."""
    proxy = Proxy(tmp_path, unused_tcp_port, *(server.port for server in servers)).start()
    yield proxy
    proxy.close()


class Load:
    """Clients that poll, write and read through the proxy until they are stopped."""

    def __init__(self, proxy: Proxy, begin: str) -> None:
        self.proxy = proxy
        self.begin = begin
        self.answers: Counter[tuple[str, int]] = Counter()
        self.acknowledged: set[str] = set()
        self.opened = 0
        self.writing = True

    async def ask(self, name: int) -> None:
        async with self.proxy.client() as client:
            count = 0
            while self.writing:
                count += 1
                if name % 2:
                    answer = await client.get("/api/notes?limit=5")
                else:
                    answer = await client.post("/api/notes", json={"title": f"{name}.{count}"})
                    self.acknowledged |= {answer.json()["title"]} if answer.status_code == 201 else set()
                self.answers[answer.request.method, answer.status_code] += 1
                await asyncio.sleep(0.01)  # not a load test

    async def read(self, edge: Edge) -> list[str]:
        """The titles of all notes in the order of their events, over interrupted streams."""
        titles: list[str] = []
        after: str | None = self.begin
        while LAST not in titles[-1:]:
            reader = edge(self.proxy.port)
            with suppress(ConnectionError):
                await reader.open(after)
                self.opened += 1
                while LAST not in titles[-1:] and await reader.read():
                    fresh, reader.events = [event for event in reader.events if "id" in event], []
                    titles += [event["note"]["title"] for event in fresh]
                    after = fresh[-1]["id"] if fresh else after
            reader.cut()
        return titles

    async def more(self) -> None:
        """Return once this many more requests have succeeded."""
        goal = self.answers.total() + 50
        await until(lambda: self.answers.total() >= goal, "requests are answered")


async def test_a_rolling_restart_fails_no_request_and_loses_no_event(servers: list[ServerProcess], proxy: Proxy):
    async with proxy.client() as client:
        load = Load(proxy, (await client.get("/api/notes")).headers["last-event-id"])
    reading = [asyncio.create_task(load.read(edge)) for edge in EDGES for _ in range(2)]
    await until(lambda: load.opened == len(reading), "all streams are open")
    asking = [asyncio.create_task(load.ask(name)) for name in range(4)]
    for server in servers:
        await load.more()
        await asyncio.to_thread(server.stop)
        await load.more()
        await asyncio.to_thread(server.start)
    await load.more()
    load.writing = False
    await asyncio.gather(*asking)
    async with proxy.client() as client:
        assert (await client.post("/api/notes", json={"title": LAST})).status_code == 201

    heard = await asyncio.gather(*reading)

    assert {status for _, status in load.answers} == {200, 201}, load.answers
    for titles in heard:
        assert len(titles) == len(set(titles))
        assert set(titles) == load.acknowledged | {LAST}
    assert load.opened > len(reading)
