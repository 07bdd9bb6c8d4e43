"""Checks that servers recover from any failure.

`Traffic` reads and writes at several servers on one database during a failure. `recovered` returns once each of them
is ready, and a write at each has reached every reader. At the end no acknowledged write is lost, every event was
sent once, and the processes use the same resources as before.
"""

import asyncio
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import httpx

from tests.support.clients.raw_connection import until
from tests.support.clients.wire_formats import EventStreamParser
from tests.support.servers.server_process import ServerProcess, wait_for
from tests.support.servers.worker_processes import WorkerServer

READY_TIMEOUT = 5.0  # seconds after a failure until a server is ready
DELIVERY_TIMEOUT = (
    3.0  # seconds from a write until every reader has its event: the goal is 1, with a margin for busy machines
)
RELEASE_TIMEOUT = 20.0  # seconds until a process has released the resources of a failure
WRITERS, READERS = 2, 2  # for each server
PAUSE = 0.05  # seconds between two writes of one writer

Ask = Callable[[str], list[Any]]


def observed(server: ServerProcess) -> None:
    """Make a server that has not started yet report its resources on a signal."""
    server.prelude += "from tests.support.servers.observed import observe; observe()\n"
    server.data.parent.mkdir(parents=True, exist_ok=True)
    server.env["OBSERVED"] = str(server.data.parent)


def figures(server: ServerProcess) -> dict[str, Counter[str]]:
    """The tasks, threads and descriptors of a server's processes."""
    found: dict[str, Counter[str]] = {}
    for process in _processes(server):
        place = Path(server.env["OBSERVED"]) / str(process)
        place.unlink(missing_ok=True)
        os.kill(process, signal.SIGUSR2)
        wait_for(place.exists, f"process {process} says what it is at")
        for kind, names in json.loads(place.read_text()).items():
            found.setdefault(kind, Counter()).update(names)
    return found


def _processes(server: ServerProcess) -> list[int]:
    return [server.pid, *(server.workers() if isinstance(server, WorkerServer) else ())]


class Reader:
    """Reads every event at one server, over any failure, resuming from its last event."""

    def __init__(self, server: ServerProcess, after: str) -> None:
        self._server = server
        self._last = after
        self.numbers: list[int] = []

    async def run(self) -> None:
        """Read for ever."""
        while True:
            async with self._server.client() as http:
                with suppress(httpx.TransportError):
                    await self._follow(http)
            await asyncio.sleep(0.05)

    async def _follow(self, http: httpx.AsyncClient) -> None:
        async with http.stream(
            "GET", "/events", params={"after": self._last}, timeout=httpx.Timeout(20, read=60)
        ) as it:
            assert it.status_code in {200, 503}, it.status_code
            if it.status_code == 503:
                return
            parser = EventStreamParser()
            async for data in it.aiter_bytes():
                for event_id, text in parser.feed(data):
                    if event_id is not None:
                        assert json.loads(text)["action"] != "reset", "it has to load everything again"
                        self._last = event_id
                        self.numbers.append(_number(event_id))


class Traffic:
    """Readers and writers at each of the servers.

    ask       the rows of a query in the servers' database
    refusals  statuses that a writer may get during a failure
    """

    def __init__(self, servers: Sequence[ServerProcess], ask: Ask, refusals: Collection[int] = (503,)) -> None:
        self._servers = servers
        self._ask = ask
        self._refusals = refusals
        self._writing = True
        self._tasks: list[asyncio.Task[None]] = []
        self._begin = 0
        self._before: dict[str, Counter[str]] = {}
        self.acknowledged: dict[int, str] = {}
        self.by: Counter[str] = Counter()  # acknowledged writes, by server
        self.refused = 0
        self._denied: set[str] = set()  # titles of writes whose response said that nothing was changed
        self.readers: list[Reader] = []

    async def __aenter__(self) -> Self:
        for server in self._servers:
            await self._warm(server)
        self._before = await self._rested()
        async with self._servers[0].client() as http:
            begin = (await http.get("/api/notes")).headers["Last-Event-ID"]
        self._begin = _number(begin)
        self.readers = [Reader(server, begin) for server in self._servers for _ in range(READERS)]
        work = [reader.run() for reader in self.readers]
        work += [
            self._write(server, f"{place}.{one}")
            for place, server in enumerate(self._servers)
            for one in range(WRITERS)
        ]
        self._tasks = [asyncio.create_task(each) for each in work]
        return self

    async def _warm(self, server: ServerProcess) -> None:
        """Make it open its maximum number of database connections."""

        async def ask(name: int) -> None:
            async with server.client() as http:
                for number in range(3):
                    answer = await http.post("/api/notes", json={"title": f"warm {name}.{number}"})
                    assert answer.status_code == 201, answer.text
                    self.acknowledged[answer.json()["id"]] = f"warm {name}.{number}"
                    assert (await http.get(f"/api/notes?q={name}.{number}")).status_code == 200
                async with http.stream("GET", "/events"):
                    pass

        # So many requests that, by chance, every worker gets some.
        await asyncio.gather(*(ask(name) for name in range(8 * len(_processes(server)))))

    async def _rested(self) -> dict[str, Counter[str]]:
        """The resources of idle servers, once two reports are equal."""
        before: dict[str, Counter[str]] = {}
        while before != (now := await asyncio.to_thread(self._figures)):
            before = now
            await asyncio.sleep(0.1)
        return before

    def _figures(self) -> dict[str, Counter[str]]:
        """The total: work of one server may move to another."""
        found: dict[str, Counter[str]] = {}
        for server in self._servers:
            for kind, names in figures(server).items():
                found.setdefault(kind, Counter()).update(names)
        return found

    async def _write(self, server: ServerProcess, name: str) -> None:
        serial = 0
        while self._writing:
            async with server.client() as http:
                with suppress(httpx.TransportError):
                    while self._writing:
                        serial += 1
                        await self._add(http, server, f"{name}.{serial}")
                        await asyncio.sleep(PAUSE)
            await asyncio.sleep(PAUSE)

    async def _add(self, http: httpx.AsyncClient, server: ServerProcess, title: str) -> None:
        answer = await http.post("/api/notes", json={"title": title})
        if answer.status_code == 201:
            self.acknowledged[answer.json()["id"]] = title
            self.by[str(server.data)] += 1
        else:
            assert answer.status_code in self._refusals, answer.text
            self.refused += 1
            if "nothing was changed" in answer.text:
                self._denied.add(title)

    async def progress(self, server: ServerProcess, more: int = 10) -> None:
        """Return once a server has acknowledged this many more writes."""
        goal = self.by[str(server.data)] + more
        await self._until(lambda: self.by[str(server.data)] >= goal, f"{more} more writes at {server.data}", 30)

    async def is_refused(self, more: int) -> None:
        """Return once this many more writes have been refused."""
        goal = self.refused + more
        await self._until(lambda: self.refused >= goal, f"{more} more writes are refused", 30)

    async def recovered(self) -> None:
        """Return once every server is ready, and each write at one has reached all readers."""
        began = time.monotonic()
        await asyncio.gather(*(self._ready(server) for server in self._servers))
        ready = time.monotonic() - began
        for server in self._servers:
            began = time.monotonic()
            async with server.client() as http:
                answer = await http.post("/api/notes", json={"title": "recovered"})
            assert answer.status_code == 201, answer.text
            self.acknowledged[answer.json()["id"]] = "recovered"
            await self._told(_number(answer.headers["Last-Event-ID"]), DELIVERY_TIMEOUT)
            print(f"ready after {ready:.2f} s, told after {time.monotonic() - began:.2f} s")
        for server in self._servers:
            await self.progress(server, 3)

    async def _ready(self, server: ServerProcess) -> None:
        deadline = time.monotonic() + READY_TIMEOUT
        async with server.client() as http:
            while (await http.get("/readyz")).status_code != 200:
                assert time.monotonic() < deadline, (
                    f"{server.data} is not ready within {READY_TIMEOUT} s:\n{server.log}"
                )
                await asyncio.sleep(0.02)

    async def _told(self, number: int, seconds: float) -> None:
        await self._until(
            lambda: all(reader.numbers and reader.numbers[-1] >= number for reader in self.readers),
            f"every reader has heard of event {number}",
            seconds,
        )

    async def _until(self, condition: Callable[[], object], what: str, seconds: float) -> None:
        def holds() -> object:
            for task in self._tasks:
                if task.done():
                    task.result()  # raises the error of that task
            return condition()

        await until(holds, what, seconds)

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                await self._check()
        finally:
            if kind is not None:
                for server in self._servers:
                    print(server.log[-3000:])
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _check(self) -> None:
        self._writing = False
        await asyncio.wait_for(asyncio.gather(*self._tasks[len(self.readers) :]), 40)
        async with self._servers[0].client() as http:
            # A process that writes now does so after all started writes.
            last = await http.post("/api/notes", json={"title": "the last"})
        self.acknowledged[last.json()["id"]] = "the last"
        newest = await asyncio.to_thread(self._kept)
        await self._told(newest, 20)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for reader in self.readers:
            assert reader.numbers == list(range(self._begin + 1, newest + 1)), "something was left out, or came twice"
        await self._as_before()

    def _kept(self) -> int:
        """Every acknowledged note is stored, and each note has one event; returns the newest event's number."""
        ((newest,),) = self._ask("SELECT newest FROM log_head")
        log = self._ask("SELECT number, body FROM event_log ORDER BY number")
        notes = dict(self._ask("SELECT id, title FROM note"))
        told = [(event["note"]["id"], event["note"]["title"]) for event in (json.loads(body) for _, body in log)]
        lost = self.acknowledged.items() - notes.items()
        assert not lost, f"acknowledged writes are lost: {lost}, there are {[(one, notes.get(one)) for one, _ in lost]}"
        assert self._denied.isdisjoint(notes.values()), "a write that was denied has happened"
        assert sorted(told) == sorted(notes.items()), "not each note has one event"
        assert [number for number, _ in log] == list(range(1, newest + 1))
        return int(newest)

    async def _as_before(self) -> None:
        deadline = time.monotonic() + RELEASE_TIMEOUT
        more: dict[str, Counter[str]] = {"all": Counter("?")}
        while any(more.values()):
            assert time.monotonic() < deadline, f"there is more than before: {more}"
            await asyncio.sleep(0.1)
            now = await asyncio.to_thread(self._figures)
            more = {kind: +(now[kind] - self._before[kind]) for kind in now}


def _number(event_id: str) -> int:
    return int(event_id.partition("-")[2])
