"""Workers that end: killed, suspended, or failed at their start."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from quart_notes.server.workers.worker_process import MAX_MISSED_CHECKS, WorkerProcess
from tests.support.acknowledged_notes import check_rows_and_events, progress, writers
from tests.support.clients.command_line import assert_failed, run_in
from tests.support.clients.feed_clients import EDGES, Edge, WebsocketClient, follow, named
from tests.support.servers import postgres, worker_processes
from tests.support.servers.server_process import wait_for
from tests.support.servers.worker_processes import WorkerServer, readers

server, shared = worker_processes.server, worker_processes.shared
on_both_edges = pytest.mark.parametrize("edge", EDGES, ids=named)


async def test_a_worker_killed_under_load_loses_nothing_and_its_readers_resume_at_others(server: WorkerServer):
    async with readers(server, WebsocketClient, 1) as found, writers(server, 6) as acknowledged:
        await progress(acknowledged, 20)
        victim = min(found)
        before, reader = set(server.workers()), found[victim][0]
        reading = asyncio.create_task(reader.to_the_end())
        os.kill(victim, signal.SIGKILL)
        await reading
        await asyncio.to_thread(server.replaced, before)
        async with await follow(WebsocketClient, server.port, reader.ids[-1]) as resumed:
            await resumed.until(lambda one: len(one.ids) >= 50)
        numbers = [*reader.numbers, *resumed.numbers]
        before = set(server.workers())
        os.kill(max(before), signal.SIGKILL)
        await asyncio.to_thread(server.replaced, before)
        await progress(acknowledged, 20)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    await _settled(server, acknowledged)
    assert "Traceback" not in server.log


async def test_a_suspended_worker_affects_no_other_and_misses_nothing(server: WorkerServer):
    async with readers(server, WebsocketClient, 1) as found:
        still = max(found)  # the first one runs the housekeeping: it might be stopped while it holds the write lock
        reader = found[still][0]
        with server.clients() as clients:
            del clients[still]
            os.kill(still, signal.SIGSTOP)
            try:
                notes = [{"title": f"{n}"} for n in range(150)]
                made = [client.post("/api/notes", json=note) for note in notes for client in clients.values()]
            finally:
                os.kill(still, signal.SIGCONT)
        ids = [answer.json()["id"] for answer in made]
        await reader.until(lambda one: len(one.ids) >= len(ids))
        assert [event["note"]["id"] for event in reader.events if "note" in event] == ids


def test_a_worker_suspended_for_too_long_is_replaced(tmp_path: Path):
    with WorkerServer(tmp_path / "data", "--worker-timeout", "3", workers=2) as server:
        before = set(server.workers())
        os.kill(still := min(before), signal.SIGSTOP)
        server.replaced(before)
        wait_for(lambda: not _runs(still), "it has gone")
        assert "(SIGKILL; it stood still for 3 s)" in server.log
        with server.clients() as clients:
            made = [client.post("/api/notes", json={"title": "as before"}) for client in clients.values()]
        assert {answer.status_code for answer in made} == {201}


async def test_a_worker_is_unresponsive_only_after_several_missed_checks_in_a_row():
    answers: list[dict[str, Any] | None] = [
        *[None] * (MAX_MISSED_CHECKS - 1),
        {"asked": MAX_MISSED_CHECKS},
        *[None] * MAX_MISSED_CHECKS,
        {"asked": 0},
    ]

    class Worker(WorkerProcess):
        def __init__(self) -> None:
            self.ready = asyncio.Event()
            self.ready.set()

        async def _request(self, what: str, seconds: float) -> dict[str, Any] | None:
            return answers.pop(0)

    assert await Worker().wait_unresponsive(0.01) == "it stood still for 0.01 s"
    assert answers == [{"asked": 0}]


async def test_the_workers_of_a_killed_supervisor_exit_and_a_new_one_can_start(tmp_path: Path):
    with WorkerServer(tmp_path / "data", "--drain", "60") as server:
        async with writers(server, 4) as acknowledged:
            await progress(acknowledged, 20)
            workers = server.workers()
            server.kill()
            await asyncio.to_thread(server.start)
            assert not any(_runs(worker) for worker in workers)
            await progress(acknowledged, 20)
        await _settled(server, acknowledged)
        server.kill()


@on_both_edges
async def test_all_workers_exit_cleanly(server: WorkerServer, edge: Edge):
    async with readers(server, edge, 2) as found:
        workers = server.workers()
        reading = [asyncio.create_task(one.to_the_end()) for theirs in found.values() for one in theirs]
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        ended = await asyncio.gather(*reading)
        await stopping
    assert all(reader.properly for reader in ended)
    assert server.process is not None
    assert server.process.poll() == 0
    assert not any(_runs(worker) for worker in workers)
    assert "Traceback" not in server.log


@pytest.mark.sqlite_only("what keeps PostgreSQL from being used is tried in test_postgres_addresses")
def test_the_reason_of_a_failed_start_is_logged_once(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "quart-notes.sqlite3").write_bytes(b"not a database at all" * 100)
    ended = run_in(tmp_path, "serve", "--workers", "3", "--bind", "127.0.0.1:0")
    assert_failed(ended, "file is not a database")
    assert ended.stderr.count("file is not a database") == 1


def test_two_supervisors_cannot_share_an_address(shared: WorkerServer, tmp_path: Path):
    ended = run_in(tmp_path, "serve", "--workers", "2", "--bind", f"127.0.0.1:{shared.port}")
    assert_failed(ended, f"cannot listen on 127.0.0.1:{shared.port}: Address already in use")


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[WorkerServer]:
    """A server that restarts an early-exited worker after a short delay; each start takes longer than STABLE_AFTER."""
    constants = {
        "quart_notes.server.workers.supervisor.RESTART_DELAYS": [0.0, 0.1, 2.0],
        "quart_notes.server.workers.supervisor.STABLE_AFTER": 0.0,
    }
    with WorkerServer(tmp_path / "data", constants=constants) as server:
        yield server


@pytest.mark.sqlite_only("PostgreSQL has the key in the database")
def test_while_a_worker_cannot_restart_the_reason_is_logged_and_others_serve(impatient: WorkerServer):
    server = impatient
    key = server.data / "secret"
    kept = key.read_bytes()
    before = set(server.workers())
    key.write_bytes(b"too short")
    os.kill(min(before), signal.SIGKILL)
    wait_for(lambda: server.log.count("is not a key") >= 2, "it is tried again and again")
    log = server.log
    assert "(SIGKILL)" in log
    assert log.count("(exit code 1: ") == log.count("is not a key"), "who ends by itself is not killed"
    assert "stood still" not in log

    def serving() -> set[int]:
        with ExitStack() as stack:
            opened = (httpx.Client(base_url=server.base, timeout=20, verify=False) for _ in range(30))
            clients = [stack.enter_context(client) for client in opened]
            streams = [client.get("/healthz").extensions["network_stream"] for client in clients]
            return {*server.workers_of([stream.get_extra_info("client_addr")[1] for stream in streams])}

    assert serving() == before - {min(before)}
    key.write_bytes(kept)
    wait_for(lambda: len(server.workers()) == 3, "one more is started")
    wait_for(lambda: len(serving()) == 3, "the new one gets its share")
    assert "Traceback" not in server.log


def test_a_start_at_which_one_worker_cannot_start_fails(tmp_path: Path):
    with closing(postgres.Server(max_connections="30").start()) as other:
        other.ask("postgres", "CREATE DATABASE small")
        flags = ("--workers", "3", "--bind", "127.0.0.1:0", "--database-url", other.url("small"))
        ended = run_in(tmp_path, "serve", *flags)
    assert_failed(ended, "too many clients")
    assert "with 3 workers" not in ended.stderr


def _runs(process: int) -> bool:
    with suppress(FileNotFoundError):
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    return False


async def _settled(server: WorkerServer, acknowledged: dict[int, str]) -> None:
    """Abandoned writes have completed, and the database is consistent."""
    async with server.client() as client:
        # A process that writes next does so after all started writes.
        note = (await client.post("/api/notes", json={"title": "the last"})).json()
    acknowledged[note["id"]] = note["title"]
    check_rows_and_events(server, acknowledged)
