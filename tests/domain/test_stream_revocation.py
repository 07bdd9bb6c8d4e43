"""Streams of a real server end when their access is revoked (A6)."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from quart_notes.web.security.credentials import COOKIE
from tests.support.clients.feed_clients import (
    EDGES,
    Edge,
    EventStreamClient,
    LineClient,
    WebsocketClient,
    follow,
    named,
)
from tests.support.clients.raw_connection import PATIENCE, until
from tests.support.clients.signing_in import session_of
from tests.support.clients.wire_formats import frame
from tests.support.routes import PASSWORD
from tests.support.servers.server_process import ServerProcess

ENDS = 5.0  # timeout in seconds on a busy machine
DENIED = 1008
on_both_edges = pytest.mark.parametrize("edge", EDGES, ids=named)


class Member:
    """A user at a server process: a signed-in browser."""

    def __init__(self, server: ServerProcess, client: httpx.AsyncClient, user_id: int) -> None:
        self.server = server
        self.client = client
        self.id = user_id

    @property
    def headers(self) -> dict[str, str]:
        """The headers of their streams."""
        return {"Cookie": f"{COOKIE}={session_of(self.client)}"}


Members = dict[str, Member]


@pytest.fixture(scope="module")
def guarded_server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with ServerProcess(tmp_path_factory.mktemp("gate") / "data", "--access", "accounts") as server:
        secret = server.links()["setup"]
        form = {"name": "Root", "email": "root@example.org", "nickname": "root", "password": PASSWORD}
        with httpx.Client(base_url=server.base, verify=False, trust_env=False) as client:
            assert client.post(f"/front/join/{secret}", data=form).status_code == 303
            link = client.post("/api/invitations", json={"uses": 9}).json()["link"]
        for nickname in ("ada", "bob"):
            form |= {"nickname": nickname}
            joined = httpx.post(server.base + httpx.URL(link).path, data=form, verify=False, trust_env=False)
            assert joined.status_code == 303
        yield server


@pytest.fixture
async def members(guarded_server: ServerProcess) -> AsyncIterator[Members]:
    """Ada, and bob, whose access the tests revoke; each in a new browser."""
    async with contextlib.AsyncExitStack() as stack:
        yield {name: await _member(stack, guarded_server, name) for name in ("ada", "bob")}


async def _member(stack: contextlib.AsyncExitStack, server: ServerProcess, nickname: str) -> Member:
    client = await stack.enter_async_context(server.client())
    answer = await client.post("/api/sign-in", json={"nickname": nickname, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return Member(server, client, answer.json()["id"])


async def _board(members: Members) -> int:
    """A board of ada's that bob may edit."""
    ada = members["ada"].client
    board = int((await ada.post("/api/boards", json={"name": "Allotment"})).json()["id"])
    answer = await ada.put(f"/api/boards/{board}/members/{members['bob'].id}", json={"role": "editor"})
    assert answer.status_code == 200, answer.text
    return board


async def _assert_ended(stream: Any) -> None:
    await stream.to_the_end(ENDS)
    assert stream.properly
    if isinstance(stream, WebsocketClient):
        assert stream.close_code == DENIED
    stream.cut()


async def _note(guest: Member, board: int, title: str) -> httpx.Response:
    return await guest.client.post(f"/api/boards/{board}/notes", json={"title": title})


@on_both_edges
@pytest.mark.parametrize("how", ["removed", "left", "board deleted"])
async def test_a_user_who_loses_a_board_gets_no_more_of_its_events(members: Members, edge: Edge, how: str):
    ada, bob = members["ada"], members["bob"]
    board = await _board(members)
    port, topic = ada.server.port, f"board:{board}"
    start = str((await ada.client.get("/api/notes")).headers["last-event-id"])
    named_it = await follow(edge, port, topics=f"{topic},users", headers=bob.headers)
    all_there_is = await follow(edge, port, headers=bob.headers)
    something_else = await follow(edge, port, topics=f"board:1,user:{bob.id}", headers=bob.headers)
    of_the_owner = await follow(edge, port, topics="board:1", headers=ada.headers)
    assert (await _note(ada, board, "before")).status_code == 201
    for stream in (named_it, all_there_is):
        await stream.until(lambda one: any("note" in event for event in one.events))
    last = named_it.ids[-1]
    assert last == all_there_is.ids[-1]

    path = f"/api/boards/{board}" + ("" if how == "board deleted" else f"/members/{bob.id}")
    gone = await (bob if how == "left" else ada).client.delete(path)
    assert gone.status_code == 200, gone.text

    for stream in (named_it, all_there_is):
        await _assert_ended(stream)
    if how != "board deleted":
        assert (await _note(ada, board, "secret, after")).status_code == 201
    mark = (await ada.client.post("/api/notes", json={"title": "to everybody"})).json()
    for stream in (something_else, of_the_owner):
        await stream.until(lambda one: any(event.get("note") == mark for event in one.events))
        assert not stream.ended
        stream.cut()
    for after in (start, last):
        again = edge(port)
        await again.open(after, topics=topic, headers=bob.headers)
        assert again.head.status == 403
        again.cut()
        anything = await follow(edge, port, after, headers=bob.headers)
        await anything.until(lambda one: any(event.get("note") == mark for event in one.events))
        assert not [event for event in anything.events if event["topic"] == topic]
        assert "secret" not in json.dumps(anything.events)
        assert "before" not in json.dumps(anything.events)
        anything.cut()


@on_both_edges
async def test_a_replay_starts_at_the_start_of_the_membership(members: Members, edge: Edge):
    ada, bob = members["ada"], members["bob"]
    start = str((await ada.client.get("/api/notes")).headers["last-event-id"])
    board = int((await ada.client.post("/api/boards", json={"name": "Allotment"})).json()["id"])
    taken_off = (await _note(ada, board, "secret, deleted")).json()
    await _note(ada, board, "secret, kept")
    assert (await ada.client.delete(f"/api/boards/{board}/notes/{taken_off['id']}")).status_code == 200

    joined = await ada.client.put(f"/api/boards/{board}/members/{bob.id}", json={"role": "viewer"})
    assert joined.status_code == 200
    mark = (await _note(ada, board, "for everybody on it")).json()

    newcomer = await follow(edge, ada.server.port, start, topics=f"board:{board}", headers=bob.headers)
    await newcomer.until(lambda one: any(event.get("note") == mark for event in one.events))
    assert [next(name for name in event if name in {"member", "note"}) for event in newcomer.events] == [
        "member",
        "note",
    ]
    newcomer.cut()
    member = await follow(edge, ada.server.port, start, topics=f"board:{board}", headers=ada.headers)
    await member.until(lambda one: any(event.get("note") == mark for event in one.events))
    titles = [event["note"]["title"] for event in member.events if "note" in event]
    assert titles == [None, "secret, kept", None, "for everybody on it"]
    member.cut()


@pytest.mark.parametrize("how", ["signed out", "ended elsewhere", "new password", "token revoked"])
async def test_every_stream_ends_when_its_access_is_revoked(members: Members, how: str):
    ada, bob = members["ada"], members["bob"]
    port, headers = bob.server.port, bob.headers
    token = (await bob.client.post("/api/me/tokens", json={"name": "a", "scope": "write"})).json()
    if how == "token revoked":
        headers = {"Authorization": f"Bearer {token['token']}"}
    async with contextlib.AsyncExitStack() as stack:
        another = await _member(stack, bob.server, "bob")
        streams = [await follow(edge, port, topics="board:1", headers=headers) for edge in EDGES]
        line = LineClient(port, 7)
        streams.append(await line.open(headers=headers))
        spared_by = [another.headers, {"Authorization": f"Bearer {token['token']}"}, ada.headers]
        spared_by = spared_by[2 if how == "token revoked" else 0 :]
        spared = [await follow(edge, port, topics="board:1", headers=one) for one in spared_by for edge in EDGES]
        await until(lambda: line.head.status == 101, "the door is open")

        if how == "signed out":
            answer = await bob.client.post("/api/sign-out")
        elif how == "ended elsewhere":
            sessions = (await bob.client.get("/api/me/sessions")).json()
            current = next(one["id"] for one in sessions if one["current"])
            answer = await another.client.delete(f"/api/me/sessions/{current}")
        elif how == "new password":
            answer = await another.client.put("/api/me/password", json={"current": PASSWORD, "new": PASSWORD})
        else:
            answer = await bob.client.delete(f"/api/me/tokens/{token['id']}")
        assert answer.status_code == 204, answer.text

        for stream in streams:
            await _assert_ended(stream)
        note = (await ada.client.post("/api/notes", json={"title": "after"})).json()
        for stream in spared:
            await stream.until(lambda one: any(event.get("note") == note for event in one.events))
            stream.cut()
        for path in ("/events", "/ws", "/ws/7", "/api/notes"):
            client = EventStreamClient(port) if path.startswith(("/events", "/api")) else WebsocketClient(port)
            client.path = path
            await client.open(headers=headers)
            assert client.head.status == 401
            client.cut()


@on_both_edges
async def test_a_revocation_ends_a_replay_in_progress(members: Members, edge: Edge):
    ada, bob = members["ada"], members["bob"]
    board = await _board(members)
    start = str((await ada.client.get("/api/notes")).headers["last-event-id"])
    # One request: 400 concurrent ones exceed the client's timeout on a busy machine.
    notes = [{"title": f"{number}", "description": "x" * 20_000} for number in range(400)]
    job = (await ada.client.post(f"/api/boards/{board}/imports", json=notes)).headers["Location"]
    async with asyncio.timeout(PATIENCE):
        while (await ada.client.get(job)).json()["state"] != "done":  # noqa: ASYNC110 - nobody says it
            await asyncio.sleep(0.02)
    client = edge(bob.server.port, 4096)
    await client.open(start, topics=f"board:{board}", headers=bob.headers)
    await client.until(lambda one: one.events)

    assert (await ada.client.delete(f"/api/boards/{board}/members/{bob.id}")).status_code == 200

    await client.to_the_end()
    client.cut()
    assert 0 < len(client.events) < 300, "a page of the log may be on its way, and no second one"
    assert (await ada.client.delete(f"/api/boards/{board}")).status_code == 200


async def test_lines_sent_after_a_revocation_are_ignored(members: Members):
    bob = members["bob"]
    token = (await bob.client.post("/api/me/tokens", json={"name": "a", "scope": "write"})).json()
    line = LineClient(bob.server.port, 8)
    await line.open(headers={"Authorization": f"Bearer {token['token']}"})
    await line.speak("before")
    await line.heard(1)

    assert (await bob.client.delete(f"/api/me/tokens/{token['id']}")).status_code == 204
    await line.until(lambda _: line.close_code is not None, ENDS)
    for n in range(50):
        if not await line.say(frame(f"too late {n}".encode())):
            break
    await _assert_ended(line)

    said = (await bob.client.get("/api/rooms/1/messages")).json()
    contents = [message["content"] for message in said]
    assert "before" in contents
    assert not [text for text in contents if text.startswith("too late")]


async def test_a_read_token_cannot_post_in_the_lobby(members: Members):
    bob = members["bob"]
    made = await bob.client.post("/api/me/tokens", json={"name": "a", "scope": "read"})
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    for path, status in (("/ws", 101), ("/ws/7", 403)):
        client = WebsocketClient(bob.server.port)
        client.path = path
        await client.open(headers=headers)
        assert client.head.status == status
        client.cut()


@pytest.mark.parametrize("by", ["session", "token"])
async def test_a_plain_text_message_belongs_to_its_user_who_can_delete_it(members: Members, by: str):
    bob = members["bob"]
    made = await bob.client.post("/api/me/tokens", json={"name": "a", "scope": "write"})
    line = LineClient(bob.server.port, 7)
    await line.open(headers=bob.headers if by == "session" else {"Authorization": f"Bearer {made.json()['token']}"})
    assert line.head.status == 101

    await line.speak(f"said by {by}")

    await line.hears(f"bob: said by {by}")
    message = (await bob.client.get("/api/rooms/1/messages")).json()[-1]
    assert (message["author_id"], message["guest"], message["content"]) == (bob.id, None, f"said by {by}")
    here = (await bob.client.get("/api/rooms/1/presence")).json()
    assert "bob" in [person["nickname"] for person in here["here"]]
    assert here["guests"] == []
    deleted = await bob.client.delete(f"/api/messages/{message['id']}?author_id={bob.id}")
    assert deleted.status_code == 200
    line.cut()
