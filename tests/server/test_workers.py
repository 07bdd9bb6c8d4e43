"""Several workers at one address: the same boards and rooms at every worker."""

import asyncio
import os
import signal
import socket
from collections import Counter
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.clients.feed_clients import EDGES, Edge, FeedClient, WebsocketClient, follow, named
from tests.support.servers import worker_processes
from tests.support.servers.server_process import wait_for
from tests.support.servers.worker_processes import WorkerServer, readers

shared = worker_processes.shared
on_both_edges = pytest.mark.parametrize("edge", EDGES, ids=named)


# One board


def test_a_write_at_one_worker_is_visible_at_every_other_at_once(shared: WorkerServer):
    with shared.clients() as found:  # the first test: the list is still short
        clients = list(found.values())
        for count in range(60):
            made = clients[count % 3].post("/api/notes", json={"title": f"here {count}"}).json()
            for client in clients:
                # Each of them has the list in its cache.
                assert client.get("/api/notes?limit=1000").json()[-1]["id"] == made["id"]
                assert client.get(f"/api/notes/{made['id']}").json() == made


@on_both_edges
async def test_every_reader_of_every_worker_gets_all_events_in_one_order(shared: WorkerServer, edge: Edge):
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


async def test_sixteen_writers_at_three_workers_never_get_a_locked_database(shared: WorkerServer):
    async def write(name: int) -> list[int]:
        async with shared.client() as client:
            return [(await client.post("/api/notes", json={"title": f"{name}.{n}"})).status_code for n in range(40)]

    statuses = await asyncio.gather(*(write(name) for name in range(16)))

    assert {status for each in statuses for status in each} == {201}
    assert "locked" not in shared.log


async def test_of_concurrent_changes_at_two_workers_one_succeeds(shared: WorkerServer):
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


def test_connections_are_distributed_among_all_workers(shared: WorkerServer):
    with ExitStack() as stack:
        # The kernel chooses by a hash: of so many, none comes to a certain worker once in 10^17 times.
        made = [stack.enter_context(socket.create_connection(("127.0.0.1", shared.port), 20)) for _ in range(100)]
        found = Counter(shared.workers_of([one.getsockname()[1] for one in made]))
        assert set(found) == set(shared.workers()), found


# Access


def test_the_open_board_is_the_same_at_every_worker(shared: WorkerServer):
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


async def test_workers_share_the_limit_of_connections(tmp_path: Path):
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


# Presence

SOON_GONE = {
    "quart_notes.cluster.presence_replication.TIME_TO_LIVE": 2.0,
    "quart_notes.cluster.presence_replication.BROADCAST_INTERVAL": 1.0,
}
ADA = {"name": "Ada", "email": "ada@example.org", "nickname": "ada"}


def _told(reader: FeedClient, what: str) -> list[str]:
    """The nicknames that are here, or type, in the newest event."""
    told = [event["presence"] for event in reader.events if "presence" in event]
    return [person["nickname"] for person in told[-1][what]] if told else []


async def test_a_user_is_present_at_every_worker_until_their_own_is_killed(tmp_path: Path):
    async with AsyncExitStack() as stack:
        server = stack.enter_context(WorkerServer(tmp_path / "data", constants=SOON_GONE))
        async with server.client() as client:
            ada = (await client.post("/api/users", json=ADA)).json()["id"]
            room = (await client.post("/api/rooms", json={"name": "Kitchen"})).json()["id"]
        watchers = await stack.enter_async_context(readers(server, WebsocketClient, 1, topics=f"room:{room}"))
        hers = await follow(WebsocketClient, server.port, topics=f"room:{room}", person=ada)
        await stack.enter_async_context(hers)
        for watcher, *_ in watchers.values():
            await watcher.until(lambda one: _told(one, "here") == ["ada"])
        del watchers[home := server.worker_of(hers.connection.socket.getsockname()[1])]

        os.kill(home, signal.SIGKILL)
        for watcher, *_ in watchers.values():
            await watcher.until(lambda one: _told(one, "here") == [])


async def test_typing_is_shown_at_every_worker_until_the_message_is_posted_at_any(shared: WorkerServer):
    with shared.clients() as found:
        one, *_, other = found.values()
        eve = one.post("/api/users", json={**ADA, "email": "typist@example.org", "nickname": "typist"}).json()["id"]
        room = one.post("/api/rooms", json={"name": "Study"}).json()["id"]
        async with readers(shared, WebsocketClient, 1, topics=f"room:{room}") as watchers:
            assert one.post(f"/api/rooms/{room}/typing", json={"author_id": eve}).status_code == 204
            for watcher, *_ in watchers.values():
                await watcher.until(lambda reader: _told(reader, "typing") == ["typist"])
            message = {"author_id": eve, "content": "said elsewhere"}
            assert other.post(f"/api/rooms/{room}/messages", json=message).status_code == 201
            for watcher, *_ in watchers.values():
                await watcher.until(lambda reader: _told(reader, "typing") == [], 4)  # sooner than the timeout


async def test_an_editor_is_shown_at_every_worker_until_it_is_closed_at_any(shared: WorkerServer):
    def editors(reader: FeedClient) -> list[str] | None:
        told = [event["editing"] for event in reader.events if "editing" in event]
        return [who["nickname"] for note in told[-1]["notes"] for who in note["people"]] if told else None

    with shared.clients() as found:
        one, *_, other = found.values()
        eve = one.post("/api/users", json={**ADA, "email": "editor@example.org", "nickname": "writer"}).json()["id"]
        path = f"/api/notes/{one.post('/api/notes', json={'title': 'edited'}).json()['id']}/editing"
        async with (
            readers(shared, WebsocketClient, 1, topics="board:1") as watchers,
            await follow(WebsocketClient, shared.port, topics="board:1", person=eve),
        ):
            assert one.post(path, json={"author_id": eve}).status_code == 204
            for watcher, *_ in watchers.values():
                await watcher.until(lambda reader: editors(reader) == ["writer"])
            assert other.post(path, json={"author_id": eve, "editing": False}).status_code == 204
            for watcher, *_ in watchers.values():
                await watcher.until(lambda reader: editors(reader) == [])


# Metrics


def test_the_metrics_of_all_workers_are_combined(tmp_path: Path):
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
