"""Access revoked at one worker: all workers refuse requests and end streams."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from itertools import count
from typing import Any

import httpx
import pytest

from tests.support.clients.feed_clients import EDGES, FeedClient
from tests.support.routes import PASSWORD
from tests.support.servers.worker_processes import WorkerServer, readers

Headers = dict[str, str]
_numbers = count(1)


class Person:
    """A user with a browser and an API client.

    at_work   their browser at one worker
    """

    def __init__(self, server: WorkerServer, at_work: httpx.Client, link: str) -> None:
        self.nickname = f"ada{next(_numbers)}"
        about = {"name": "Ada", "email": "ada@example.org", "nickname": self.nickname}
        at_work.cookies.clear()
        arrived = at_work.post(f"{server.base}/front/join/{link}", data={**about, "password": PASSWORD})
        assert arrived.status_code == 303, arrived.text
        self.server, self.at_work = server, at_work
        self.id: int = at_work.get("/api/me").json()["user"]["id"]
        made = at_work.post("/api/me/tokens", json={"name": "a program", "scope": "write"}).json()
        self.token_id: int = made["id"]
        self.by_token: Headers = {"Authorization": f"Bearer {made['token']}"}
        self.by_cookie: Headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in at_work.cookies.items())}


def _invitation(root: httpx.Client, **wanted: Any) -> str:
    made = root.post("/api/invitations", json=wanted)
    assert made.status_code == 201, made.text
    return str(made.json()["link"]).rpartition("/")[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerServer]:
    """A server with two workers in accounts mode."""
    with WorkerServer(tmp_path_factory.mktemp("access") / "data", "--access", "accounts", workers=2) as server:
        yield server
        assert "Traceback" not in server.log, server.log


@pytest.fixture(scope="module")
def clients(server: WorkerServer) -> Iterator[list[httpx.Client]]:
    """A client of each worker, not signed in."""
    with server.clients() as found:
        yield list(found.values())


@pytest.fixture(scope="module")
def root(server: WorkerServer) -> Iterator[Person]:
    """The administrator."""
    with httpx.Client(base_url=server.base, timeout=20, trust_env=False, verify=False) as client:
        yield Person(server, client, server.links()["setup"])
        assert server.log.count("Set up this server, once") == 1, "by one of the workers"


@pytest.fixture
def ada(server: WorkerServer, root: Person) -> Iterator[Person]:
    """Another user."""
    with httpx.Client(base_url=server.base, timeout=20, trust_env=False, verify=False) as client:
        yield Person(server, client, _invitation(root.at_work))


def _set_password(root: Person, ada: Person) -> httpx.Response:
    link = _invitation(root.at_work, user_id=ada.id)
    with httpx.Client(base_url=root.at_work.base_url, timeout=20, trust_env=False, verify=False) as client:
        return client.post(f"/front/join/{link}", data={"password": "another horse battery"})


def _end_session(_: Person, ada: Person) -> httpx.Response:
    (session,) = ada.at_work.get("/api/me/sessions").json()
    return ada.at_work.delete(f"/api/me/sessions/{session['id']}")


READS = ("/api/notes", "/api/me", "/api/rooms/1/messages", "/front/notes")  # the first response is cached


def _statuses(clients: list[httpx.Client], headers: Headers) -> set[int]:
    """Each worker's status for reading everything, and for writing."""
    reads = {client.get(path, headers=headers).status_code for client in clients for path in READS}
    return reads | {client.post("/api/notes", json={"title": "x"}, headers=headers).status_code for client in clients}


@pytest.mark.parametrize(
    ("end", "ended"),
    [
        (lambda root, ada: root.at_work.post(f"/api/users/{ada.id}/deactivate"), {"by_cookie", "by_token"}),
        (_set_password, {"by_cookie", "by_token"}),
        (_end_session, {"by_cookie"}),
        (lambda _, ada: ada.at_work.post("/front/sign-out"), {"by_cookie"}),
        (lambda _, ada: ada.at_work.delete(f"/api/me/tokens/{ada.token_id}"), {"by_token"}),
    ],
    ids=["deactivated", "password reset", "session ended", "signed out", "token revoked"],
)
async def test_access_revoked_at_one_worker_ends_requests_and_streams_at_every_worker(
    clients: list[httpx.Client], root: Person, ada: Person, end: Callable[..., Any], ended: set[str]
):
    async with AsyncExitStack() as stack:
        streams: dict[str, list[FeedClient]] = {"by_cookie": [], "by_token": []}
        for road, found in streams.items():
            for edge in EDGES:
                at_each = await stack.enter_async_context(readers(ada.server, edge, 1, headers=getattr(ada, road)))
                found += [reader for theirs in at_each.values() for reader in theirs]
            assert _statuses(clients, getattr(ada, road)) == {200, 201}

        answer = await asyncio.to_thread(end, root, ada)

        assert answer.status_code in {200, 204, 303}, answer.text
        for road in streams:
            assert _statuses(clients, getattr(ada, road)) == ({401} if road in ended else {200, 201})
        await asyncio.gather(*(stream.to_the_end() for road in ended for stream in streams[road]))


async def test_a_member_removed_at_one_worker_loses_the_board_at_every_worker(
    clients: list[httpx.Client], root: Person, ada: Person
):
    board = root.at_work.post("/api/boards", json={"name": "Allotment"}).json()["id"]
    member = f"/api/boards/{board}/members/{ada.id}"
    assert root.at_work.put(member, json={"role": "editor"}).status_code == 200
    notes = f"/api/boards/{board}/notes"
    async with AsyncExitStack() as stack:
        options = {"headers": ada.by_cookie, "topics": f"users,board:{board}"}
        found = [await stack.enter_async_context(readers(ada.server, edge, 1, **options)) for edge in EDGES]
        streams = [reader for at_each in found for theirs in at_each.values() for reader in theirs]
        assert {client.get(notes, headers=ada.by_cookie).status_code for client in clients} == {200}

        assert root.at_work.delete(member).status_code == 200

        assert {client.get(notes, headers=ada.by_cookie).status_code for client in clients} == {404}
        assert root.at_work.post(notes, json={"title": "secret, after"}).status_code == 201
        await asyncio.gather(*(stream.to_the_end() for stream in streams))
        assert not [event for stream in streams for event in stream.events if "note" in event]
        assert _statuses(clients, ada.by_cookie) == {200, 201}


async def test_who_becomes_a_member_or_a_guest_at_one_worker_is_that_at_every_worker(
    server: WorkerServer, clients: list[httpx.Client], root: Person
):
    board = root.at_work.post("/api/boards", json={"name": "Garden"}).json()["id"]
    link = _invitation(root.at_work, board_id=board, role="editor")
    with httpx.Client(base_url=server.base, timeout=20, trust_env=False, verify=False) as client:
        gus = Person(server, client, link)
    member = f"/api/users/{gus.id}/member"
    theirs = f"/api/boards/{board}/notes"

    async def become(change: Any, topics: str, before: set[int], after: set[int]) -> None:
        """Open streams at each worker, change who gus is at one, and see what each worker then says."""
        async with AsyncExitStack() as stack:
            options = {"headers": gus.by_token, "topics": topics}
            found = [await stack.enter_async_context(readers(server, edge, 1, **options)) for edge in EDGES]
            streams = [reader for at_each in found for those in at_each.values() for reader in those]
            assert _statuses(clients, gus.by_token) == before

            assert change(member).status_code == 200

            for road in (gus.by_token, gus.by_cookie):
                assert _statuses(clients, road) == after
                assert {client.get(theirs, headers=road).status_code for client in clients} == {200}
            said = root.at_work.post("/api/notes", json={"title": "secret, after"})
            assert said.status_code == 201
            await asyncio.gather(*(stream.to_the_end() for stream in streams))
            assert "secret, after" not in str([stream.events for stream in streams])

    guest, in_full = {200, 404}, {200, 201}  # /api/me and /front/notes are everybody's
    await become(root.at_work.put, f"board:{board}", guest, in_full)
    await become(root.at_work.delete, "board:1,users,rooms,room:*", in_full, guest)


async def test_a_room_closed_at_one_worker_is_its_members_alone_at_every_worker(
    clients: list[httpx.Client], root: Person, ada: Person
):
    room = root.at_work.post("/api/rooms", json={"name": f"Room {ada.nickname}"}).json()["id"]
    path = f"/api/rooms/{room}"
    async with AsyncExitStack() as stack:

        async def follow(topics: str) -> list[FeedClient]:
            options = {"headers": ada.by_cookie, "topics": f"users,{topics}"}
            found = [await stack.enter_async_context(readers(ada.server, edge, 1, **options)) for edge in EDGES]
            return [reader for at_each in found for theirs in at_each.values() for reader in theirs]

        streams, others = await follow(f"room:{room}"), await follow("room:*,rooms")
        assert {client.get(path, headers=ada.by_cookie).status_code for client in clients} == {200}

        assert root.at_work.patch(path, json={"closed": True, "name": "Secret"}).status_code == 200

        assert {client.get(path, headers=ada.by_cookie).status_code for client in clients} == {404}
        await asyncio.gather(*(stream.to_the_end() for stream in streams))
        said = {"author_id": root.id, "content": "psst"}
        assert root.at_work.post(f"{path}/messages", json=said).status_code == 201
        mark = root.at_work.post("/api/rooms/1/messages", json=said).json()
        for stream in others:
            await stream.until(lambda one: any(event.get("message") == mark for event in one.events))
            assert [event["room"]["name"] for event in stream.events if "room" in event] == [None]
            assert len([event for event in stream.events if "message" in event]) == 1

        joining = await follow("closed:*")
        assert root.at_work.put(f"{path}/members/{ada.id}", json={"role": "member"}).status_code == 200
        await asyncio.gather(*(stream.to_the_end() for stream in joining))  # to resume with the room
        assert {client.get(path, headers=ada.by_cookie).status_code for client in clients} == {200}
        members = await follow("closed:*")
        posted = root.at_work.post(f"{path}/messages", json=said).json()
        for stream in members:
            await stream.until(lambda one: any(event.get("message") == posted for event in one.events))


async def test_a_note_moved_at_one_worker_takes_its_thread_along_at_every_worker(
    clients: list[httpx.Client], root: Person, ada: Person
):
    board, elsewhere = (
        root.at_work.post("/api/boards", json={"name": name}).json()["id"] for name in ("Here", "There")
    )
    assert root.at_work.put(f"/api/boards/{board}/members/{ada.id}", json={"role": "editor"}).status_code == 200
    note = root.at_work.post(f"/api/boards/{board}/notes", json={"title": "Party"}).json()["id"]
    path = f"/api/boards/{board}/notes/{note}"
    opened = [client.put(f"{path}/thread", headers=ada.by_token) for client in clients]
    assert sorted(answer.status_code for answer in opened) == [200, 201]
    (room,) = {answer.json()["id"] for answer in opened}
    messages = f"/api/rooms/{room}/messages"
    async with AsyncExitStack() as stack:
        options = {"headers": ada.by_cookie, "topics": f"users,board:{board},room:{room}"}
        found = [await stack.enter_async_context(readers(ada.server, edge, 1, **options)) for edge in EDGES]
        streams = [reader for at_each in found for theirs in at_each.values() for reader in theirs]
        for number, client in enumerate(clients):
            said = {"author_id": ada.id, "content": f"{number}"}
            assert client.post(messages, json=said, headers=ada.by_token).status_code == 201
        for stream in streams:
            await stream.until(lambda one: any(_count(event) == len(clients) for event in one.events))
            assert [event["message"]["content"] for event in stream.events if "message" in event] == ["0", "1"]

        assert root.at_work.post(f"{path}/move", json={"board_id": elsewhere}).status_code == 200

        assert {client.get(messages, headers=ada.by_cookie).status_code for client in clients} == {404}
        said = {"author_id": root.id, "content": "secret, after"}
        assert root.at_work.post(messages, json=said).status_code == 201
        await asyncio.gather(*(stream.to_the_end() for stream in streams))
        assert "secret, after" not in str([stream.events for stream in streams])


def _count(event: dict[str, Any]) -> int:
    """How many messages a note's event says its thread has."""
    thread = event.get("note", {}).get("thread") or {}
    return int(thread.get("message_count", 0))
