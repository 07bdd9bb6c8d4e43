"""The gate: what a secret lets somebody do is known without asking, and a stream ends with what it needs."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from quart_notes import gate
from quart_notes.blueprints.identity import COOKIE, LONG_COOKIE, SECURE_COOKIE, known_pass
from quart_notes.gate import Pass
from quart_notes.models import ApiToken, Session
from quart_notes.writer import Change
from tests.feed_clients import EDGES, Edge, EventStreamClient, LineClient, WebsocketClient, follow, named
from tests.house import House
from tests.raw_connection import until
from tests.routes import PASSWORD
from tests.server_process import ServerProcess
from tests.wire_formats import frame

ENDS = 5.0  # seconds on a busy machine for what takes a moment
DENIED = 1008
on_both_edges = pytest.mark.parametrize("edge", EDGES, ids=named)


async def _pass(house: House, cookie: str) -> Pass | None:
    secret = house.core.signing.read("session", cookie)
    assert secret is not None
    return await house.core.gate.session(secret, trusted=False)


# What is known.


async def test_a_secret_is_asked_for_once_and_anew_after_a_change(house: House, monkeypatch: pytest.MonkeyPatch):
    cookie, asked = await house.cookie("ada"), 0
    find = house.core.sessions.find

    async def counted(secret: str) -> Any:
        nonlocal asked
        asked += 1
        return await find(secret)

    monkeypatch.setattr(house.core.sessions, "find", counted)
    for _ in range(3):
        assert await _pass(house, cookie) is not None
    assert asked == 1

    board = await house.board(bob="owner", ada="viewer")
    passed = await _pass(house, cookie)
    assert asked == 2
    assert passed is not None
    assert passed.roles[board] == "viewer"
    await house.board(bob="owner", eve="viewer")
    await _pass(house, cookie)
    assert asked == 2, "what changes for others changes nothing for ada"


async def test_what_was_read_just_before_a_change_is_not_kept(house: House, monkeypatch: pytest.MonkeyPatch):
    cookie = await house.cookie("ada")
    board = await house.board(bob="owner", ada="viewer")
    roles = house.core.boards.roles

    async def slow(caller: Any) -> Any:
        found = await roles(caller)
        await house.core.members.remove(house.caller("bob"), board, house.people["ada"].id)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(house.core.boards, "roles", slow)
        before = await _pass(house, cookie)
    after = await _pass(house, cookie)

    assert before is not None
    assert after is not None
    assert board in before.roles
    assert board not in after.roles


async def test_no_more_secrets_are_kept_than_there_is_room_for(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gate, "MAX_KEPT", 3)

    for _ in range(5):
        assert await _pass(house, await house.cookie("ada"))

    assert len(house.core.gate._kept) == 3


async def test_a_pass_is_not_kept_beyond_its_end(house: House, monkeypatch: pytest.MonkeyPatch):
    cookie = await house.cookie("ada")
    await _expire(house, Session, house.people["ada"].id, timedelta(hours=2))
    passed = await _pass(house, cookie)
    assert passed is not None
    assert passed.expires is not None
    loop = asyncio.get_running_loop()
    now = loop.time()
    monkeypatch.setattr(loop, "time", lambda: max(now, passed.expires or 0) + 1)

    assert house.core.gate.known("session", passed.secret) is None


async def _expire(house: House, model: Any, user_id: int, left: timedelta) -> None:
    async def work(change: Change) -> None:
        rows = model.filter(user_id=user_id).using_db(change.connection)
        await rows.update(expires_at=datetime.now(UTC) + left)

    await house.core.writer(work)


async def test_a_stream_that_has_left_is_judged_no_more_and_leaves_no_timer(house: House):
    passed = await _pass(house, await house.cookie("ada"))
    assert passed is not None
    core, ended = house.core, asyncio.Event()
    stay = core.gate.follow(passed, frozenset({"board:1"}), ended.set)
    for _ in range(20):
        await house.board(bob="owner", ada="viewer")
    await until(lambda: not core.gate._judging, "all is judged")
    (stream,) = core.gate._streams[house.people["ada"].id]
    assert _timers(core.gate) == 1, "one a stream, however often it was judged"

    stay()
    await house.board(bob="owner", ada="viewer")
    await until(lambda: not core.gate._judging, "all is judged")

    assert stream.timer is None or stream.timer.cancelled()
    assert core.gate._streams == {}
    assert _timers(core.gate) == 0
    assert not ended.is_set()


def _timers(judge: gate.Gate) -> int:
    scheduled: Any = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
    return sum(not one.cancelled() and getattr(one._callback, "__self__", None) is judge for one in scheduled)


async def test_a_stream_ends_when_nobody_can_say_whether_it_may_go_on(house: House, monkeypatch: pytest.MonkeyPatch):
    passed = await _pass(house, await house.cookie("ada"))
    assert passed is not None
    ended = asyncio.Event()
    leave = house.core.gate.follow(passed, frozenset({"board:1"}), ended.set)

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no database")

    with monkeypatch.context() as patch:
        patch.setattr(house.core.sessions, "find", fail)
        await house.board(bob="owner", ada="viewer")
        async with asyncio.timeout(ENDS):
            await ended.wait()
    leave()


@pytest.mark.parametrize("kind", ["session", "token"])
async def test_a_stream_ends_when_what_let_it_in_is_over(house: House, kind: str, monkeypatch: pytest.MonkeyPatch):
    ada = house.people["ada"].id
    if kind == "session":
        cookie = await house.cookie("ada")
        await _expire(house, Session, ada, timedelta(seconds=0.3))
        passed = await _pass(house, cookie)
    else:
        token = await house.token("ada")
        await _expire(house, ApiToken, ada, timedelta(seconds=0.3))
        passed = await house.core.gate.token(token)
    assert passed is not None
    ended = asyncio.Event()

    leave = house.core.gate.follow(passed, frozenset({"board:1"}), ended.set)

    assert not ended.is_set()
    async with asyncio.timeout(ENDS):
        await ended.wait()
    leave()


async def test_a_stream_that_outlives_the_longest_timer_is_judged_and_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gate, "LONGEST_TIMER", 0.01)
    passed = await _pass(house, await house.cookie("ada"))
    assert passed is not None
    ended, judged = asyncio.Event(), 0
    find = house.core.gate._may_go_on

    async def counted(stream: Any) -> bool:
        nonlocal judged
        judged += 1
        return await find(stream)

    monkeypatch.setattr(house.core.gate, "_may_go_on", counted)
    leave = house.core.gate.follow(passed, frozenset({"board:1"}), ended.set)

    await until(lambda: judged > 3, "it is judged again and again")

    assert not ended.is_set()
    leave()


# Real streams of a real server (A6).


# What is known of the headers of a request.


async def test_a_cookie_is_known_by_its_header_until_its_session_ends(house: House):
    cookie = await house.cookie("ada")
    sent = [(b"accept", b"*/*"), (b"cookie", f"theme=dark; {COOKIE}={cookie}".encode())]
    assert known_pass(house.core, sent, secure=False) is None, "nobody has asked the database yet"
    passed = await _pass(house, cookie)
    assert passed is not None
    for _ in range(2):
        assert known_pass(house.core, sent, secure=False) is passed
    assert known_pass(house.core, sent, secure=True) is None, "anybody may have set it: it has not the name for https"
    secure = [(b"cookie", f"{SECURE_COOKIE}={cookie}".encode())]
    assert known_pass(house.core, secure, secure=True) is passed
    assert known_pass(house.core, secure, secure=False) is None

    await house.client(cookie).post("/front/sign-out")

    assert known_pass(house.core, sent, secure=False) is None


@pytest.mark.parametrize("spoil", [lambda cookie: cookie[:-1], lambda cookie: "x" + cookie, lambda cookie: ""])
async def test_a_cookie_that_was_not_signed_here_is_nobodys(house: House, spoil: Callable[[str], str]):
    cookie = await house.cookie("ada")
    await _pass(house, cookie)

    for _ in range(2):
        assert known_pass(house.core, [(b"cookie", f"{COOKIE}={spoil(cookie)}".encode())], secure=False) is None


async def test_a_token_counts_before_a_cookie_and_a_proxys_password_does_not(house: House):
    cookie = await house.cookie("ada")
    passed = await _pass(house, cookie)
    sent = [(b"cookie", f"{COOKIE}={cookie}".encode())]

    assert known_pass(house.core, [*sent, (b"authorization", b"Bearer nothing")], secure=False) is None
    assert known_pass(house.core, [(b"authorization", b"Basic eDp5"), *sent], secure=False) is passed


async def test_a_very_long_cookie_is_not_remembered_and_answered_all_the_same(house: House):
    cookie = await house.cookie("ada")
    await _pass(house, cookie)
    long = f"{COOKIE}={cookie}; else=" + "x" * LONG_COOKIE
    assert known_pass(house.core, [(b"cookie", long.encode())], secure=False) is None

    answer = await house.client().get("/api/notes", headers={"Cookie": long})

    assert answer.status_code == 200


# Streams.


class Guest:
    """Somebody at a server of its own process: a browser that is signed in."""

    def __init__(self, server: ServerProcess, client: httpx.AsyncClient, user_id: int) -> None:
        self.server = server
        self.client = client
        self.id = user_id

    @property
    def headers(self) -> dict[str, str]:
        """What their streams send."""
        return {"Cookie": f"{COOKIE}={self.client.cookies[COOKIE]}"}


Street = dict[str, Guest]


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
async def street(guarded_server: ServerProcess) -> AsyncIterator[Street]:
    """Ada, and bob, whose access the tests take away; each in a new browser."""
    async with contextlib.AsyncExitStack() as stack:
        yield {name: await _guest(stack, guarded_server, name) for name in ("ada", "bob")}


async def _guest(stack: contextlib.AsyncExitStack, server: ServerProcess, nickname: str) -> Guest:
    client = await stack.enter_async_context(server.client())
    answer = await client.post("/api/sign-in", json={"nickname": nickname, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return Guest(server, client, answer.json()["id"])


async def _board(street: Street) -> int:
    """A board of ada's that bob may change."""
    ada = street["ada"].client
    board = int((await ada.post("/api/boards", json={"name": "Allotment"})).json()["id"])
    answer = await ada.put(f"/api/boards/{board}/members/{street['bob'].id}", json={"role": "editor"})
    assert answer.status_code == 200, answer.text
    return board


async def _assert_ended(stream: Any) -> None:
    await stream.to_the_end(ENDS)
    assert stream.properly
    if isinstance(stream, WebsocketClient):
        assert stream.close_code == DENIED
    stream.cut()


async def _note(guest: Guest, board: int, title: str) -> httpx.Response:
    return await guest.client.post(f"/api/boards/{board}/notes", json={"title": title})


@on_both_edges
@pytest.mark.parametrize("how", ["removed", "left", "board deleted"])
async def test_whoever_sees_a_board_no_longer_hears_no_more_of_it(street: Street, edge: Edge, how: str):
    ada, bob = street["ada"], street["bob"]
    board = await _board(street)
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


@pytest.mark.parametrize("how", ["signed out", "ended elsewhere", "new password", "token revoked"])
async def test_every_stream_ends_with_what_let_it_in(street: Street, how: str):
    ada, bob = street["ada"], street["bob"]
    port, headers = bob.server.port, bob.headers
    token = (await bob.client.post("/api/me/tokens", json={"name": "a", "scope": "write"})).json()
    if how == "token revoked":
        headers = {"Authorization": f"Bearer {token['token']}"}
    async with contextlib.AsyncExitStack() as stack:
        another = await _guest(stack, bob.server, "bob")
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
async def test_a_long_replay_ends_in_the_middle(street: Street, edge: Edge):
    ada, bob = street["ada"], street["bob"]
    board = await _board(street)
    start = str((await ada.client.get("/api/notes")).headers["last-event-id"])
    long = "x" * 20_000
    answers = await asyncio.gather(
        *(ada.client.post(f"/api/boards/{board}/notes", json={"description": long}) for _ in range(400))
    )
    assert {answer.status_code for answer in answers} == {201}
    client = edge(bob.server.port, 4096)
    await client.open(start, topics=f"board:{board}", headers=bob.headers)
    await client.until(lambda one: one.events)

    assert (await ada.client.delete(f"/api/boards/{board}/members/{bob.id}")).status_code == 200

    await client.to_the_end()
    client.cut()
    assert 0 < len(client.events) < 300, "a page of the log may be on its way, and no second one"
    assert (await ada.client.delete(f"/api/boards/{board}")).status_code == 200


async def test_what_somebody_still_says_at_the_door_is_not_heard_once_they_may_not(street: Street):
    bob = street["bob"]
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


async def test_a_program_that_may_look_only_has_no_word_in_the_lobby(street: Street):
    bob = street["bob"]
    made = await bob.client.post("/api/me/tokens", json={"name": "a", "scope": "read"})
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    for path, status in (("/ws", 101), ("/ws/7", 403)):
        client = WebsocketClient(bob.server.port)
        client.path = path
        await client.open(headers=headers)
        assert client.head.status == status
        client.cut()
