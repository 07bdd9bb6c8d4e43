"""Several workers behind one address: one board for all, whoever serves whom, and whoever of them dies."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.command_line import assert_failed, run_in
from tests.fake_ollama import FakeOllama
from tests.feed_clients import EDGES, Edge, FeedClient, WebsocketClient, follow, named
from tests.routes import PASSWORD
from tests.server_process import wait_for
from tests.test_durability import check_rows_and_events, progress, writers
from tests.worker_processes import WorkerServer

on_both_edges = pytest.mark.parametrize("edge", EDGES, ids=named)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WorkerServer]:
    """A server with three workers, for one test that kills some."""
    with WorkerServer(tmp_path / "data") as server:
        yield server


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerServer]:
    """A server with three workers, for all tests here that leave them alone."""
    with WorkerServer(tmp_path_factory.mktemp("workers") / "data") as server:
        yield server
        assert "Traceback" not in server.log, server.log
        assert "ERROR" not in server.log, server.log


@asynccontextmanager
async def readers(server: WorkerServer, edge: Edge, each: int) -> AsyncIterator[dict[int, list[FeedClient]]]:
    """That many readers at each worker."""
    async with AsyncExitStack() as stack:
        found: dict[int, list[FeedClient]] = {worker: [] for worker in server.workers()}
        while any(len(theirs) < each for theirs in found.values()):
            reader = await stack.enter_async_context(await follow(edge, server.port))
            found[await asyncio.to_thread(server.worker_of, reader.connection.socket.getsockname()[1])].append(reader)
        yield found


# One board


@on_both_edges
async def test_every_event_reaches_every_reader_of_every_worker_in_one_order(shared: WorkerServer, edge: Edge):
    async def write(worker: int, count: int) -> list[int]:
        def work() -> list[int]:
            with shared.client_of(worker) as client:
                made = [client.post("/api/notes", json={"title": f"{worker}.{n}"}) for n in range(count)]
            assert {answer.status_code for answer in made} == {201}, [answer.text for answer in made]
            return [answer.json()["id"] for answer in made]

        return await asyncio.to_thread(work)

    async with readers(shared, edge, 2) as found:
        everybody = [reader for theirs in found.values() for reader in theirs]
        reading = asyncio.gather(*(reader.until(lambda one: len(one.ids) >= 240, 60) for reader in everybody))
        written = await asyncio.gather(*(write(worker, 40) for worker in found for _ in range(2)))
        await reading

    ids = {note_id for made in written for note_id in made}
    first = everybody[0].numbers
    assert first == list(range(first[0], first[0] + 240))
    for reader in everybody:
        assert reader.numbers == first
        assert {event["note"]["id"] for event in reader.events if "note" in event} == ids


def test_what_is_written_at_one_worker_is_read_at_every_other_at_once(shared: WorkerServer):
    with shared.clients() as found:
        clients = list(found.values())
        for count in range(60):
            made = clients[count % 3].post("/api/notes", json={"title": f"here {count}"}).json()
            for client in clients:
                # The list is kept ready as bytes at each of them.
                assert client.get("/api/notes?limit=1000").json()[-1]["id"] == made["id"]
                assert client.get(f"/api/notes/{made['id']}").json() == made


async def test_sixteen_writers_at_three_workers_are_never_told_that_the_database_is_locked(shared: WorkerServer):
    async def write(name: int) -> list[int]:
        async with shared.client() as client:
            return [(await client.post("/api/notes", json={"title": f"{name}.{n}"})).status_code for n in range(40)]

    statuses = await asyncio.gather(*(write(name) for name in range(16)))

    assert {status for each in statuses for status in each} == {201}
    assert "locked" not in shared.log


async def test_a_version_that_two_workers_want_to_change_is_changed_by_one(shared: WorkerServer):
    with shared.clients() as found:
        for _ in range(20):
            note = next(iter(found.values())).post("/api/notes", json={"title": "mine"})
            path, headers = f"/api/notes/{note.json()['id']}", {"If-Match": note.headers["etag"]}
            answers = await asyncio.gather(
                *(
                    asyncio.to_thread(client.patch, path, json={"title": f"of {worker}"}, headers=headers)
                    for worker, client in found.items()
                )
            )
            assert sorted(answer.status_code for answer in answers) == [200, 412, 412]


def test_the_connections_are_dealt_out_among_all(shared: WorkerServer):
    with ExitStack() as stack:
        made = [stack.enter_context(socket.create_connection(("127.0.0.1", shared.port), 20)) for _ in range(40)]
        assert {shared.worker_of(one.getsockname()[1]) for one in made} == set(shared.workers())


# Access


async def test_signing_out_at_one_worker_ends_access_and_streams_at_all(tmp_path: Path):
    with WorkerServer(tmp_path / "data", "--access", "accounts") as server:
        person = {"name": "Ada", "email": "ada@example.org", "nickname": "ada", "password": PASSWORD}
        with server.clients() as found:
            client, *elsewhere = found.values()
            assert client.post(f"/front/join/{server.links()['setup']}", data=person).status_code == 303
            for one in elsewhere:
                one.cookies.update(client.cookies)
            cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
            assert {one.get("/api/me").status_code for one in elsewhere} == {200}
            async with AsyncExitStack() as stack:
                streams = [
                    await stack.enter_async_context(
                        await follow(WebsocketClient, server.port, headers={"Cookie": cookie})
                    )
                    for _ in range(9)
                ]
                signed_out = await asyncio.to_thread(client.post, "/front/sign-out")
                assert signed_out.status_code == 303, signed_out.text
                assert {one.get("/api/me").status_code for one in elsewhere} == {401}
                await asyncio.gather(*(stream.to_the_end() for stream in streams))


def test_the_board_that_is_opened_at_one_worker_is_open_at_every_other(shared: WorkerServer):
    with shared.clients() as found:
        first, *others = found.values()
        person = first.post("/api/users", json={**ADA, "email": "eve@example.org", "nickname": "eve"}).json()["id"]
        assert first.post("/front/me", data={"person_id": person}).status_code == 303
        for other in others:
            other.cookies.update(first.cookies)
        board = first.post("/api/boards", json={"name": "Allotment"}).json()["id"]
        for opened in (board, 1, board):
            assert f'data-board-id="{opened}"' in first.get(f"/front/boards/{opened}/notes").text
            for other in others:
                assert f'data-board-id="{opened}"' in other.get("/front/notes").text


def test_the_first_link_is_offered_once(tmp_path: Path):
    with WorkerServer(tmp_path / "data", "--access", "accounts") as server:
        assert server.links()
        assert server.log.count("Set up this server, once") == 1


async def test_no_more_connections_are_served_than_one_process_would(tmp_path: Path):
    with WorkerServer(tmp_path / "data", "--max-connections", "12") as server:
        async with AsyncExitStack() as stack:
            statuses = []
            for _ in range(60):
                client = WebsocketClient(server.port)
                await client.open()
                stack.push_async_exit(client)
                statuses.append(client.head.status)
        assert set(statuses) == {101, 503}
        assert statuses.count(101) == 12


# Work


def test_an_import_comes_in_once_whoever_takes_the_file(shared: WorkerServer):
    for worker in shared.workers():
        with shared.client_of(worker) as client:
            board = client.post("/api/boards", json={"name": f"For {worker}"}).json()["id"]
            notes = [{"title": f"{worker}, {n}"} for n in range(300)]
            started = client.post(f"/api/boards/{board}/imports", json=notes)
            assert started.status_code == 202, started.text
            job = partial(client.get, started.headers["Location"])
            _until(job, lambda answer: answer["state"] == "done")
            found = client.get(f"/api/boards/{board}/notes?limit=1000").json()
        assert sorted(note["title"] for note in found) == sorted(note["title"] for note in notes)


def test_no_more_imports_run_at_once_than_one_process_would_run(server: WorkerServer):
    notes = [{"title": f"note {n}"} for n in range(5_000)]
    with server.clients() as found:
        for client in found.values():
            assert client.post("/api/imports", json=notes).status_code == 202
        most, states = 0, ["waiting"]
        while set(states) != {"done"}:
            states = [job["state"] for job in client.get("/api/jobs").json()]
            most = max(most, states.count("running"))
            assert set(states) <= {"waiting", "running", "done"}
    assert most == 2


def test_an_import_whose_worker_dies_is_interrupted_and_can_be_run_again(server: WorkerServer):
    with server.client_of(server.workers()[-1]) as client:
        notes = [{"title": f"note {n}"} for n in range(5_000)]
        place = client.post("/api/imports", json=notes).headers["Location"]
        wait_for(lambda: client.get(place).json()["done"], "it has begun")
        os.kill(_leader(server), signal.SIGKILL)
        wait_for(lambda: client.get(place).json()["state"] == "interrupted", "another worker takes over")
        assert client.post(f"{place}/retry").status_code in {200, 202}
        wait_for(lambda: client.get(place).json()["state"] == "done", "it is done", 30)
        found: list[Any] = []
        while page := client.get(f"/api/notes?limit=1000&after_id={found[-1]['id'] if found else 0}").json():
            found += page
    assert sorted(note["title"] for note in found) == sorted(note["title"] for note in notes)


def _leader(server: WorkerServer) -> int:
    """The worker that runs imports: it holds a lock on a file."""
    inode = str((server.data / "imports.lock").stat().st_ino)
    for line in Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        if fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == inode:
            return int(fields[4])
    raise AssertionError("nobody leads")


def test_a_question_is_answered_once_whoever_takes_it(tmp_path: Path):
    with FakeOllama() as ollama, WorkerServer(tmp_path / "data", "--ollama-url", ollama.url) as server:
        for count, worker in enumerate(server.workers(), 1):
            with server.client_of(worker) as client:
                ada = client.post(
                    "/api/users", json={"name": "Ada", "email": f"ada{count}@example.org", "nickname": f"ada{count}"}
                ).json()["id"]
                room = client.post(f"/api/assistant/room?person_id={ada}").json()["id"]
                asked = {"author_id": ada, "content": f"Who is number {count}?"}
                assert client.post(f"/api/rooms/{room}/messages", json=asked).status_code == 201
                said = partial(client.get, f"/api/rooms/{room}/messages?person_id={ada}")
                _until(said, _answered)
                assert len(ollama.received) == count


def test_an_answer_is_stopped_at_any_worker(tmp_path: Path):
    with FakeOllama() as ollama, WorkerServer(tmp_path / "data", "--ollama-url", ollama.url) as server:
        ollama.will("slowly", "Well", {"hold": "for ever"})
        with server.clients() as found:
            for count, client in enumerate(found.values()):
                ada = client.post(
                    "/api/users", json={**ADA, "email": f"{count}@example.org", "nickname": f"ada{count}"}
                )
                room = client.post(f"/api/assistant/room?person_id={ada.json()['id']}").json()["id"]
                asked = {"author_id": ada.json()["id"], "content": "Say it slowly"}
                assert client.post(f"/api/rooms/{room}/messages", json=asked).status_code == 201
                said = partial(client.get, f"/api/rooms/{room}/messages?person_id={ada.json()['id']}")
                _until(said, lambda messages: messages[-1]["content"] == "Well")
                answer = said().json()[-1]["id"]
                stopped = client.post(f"/api/messages/{answer}/stop", json={"person_id": ada.json()["id"]})
                assert stopped.status_code == 200, stopped.text
                ollama.is_answering(0)
                assert said().json()[-1]["answer"]["state"] == "stopped"


def _until(ask: Callable[[], httpx.Response], holds: Callable[[Any], bool]) -> None:
    """Ask again until the answer is as it is to be."""
    wait_for(lambda: holds(ask().json()), "the answer is as it is to be")


def _answered(messages: list[Any]) -> bool:
    return any(message["answer"] and message["answer"]["state"] == "done" for message in messages)


# Presence

ADA = {"name": "Ada", "email": "ada@example.org", "nickname": "ada"}


def _here(reader: FeedClient) -> list[str]:
    told = [event["presence"] for event in reader.events if "presence" in event]
    return [person["nickname"] for person in told[-1]["here"]] if told else []


async def test_who_is_in_a_room_is_seen_at_every_worker_and_leaves_with_a_dead_one(server: WorkerServer):
    async with AsyncExitStack() as stack:
        async with server.client() as client:
            ada = (await client.post("/api/users", json=ADA)).json()["id"]
            room = (await client.post("/api/rooms", json={"name": "Kitchen"})).json()["id"]
        watchers: dict[int, WebsocketClient] = {}
        while len(watchers) < len(server.workers()):
            watcher = await stack.enter_async_context(await follow(WebsocketClient, server.port, topics=f"room:{room}"))
            watchers[server.worker_of(watcher.connection.socket.getsockname()[1])] = watcher
        hers = await follow(WebsocketClient, server.port, topics=f"room:{room}", person=ada)
        await stack.enter_async_context(hers)
        home = server.worker_of(hers.connection.socket.getsockname()[1])
        others = [watcher for worker, watcher in watchers.items() if worker != home]
        for watcher in watchers.values():
            await watcher.until(lambda one: _here(one) == ["ada"])

        os.kill(home, signal.SIGKILL)
        for watcher in others:
            await watcher.until(lambda one: _here(one) == [])


async def test_who_is_typing_is_seen_at_every_worker_until_it_is_said_at_any(shared: WorkerServer):
    def typing(reader: FeedClient) -> list[str]:
        told = [event["presence"] for event in reader.events if "presence" in event]
        return [person["nickname"] for person in told[-1]["typing"]] if told else []

    async with AsyncExitStack() as stack:
        found = stack.enter_context(shared.clients())
        one, *_, other = found.values()
        eve = one.post("/api/users", json={**ADA, "email": "typist@example.org", "nickname": "typist"}).json()["id"]
        room = one.post("/api/rooms", json={"name": "Study"}).json()["id"]
        watchers: dict[int, WebsocketClient] = {}
        while len(watchers) < len(found):
            watcher = await stack.enter_async_context(await follow(WebsocketClient, shared.port, topics=f"room:{room}"))
            watchers[shared.worker_of(watcher.connection.socket.getsockname()[1])] = watcher
        assert one.post(f"/api/rooms/{room}/typing", json={"author_id": eve}).status_code == 204
        for watcher in watchers.values():
            await watcher.until(lambda reader: typing(reader) == ["typist"])
        message = {"author_id": eve, "content": "said elsewhere"}
        assert other.post(f"/api/rooms/{room}/messages", json=message).status_code == 201
        for watcher in watchers.values():
            await watcher.until(lambda reader: typing(reader) == [], 4)  # sooner than it ends by itself


# Figures


def test_the_figures_of_all_workers_stand_together(tmp_path: Path):
    with WorkerServer(tmp_path / "data", "--metrics-bind", "127.0.0.1:0") as server:
        wait_for(lambda: "Metrics on " in server.log, "it says where its figures are")
        address = server.log.partition("Metrics on ")[2].split()[0]
        with server.clients() as clients:
            for client in clients.values():
                assert client.post("/api/notes", json={"title": "counted"}).status_code == 201
        samples = _samples(address)
        assert samples["quart_notes_workers"] == samples["quart_notes_workers_up"] == 3
        assert samples["quart_notes_workers_replaced_total"] == 0
        sizes = [samples[f"quart_notes_write_batch_size_count,{worker}"] for worker in range(3)]
        assert min(sizes) >= 1
        for worker in range(3):
            assert samples[f"quart_notes_log_newest,{worker}"] == 3
            assert samples[f"quart_notes_log_lag_events,{worker}"] == 0

        before = set(server.workers())
        os.kill(min(before), signal.SIGKILL)
        server.replaced(before)
        wait_for(lambda: _samples(address)["quart_notes_workers_up"] == 3, "the new one gives its figures as well")
        assert _samples(address)["quart_notes_workers_replaced_total"] == 1


def _samples(address: str) -> dict[str, float]:
    """All samples by name and, after a comma, by worker; those with further labels are left out."""
    text = httpx.get(address, timeout=20, verify=False, trust_env=False).text
    return {
        ",".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels.keys() <= {"worker"}
    }


# Ends


async def test_a_worker_that_is_killed_under_load_loses_nothing_and_is_replaced(server: WorkerServer):
    async with readers(server, WebsocketClient, 1) as found, writers(server, 8) as acknowledged:
        for _ in range(3):
            await progress(acknowledged, 20)
            before = set(server.workers())
            os.kill(min(before), signal.SIGKILL)
            await asyncio.to_thread(server.replaced, before)
            await progress(acknowledged, 20)
        del found
    await _settled(server, acknowledged)
    assert "Traceback" not in server.log


async def test_readers_of_a_killed_worker_go_on_elsewhere_without_a_gap(server: WorkerServer):
    async with readers(server, WebsocketClient, 1) as found, writers(server, 4) as acknowledged:
        await progress(acknowledged, 20)
        victim = min(found)
        reader = found[victim][0]
        reading = asyncio.create_task(reader.to_the_end())
        os.kill(victim, signal.SIGKILL)
        await reading
        async with await follow(WebsocketClient, server.port, reader.ids[-1]) as resumed:
            await resumed.until(lambda one: len(one.ids) >= 50)
        numbers = [*reader.numbers, *resumed.numbers]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_a_worker_that_stands_still_harms_nobody_else_and_misses_nothing(server: WorkerServer):
    async with readers(server, WebsocketClient, 1) as found:
        still = min(found)
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


async def test_the_workers_of_a_killed_supervisor_end_and_another_one_takes_over(server: WorkerServer):
    async with writers(server, 4) as acknowledged:
        await progress(acknowledged, 20)
        workers = server.workers()
        server.kill()
        await asyncio.to_thread(server.start)
        assert not any(_runs(worker) for worker in workers)
        await progress(acknowledged, 20)
    await _settled(server, acknowledged)


@on_both_edges
async def test_all_end_as_cleanly_as_one(server: WorkerServer, edge: Edge):
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


@pytest.mark.sqlite_only("what keeps PostgreSQL from being used is tried in test_postgres_engine")
def test_what_prevents_the_start_is_said_once(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "quart-notes.sqlite3").write_bytes(b"not a database at all" * 100)
    ended = run_in(tmp_path, "serve", "--workers", "3", "--bind", "127.0.0.1:0")
    assert_failed(ended, "file is not a database")
    assert ended.stderr.count("file is not a database") == 1


def test_two_supervisors_do_not_share_an_address(shared: WorkerServer, tmp_path: Path):
    ended = run_in(tmp_path, "serve", "--workers", "2", "--bind", f"127.0.0.1:{shared.port}")
    assert_failed(ended, f"cannot listen on 127.0.0.1:{shared.port}: Address already in use")


@pytest.mark.sqlite_only("PostgreSQL has the key in the database")
def test_why_a_worker_cannot_be_replaced_is_said(server: WorkerServer):
    key = server.data / "secret"
    before = set(server.workers())
    key.write_bytes(b"too short")
    os.kill(min(before), signal.SIGKILL)
    wait_for(lambda: "is not a key" in server.log, "the reason is said")
    assert "(SIGKILL)" in server.log
    assert "Traceback" not in server.log


@pytest.mark.sqlite_only("on PostgreSQL they do")
def test_two_supervisors_do_not_share_a_database(shared: WorkerServer):
    assert_failed(run_in(shared.data.parent, "serve", "--workers", "2"), "is in use by another Quart Notes process")


def _runs(process: int) -> bool:
    with suppress(FileNotFoundError):
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    return False


async def _settled(server: WorkerServer, acknowledged: dict[int, str]) -> None:
    """Writes that nobody waited for any more have come to their end, and all is as it should be."""
    async with server.client() as client:
        # Whoever writes next does so after all that has begun.
        note = (await client.post("/api/notes", json={"title": "the last"})).json()
    acknowledged[note["id"]] = note["title"]
    check_rows_and_events(server, acknowledged)
