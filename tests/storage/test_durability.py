"""Durability: cut requests, killed servers, cut streams and full disks lose, duplicate and corrupt nothing."""

import asyncio
import json
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.acknowledged_notes import check_rows_and_events, progress, writers
from tests.support.clients.delivery_paths import DELIVERY_PATHS
from tests.support.clients.feed_clients import EDGES, Edge, EventStreamClient, WebsocketClient, follow
from tests.support.clients.raw_connection import RawConnection, until
from tests.support.servers.in_process import apply
from tests.support.servers.postgres import Databases
from tests.support.servers.server_process import ServerProcess, wait_for

Json = dict[str, Any]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server with an empty board and fsync as in production."""
    with ServerProcess(tmp_path / "data", earnest=True) as server:
        yield server


# Cut requests


async def test_cut_requests_cause_no_hang_no_loss_and_no_duplicate(server: ServerProcess):
    chance = random.Random(1)
    answered: dict[int, str] = {}

    async def cut_short(number: int) -> None:
        title = f"cut {number}"
        body = json.dumps({"title": title}).encode()
        head = "POST /api/notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        connection = await RawConnection(server.port).connect()
        try:
            async with asyncio.timeout(chance.random() * 0.005):
                await connection.send(request[: chance.choice([len(request), len(request), len(request) - 5])])
                if (await connection.head()).status == 201:
                    answered[json.loads(await connection.receive())["id"]] = title
        except (TimeoutError, AssertionError, ConnectionError):
            pass
        connection.cut()

    async with writers(server, 4) as acknowledged:
        for _ in range(10):
            await asyncio.gather(*(cut_short(chance.randint(0, 1 << 30)) for _ in range(20)))
        await progress(acknowledged, 20)

    check_rows_and_events(server, acknowledged | answered)
    assert "Traceback" not in server.log


# Killed servers


async def test_kills_during_writes_lose_no_acknowledged_write(server: ServerProcess):
    chance = random.Random(2)
    epochs = set(server.stored("SELECT epoch FROM log_head"))
    async with writers(server, 8) as acknowledged:
        for _ in range(8):
            await progress(acknowledged, chance.randint(1, 40))
            await asyncio.sleep(chance.random() * 0.01)
            server.kill()
            await asyncio.to_thread(server.start)
        await progress(acknowledged, 10)

    check_rows_and_events(server, acknowledged)
    assert epochs == set(server.stored("SELECT epoch FROM log_head"))


# Cut streams


class Page:
    """A client that replicates a board by the feed, loses its connection at any byte and resumes, as the page does."""

    def __init__(self, server: ServerProcess, edge: Edge, seed: int) -> None:
        self.server = server
        self.edge = edge
        self.chance = random.Random(seed)
        self.state: dict[int, Json] = {}
        self.last_id: str | None = None
        self.ids: list[str] = []  # of every event since the last (re)load
        self.resets = 0
        self.cuts = 0
        self.leaves = False

    async def load(self) -> None:
        async with self.server.client() as http:
            answer = await http.get("/api/notes")
        self.state = {note["id"]: note for note in answer.json()}
        self.last_id = answer.headers["last-event-id"]
        self.ids = []

    async def follow_until(self, event_id: str | None = None) -> None:
        """Follow over cuts and restarts; until `leaves`, or to that event."""
        while not self.leaves if event_id is None else self.last_id != event_id:
            client: Any = self.edge(self.server.port)
            try:
                await client.open(self.last_id)
                if client.head.status in {101, 200}:
                    await self._read(client, event_id)
            except (OSError, AssertionError, TimeoutError):
                await asyncio.sleep(0.01)  # the server is down
            finally:
                client.cut()

    async def _read(self, client: EventStreamClient | WebsocketClient, event_id: str | None) -> None:
        left = self.chance.choice([self.chance.randint(1, 60), self.chance.randint(1, 5000), 1 << 30])
        while left > 0 and self.last_id != event_id:
            before = len(client.events)
            async with asyncio.timeout(1 if event_id is None else 20):
                if not await client.read(min(left, self.chance.choice([1, 7, 1000, 65536]))):
                    return
            left -= 300
            for event in client.events[before:]:
                await self._apply(event)
        self.cuts += 1

    async def _apply(self, event: Json) -> None:
        if event["action"] == "reset":
            await self.load()
            self.resets += 1
            return
        self.last_id = event["id"]
        self.ids.append(event["id"])
        apply(self.state, event)


async def mutate(server: ServerProcess, seed: int, done: asyncio.Event) -> None:
    """Change random notes, over restarts, until `done`."""
    chance = random.Random(seed)
    while not done.is_set():
        async with server.client() as http:
            with suppress(httpx.TransportError):
                while not done.is_set():
                    url = f"/api/notes/{chance.randint(1, 30)}"
                    act = chance.choice(["add", "title", "title", "done", "delete", "restore"])
                    if act == "add":
                        await http.post("/api/notes", json={"title": f"n{chance.random()}", "description": "é\n" * 50})
                    elif act == "title":
                        await http.patch(url, json={"title": f"t{chance.random()}"})
                    elif act == "done":
                        await http.patch(url, json={"done": chance.random() < 0.5})
                    elif act == "delete":
                        await http.delete(url)
                    else:
                        await http.post(f"{url}/restore")
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("road", DELIVERY_PATHS)
async def test_received_events_are_committed_despite_cuts_kills_and_restarts(tmp_path: Path, road: str):
    chance = random.Random(4)
    with ServerProcess(tmp_path / "data", "--stream-road", road, earnest=True) as server:
        pages = [Page(server, edge, seed) for seed in range(2) for edge in EDGES]
        for page in pages:
            await page.load()
        begin = pages[0].last_id or ""
        done = asyncio.Event()
        changing = [asyncio.create_task(mutate(server, seed, done)) for seed in range(3)]
        following = [asyncio.create_task(page.follow_until()) for page in pages]
        for how in (server.stop, server.kill, server.stop, server.kill):
            goal = len(pages[0].ids) + chance.randint(20, 60)
            await until(lambda goal=goal: len(pages[0].ids) >= goal, "a page hears of changes")  # type: ignore[misc]
            await asyncio.to_thread(how)
            await asyncio.to_thread(server.start)
        done.set()
        await asyncio.gather(*changing)
        for page in pages:
            page.leaves = True
        await asyncio.gather(*following)
        for page in pages:
            page.leaves = False

        async with server.client() as http:
            final = await http.get("/api/notes?limit=1000")
        end = final.headers["last-event-id"]
        async with asyncio.timeout(30):
            await asyncio.gather(*(page.follow_until(end) for page in pages))

        epoch = end.partition("-")[0]
        committed = [f"{epoch}-{number}" for (number,) in server.stored("SELECT number FROM event_log ORDER BY 1")]
        assert begin == f"{epoch}-0"
        assert committed[-1] == end
        for page in pages:
            assert page.ids == committed
            assert page.resets == 0
            assert page.state == {note["id"]: note for note in final.json()}
        assert sum(page.cuts for page in pages) > 10, "streams were cut"


# Full disks


def fill(disk: Path) -> None:
    """Fill the disk completely."""
    with (disk / "filler").open("ab", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(b"x" * 4096)


@pytest.mark.sqlite_only("the disk of its file")
async def test_a_full_disk_is_reported_stores_nothing_partially_and_recovers(small_disk: Path):
    with ServerProcess(small_disk / "data", earnest=True) as server:
        async with server.client() as http, await follow(WebsocketClient, server.port) as client:
            acknowledged = {}
            for number in range(20):
                answer = await http.post("/api/notes", json={"title": f"{number}", "description": "é" * 5000})
                acknowledged[answer.json()["id"]] = f"{number}"
            fill(small_disk)

            async def add(number: int) -> httpx.Response:
                return await http.post("/api/notes", json={"title": f"{number}", "description": "é" * 15_000})

            refused = 0
            for number in range(100, 200, 10):
                for more, answer in enumerate(await asyncio.gather(*(add(number + more) for more in range(10)))):
                    if answer.status_code == 201:
                        acknowledged[answer.json()["id"]] = f"{number + more}"
                    else:
                        assert answer.status_code == 507, answer.text
                        assert answer.headers["content-type"] == "application/problem+json"
                        assert answer.json()["code"] == "storage_full"
                        refused += 1
            assert refused > 10, "the disk was full"

            # reads continue, uncached ones too
            listed = await http.get("/api/notes", params={"q": "é", "limit": "1000"})
            assert {note["id"] for note in listed.json()} == set(acknowledged)
            assert (await http.get("/db/alive")).status_code == 200
            assert (await http.get("/front/notes")).status_code == 200
            sent = await http.post("/api/imports", content=b'[{"title": "a"}]')
            assert (sent.status_code, sent.json()["code"]) == (507, "storage_full")
            assert list((small_disk / "data").glob("imports/*")) == []
            ready = await http.get("/readyz")
            assert (ready.status_code, ready.json()["message"]) == (
                503,
                "Nothing can be written: there is no room left on the disk.",
            )

            (small_disk / "filler").unlink()
            assert (await http.get("/readyz")).status_code == 200
            answer = await add(999)
            assert answer.status_code == 201
            acknowledged[answer.json()["id"]] = "999"
            await client.count(len(acknowledged))
            assert client.numbers == list(range(1, len(acknowledged) + 1))
        check_rows_and_events(server, acknowledged)
        assert len(acknowledged) == len(server.stored("SELECT id FROM note"))
        server.kill()
        server.start()
        check_rows_and_events(server, acknowledged)


# Other users of the file


@pytest.mark.sqlite_only("its locks")
@pytest.mark.parametrize("looks", [["/db/alive"], ["/readyz"], ["/db/alive", "/readyz", "/healthz"]], ids=str)
async def test_a_health_check_does_not_release_the_databases_locks(server: ServerProcess, looks: list[str]):
    async with server.client() as http:
        first = (await http.post("/api/notes", json={"title": "first"})).json()
        for path in looks:
            assert (await http.get(path)).status_code == 200

        # A process that believes to be the last to close the file deletes the write-ahead log.
        with closing(sqlite3.connect(server.data / "quart-notes.sqlite3")) as other:
            assert other.execute("SELECT title FROM note").fetchall() == [("first",)]
        second = (await http.post("/api/notes", json={"title": "second"})).json()
    server.kill()

    assert server.stored("SELECT title FROM note ORDER BY id") == [("first",), ("second",)]
    server.start()
    check_rows_and_events(server, {first["id"]: "first", second["id"]: "second"})


# An unavailable database


@pytest.mark.sqlite_only("its file goes away")
@pytest.mark.parametrize("kind", ["moved away", "replaced"])
async def test_an_unavailable_database_is_reported_and_recovers(server: ServerProcess, kind: str):
    file = server.data / "quart-notes.sqlite3"
    aside = server.data / "aside.sqlite3"
    async with server.client() as http:
        first = (await http.post("/api/notes", json={"title": "first"})).json()
        assert (await http.get("/db/alive")).status_code == 200
        async with await follow(WebsocketClient, server.port) as client:
            file.rename(aside)
            if kind == "replaced":
                shutil.copy(aside, file)

            for method, path, body in [
                ("POST", "/api/notes", {"title": "lost"}),
                ("PATCH", f"/api/notes/{first['id']}", {"title": "lost"}),
                ("DELETE", f"/api/notes/{first['id']}", None),
                ("GET", "/api/notes?q=something", None),
                ("GET", "/events", None),
            ]:
                answer = await http.request(method, path, json=body)
                assert answer.status_code == 503, (method, path)
                assert answer.json()["code"] == "database_unavailable"
            for path in ("/db/alive", "/readyz"):
                answer = await http.get(path)
                assert (answer.status_code, answer.json()["status"]) == (503, "unhealthy")
            assert (await http.get("/healthz")).status_code == 200
            refused = WebsocketClient(server.port)
            await refused.open()
            assert refused.head.status == 503
            refused.cut()

            aside.rename(file)
            assert (await http.get("/db/alive")).status_code == 200
            assert (await http.get("/readyz")).status_code == 200
            second = (await http.post("/api/notes", json={"title": "second"})).json()
            await client.count(1)
            assert [event["note"] for event in client.events] == [second]
    check_rows_and_events(server, {first["id"]: "first", second["id"]: "second"})
    assert server.stored("SELECT title FROM note ORDER BY id") == [("first",), ("second",)]


async def health(http: httpx.AsyncClient) -> set[int]:
    return {(await http.get(path)).status_code for path in ("/db/alive", "/readyz")}


@pytest.mark.sqlite_only("its file is damaged")
async def test_a_corrupt_file_is_unhealthy_despite_cached_pages(server: ServerProcess):
    file = server.data / "quart-notes.sqlite3"
    async with server.client() as http:
        assert (await http.post("/api/notes", json={"title": "first"})).status_code == 201
        assert await health(http) == {200}
        sound = file.read_bytes()

        _overwrite(file, 0, random.Random(1).randbytes(len(sound)))
        assert await health(http) == {503}
        _overwrite(file, 0, sound)

        assert await health(http) == {200}
        assert (await http.get("/api/notes", params={"q": "first"})).status_code == 200


@pytest.mark.sqlite_only("its file is damaged")
async def test_a_failed_database_is_unhealthy_until_all_of_it_is_intact(tmp_path: Path):
    with ServerProcess(tmp_path / "data") as server:
        async with server.client() as http:
            for number in range(40):
                await http.post("/api/notes", json={"title": f"{number}", "description": "x" * 10_000})
    file = server.data / "quart-notes.sqlite3"
    with ServerProcess(server.data) as server:
        async with server.client() as http:
            assert await health(http) == {200}
            sound = file.read_bytes()
            half = len(sound) // 2
            _overwrite(file, half, random.Random(1).randbytes(len(sound) - half))  # its first pages are readable
            assert (await http.get("/api/notes", params={"q": "x"})).status_code == 503

            assert await health(http) == {503}
            assert await health(http) == {503}, "asking again makes it no better"
            _overwrite(file, half, sound[half:])

            assert await health(http) == {200}


def _overwrite(file: Path, place: int, content: bytes) -> None:
    with file.open("r+b") as opened:
        opened.seek(place)
        opened.write(content)


async def test_a_server_without_its_postgresql_is_not_healthy(databases: Databases, tmp_path: Path):
    with ServerProcess(tmp_path / "data", "--database-url", databases.url(tmp_path)) as server:
        async with server.client() as http:
            assert await health(http) == {200}
            await asyncio.to_thread(databases.server.stop)
            assert await health(http) == {503}
            assert await health(http) == {503}

            await asyncio.to_thread(databases.server.start)

            address = f"{server.base}/readyz"
            await asyncio.to_thread(
                wait_for, lambda: httpx.get(address, verify=False).status_code == 200, "it heals", 30
            )
            assert await health(http) == {200}
        assert "Traceback" not in server.log
    databases.forget(tmp_path)
