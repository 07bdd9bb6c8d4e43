"""Boards: isolated from each other, deleted and restored, with events for their members."""

import random
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import AsyncMock

import httpx
import pytest

from quart_notes.background import housekeeping
from quart_notes.errors import ProblemError
from quart_notes.models import Board
from quart_notes.schemas import BoardUpdate, MemberUpdate, NoteQuery, NoteUpdate, UserCreate
from quart_notes.schemas.event_ids import EventId
from tests.support.accounts_app import ROLES, House
from tests.support.api_fixtures import Json, fields_of, got, made, person, refused, walked
from tests.support.clients.feed_clients import EventStreamClient, FeedClient, WebsocketClient, follow
from tests.support.servers.in_process import rows, update_rows

# Open mode, each test on its own server.


async def test_a_created_board_is_returned_and_listed(api: httpx.AsyncClient):
    answer = await api.post("/api/boards", json={"name": "  Allotment "})
    board = answer.json()

    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/boards/{board['id']}"
    assert (board["name"], board["kind"], board["role"]) == ("Allotment", "shared", "owner")
    assert await got(api, f"/api/boards/{board['id']}") == board
    assert board in await got(api, "/api/boards")
    assert (await got(api, "/api/boards/1"))["kind"] == "shared"


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "two\nlines", None, 7])
async def test_the_name_of_a_board_is_one_line(api: httpx.AsyncClient, name: object):
    board = (await made(api, "/api/boards", name="x" * 80))["id"]

    for answer in (
        await api.post("/api/boards", json={"name": name}),
        await api.patch(f"/api/boards/{board}", json={"name": name}),
    ):
        assert fields_of(refused(answer, 422, "validation_failed")) == {"name"}


async def test_the_board_of_a_note_is_found_by_those_who_see_it(house: House):
    board, other = await house.board(ada="owner", eve="viewer"), await house.board(ada="owner")
    async with await house.browser("ada") as ada, await house.browser("eve") as eve:
        note = await made(ada, f"/api/boards/{board}/notes", title="a")

        async def seen() -> list[list[int]]:
            return [[one["id"] for one in await got(who, "/api/boards", note_id=note["id"])] for who in (ada, eve)]

        assert await seen() == [[board], [board]]
        await ada.post(f"/api/boards/{board}/notes/{note['id']}/move", json={"board_id": other})
        assert await seen() == [[other], []]
        await ada.delete(f"/api/boards/{other}/notes/{note['id']}")
        assert await seen() == [[], []]


async def test_the_confirmation_of_a_deletion_counts_the_boards_notes(api: httpx.AsyncClient):
    board = (await made(api, "/api/boards", name="Garden <club>"))["id"]
    ada, bob = [await person(api) for _ in range(2)]
    notes = [await made(api, f"/api/boards/{board}/notes", title=f"note {n}") for n in range(3)]
    await api.delete(f"/api/boards/{board}/notes/{notes[0]['id']}")
    for one in (ada, bob):
        await api.put(f"/api/boards/{board}/members/{one['id']}", json={"role": "editor"})

    asked = await api.post(f"/front/boards/{board}/delete", data={"ask": "true"})

    assert asked.status_code == 200
    assert "Garden &lt;club&gt;" in asked.text
    assert "The board has 2 notes and 2 people." in asked.text
    assert (await api.get(f"/api/boards/{board}")).status_code == 200


async def test_every_new_user_has_a_personal_board(api: httpx.AsyncClient):
    before = await got(api, "/api/boards")
    ada = await person(api)

    assert await got(api, "/api/boards") == before, "it is in nobody else's list"
    (own,) = [board for board in await got(api, "/api/boards", person_id=ada["id"]) if board not in before]

    assert (own["kind"], own["name"], own["role"]) == ("personal", f"Personal ({ada['nickname']})", "owner")
    assert [one["user"] for one in await got(api, f"/api/boards/{own['id']}/members")] == [ada]
    bob = await person(api)
    for answer in (
        await api.put(f"/api/boards/{own['id']}/members/{bob['id']}", json={"role": "viewer"}),
        await api.delete(f"/api/boards/{own['id']}/members/{ada['id']}"),
        await api.delete(f"/api/boards/{own['id']}"),
        await api.delete("/api/boards/1"),
        await api.put(f"/api/boards/1/members/{bob['id']}", json={"role": "viewer"}),
    ):
        refused(answer, 409, "personal_board")


@pytest.mark.parametrize("edge", [WebsocketClient, EventStreamClient])
async def test_in_open_mode_events_of_a_personal_board_go_to_its_user_and_to_explicit_subscribers(
    api: httpx.AsyncClient, edge: Any
):
    begin = (await api.get("/api/boards")).headers["last-event-id"]
    ada, bob = await person(api), await person(api)
    port = api.base_url.port or 0
    (own,) = [one["id"] for one in await got(api, "/api/boards", person_id=ada["id"]) if one["kind"] == "personal"]

    async def follow_all(after: str | None) -> list[FeedClient]:
        options: list[Json] = [{}, {"person": bob["id"]}, {"person": ada["id"]}, {"topics": f"board:{own}"}]
        return [await follow(edge, port, after, **chosen) for chosen in options]

    live = await follow_all(None)
    await made(api, f"/api/boards/{own}/notes", title="diary")
    await made(api, "/api/notes", title="milk")
    secret = await made(api, f"/api/boards/{own}/notes", title="more")
    await made(api, f"/api/boards/{(await made(api, '/api/boards', name='new'))['id']}/notes", title="seeds")
    replayed = await follow_all(begin)

    public, everything = ["milk", "seeds"], ["diary", "milk", "more", "seeds"]
    for clients in (live, replayed):
        for client, wanted in zip(clients, (public, public, everything, ["diary", "more"]), strict=True):
            async with client:
                await client.until(partial(_has_heard, len(wanted)))
                assert _titles_heard(client) == wanted
    assert await got(api, f"/api/boards/{own}/notes/{secret['id']}") == secret, "who knows it may open it"


def _has_heard(number: int, client: FeedClient) -> bool:
    return len(_titles_heard(client)) >= number


def _titles_heard(client: FeedClient) -> list[str]:
    return [event["note"]["title"] for event in client.events if "note" in event]


async def test_notes_of_a_board_are_invisible_on_another(api: httpx.AsyncClient):
    one, other = [(await made(api, "/api/boards", name="a"))["id"] for _ in range(2)]
    note = await made(api, f"/api/boards/{one}/notes", title="needle")
    path = f"notes/{note['id']}"

    assert note["board_id"] == one
    assert [found["id"] for found in await got(api, f"/api/boards/{one}/notes", q="needle")] == [note["id"]]
    for board in (f"/api/boards/{other}", "/api/boards/1", "/api"):
        assert note["id"] not in [found["id"] for found in await got(api, f"{board}/notes", q="needle")]
        for method, address in (
            ("GET", path), ("PATCH", path), ("DELETE", path), ("POST", f"{path}/restore"),
        ):  # fmt: skip
            body = {"done": True} if method == "PATCH" else None
            refused(await api.request(method, f"{board}/{address}", json=body), 404, "not_found")
    deleted = await api.delete(f"/api/boards/{one}/{path}")
    assert deleted.status_code == 200
    refused(await api.post(f"/api/boards/{other}/{path}/restore"), 404, "not_found")
    assert (await api.post(f"/api/boards/{one}/{path}/restore")).json()["version"] == 2


async def test_the_shared_board_has_two_addresses(api: httpx.AsyncClient):
    first = await made(api, "/api/notes", title="here")
    second = await api.post("/api/boards/1/notes", json={"title": "there"})

    assert second.headers["location"] == f"/api/notes/{second.json()['id']}"
    for note in (first, second.json()):
        assert note["board_id"] == 1
        assert await got(api, f"/api/notes/{note['id']}") == await got(api, f"/api/boards/1/notes/{note['id']}") == note
    for _ in range(2):
        assert await got(api, "/api/notes") == await got(api, "/api/boards/1/notes")
    await api.delete(f"/api/boards/1/notes/{first['id']}")
    assert first["id"] not in [note["id"] for note in await got(api, "/api/notes")]


async def test_page_links_of_notes_stay_within_their_board(api: httpx.AsyncClient):
    board = (await made(api, "/api/boards", name="a"))["id"]
    ids = []
    for n in range(5):
        ids.append((await made(api, f"/api/boards/{board}/notes", title=str(n)))["id"])
        await made(api, "/api/notes", title="elsewhere")

    for _ in range(2):
        pages = await walked(api, f"/api/boards/{board}/notes", limit=2)
        assert pages == [ids[:2], ids[2:4], ids[4:]]
    assert [board_id for page in await walked(api, "/api/boards", limit=2) for board_id in page] == sorted(
        board["id"] for board in await got(api, "/api/boards")
    )


@pytest.mark.parametrize("board", ["0", "-1", "x", "999999", "9" * 30, "01"])
async def test_every_request_about_a_missing_board_is_a_404(api: httpx.AsyncClient, board: str):
    for method, path in (
        ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/restore"), ("GET", "/members"), ("PUT", "/members/1"),
        ("DELETE", "/members/1"), ("GET", "/notes"), ("POST", "/notes"), ("GET", "/notes/1"), ("PATCH", "/notes/1"),
    ):  # fmt: skip
        bodies = {"PATCH": {"name": "x"}, "PUT": {"role": "viewer"}, "POST": {"title": "x"}}
        body = {"done": True} if path == "/notes/1" else bodies.get(method)
        refused(await api.request(method, f"/api/boards/{board}{path}", json=body), 404, "not_found")


# Accounts mode.


async def test_everybody_uses_the_shared_board_and_only_administrators_rename_it(house: House):
    async with await house.browser("eve") as eve, await house.browser("root") as root:
        assert (await eve.get("/api/boards/1")).json()["role"] == "editor"
        assert (await root.get("/api/boards/1")).json()["role"] == "owner"
        assert (await eve.post("/api/notes", json={"title": "a"})).status_code == 201
        refused(await eve.patch("/api/boards/1", json={"name": "Mine"}), 403, "forbidden")
        assert (await root.patch("/api/boards/1", json={"name": "Ours"})).json()["name"] == "Ours"
        refused(await eve.delete("/api/boards/1"), 403, "forbidden")
        refused(await root.delete("/api/boards/1"), 409, "personal_board")


# Deleting.


async def test_a_deleted_board_is_invisible_and_restored_completely(house: House):
    board = await house.board(ada="owner", bob="editor")
    note = await house.note("bob", board)
    async with (
        await house.browser("ada") as ada,
        await house.browser("bob") as bob,
        await house.browser("root") as root,
    ):
        assert (await bob.get(f"/api/boards/{board}/notes")).status_code == 200
        assert (await ada.delete(f"/api/boards/{board}")).status_code == 200

        for client in (ada, bob, root):
            for path in ("", "/notes", f"/notes/{note.id}", "/members"):
                refused(await client.get(f"/api/boards/{board}{path}"), 404, "not_found")
            assert board not in [one["id"] for one in (await client.get("/api/boards")).json()]
            assert (await client.head(f"/events?topics=board:{board}")).status_code == 403
        refused(await ada.delete(f"/api/boards/{board}"), 404, "not_found")
        refused(await ada.post(f"/api/boards/{board}/notes", json={"title": "a"}), 404, "not_found")
        for client in (bob, root):
            refused(await client.post(f"/api/boards/{board}/restore"), 404, "not_found")

        assert (await ada.post(f"/api/boards/{board}/restore")).status_code == 200

        assert (await bob.get(f"/api/boards/{board}")).json()["role"] == "editor"
        assert [one["id"] for one in (await bob.get(f"/api/boards/{board}/notes")).json()] == [note.id]
        refused(await ada.post(f"/api/boards/{board}/restore"), 404, "not_found")


async def test_housekeeping_purges_boards_deleted_long_ago(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("quart_notes.domain.service.DELETE_CHUNK", 3)
    monkeypatch.setattr(housekeeping, "YIELD_PAUSE", 0)
    old, recent, kept = [await house.board(ada="owner", bob="viewer") for _ in range(3)]
    for board in (old, recent, kept):
        for n in range(7):
            await house.note("ada", board, str(n))
    for board in (old, recent):
        await house.core.boards.delete(house.caller("ada"), board)
    await update_rows(house.core, Board, {"id": old}, deleted_at=datetime.now(UTC) - timedelta(days=31))
    await house.core.run_chores()

    assert rows(house.core, f"SELECT id FROM board WHERE id IN ({old}, {recent}, {kept})") == [(recent,), (kept,)]
    for table in ("note", "membership"):
        left = rows(house.core, f"SELECT DISTINCT board_id FROM {table} WHERE board_id IN ({old}, {recent}, {kept})")
        assert sorted(left) == [(recent,), (kept,)]
    with pytest.raises(ProblemError):
        await house.core.boards.restore(house.caller("ada"), old)
    await house.core.boards.restore(house.caller("ada"), recent)


# A client that applies every event has the current state.


async def _state(house: House, nickname: str, board: int) -> tuple[Any, EventId] | None:
    """A board as a member sees it: name, members and notes."""
    who = house.caller(nickname)
    try:
        found, position = await house.core.boards.get(who, board)
    except ProblemError:
        return None
    members = await house.core.members.find(who, board)
    notes = await house.core.notes.find(who, board, NoteQuery())
    assert members.position == notes.position == position
    return {
        "name": found.name,
        "members": {one.user.id: one.role for one in members.items},
        "notes": {note.id: note.model_dump(mode="json") for note in notes.items},
    }, position


def _apply(state: Json, event: Json) -> None:
    if "board" in event:
        state["name"] = event["board"]["name"]
    elif "member" in event:
        member = event["member"]
        state["members"].pop(member["user"]["id"], None)
        if event["action"] != "delete":
            state["members"][member["user"]["id"]] = member["role"]
    else:
        state["notes"].pop(event["note"]["id"], None)
        if event["action"] != "delete":
            state["notes"][event["note"]["id"]] = event["note"]


async def _mutate(house: House, board: int, chance: random.Random) -> None:
    who = house.caller(chance.choice(["ada", "ada", "bob", "eve"]))
    other = house.people[chance.choice(["ada", "bob", "eve", "root"])].id
    note, core = chance.randint(1, 8), house.core
    acts = {
        "name": lambda: core.boards.change(who, board, BoardUpdate(name=f"Name {chance.randint(1, 3)}")),
        "setting": lambda: core.boards.change(who, board, BoardUpdate(tick=chance.choice(("notes", "checklists")))),
        "member": lambda: core.members.set(who, board, other, MemberUpdate(role=chance.choice(ROLES))),
        "remove": lambda: core.members.remove(who, board, other),
        "tick": lambda: core.notes.change(who, board, note, NoteUpdate(done=chance.random() < 0.5)),
        "title": lambda: core.notes.change(who, board, note, NoteUpdate(title=f"Title {chance.randint(1, 3)}")),
        "delete": lambda: core.notes.delete(who, board, note),
        "restore": lambda: core.notes.restore(who, board, note),
    }
    try:
        await acts[chance.choice(list(acts))]()
    except ProblemError:
        return


@pytest.mark.parametrize("seed", range(4))
async def test_a_members_state_plus_events_equals_the_current_state(house: House, seed: int):
    chance = random.Random(seed)
    board = await house.board(ada="owner", bob="editor", eve="ticker")
    for _ in range(4):
        await house.note("ada", board)
    begun = {name: await _state(house, name, board) for name in ("ada", "bob", "eve")}
    seen = 0
    for _ in range(12):
        for _ in range(10):
            await _mutate(house, board, chance)
        for name, before in begun.items():
            now = await _state(house, name, board)
            if before is not None and now is not None:
                state, position = before
                for event in await house.events(position, f"board:{board}"):
                    _apply(state, event)
                assert state == now[0]
                seen += 1
            begun[name] = now
    assert seen > 5


async def test_a_failed_creation_of_a_user_stores_nothing(house: House, monkeypatch: pytest.MonkeyPatch):
    before = rows(house.core, "SELECT COUNT(*) FROM board"), rows(house.core, 'SELECT COUNT(*) FROM "user"')

    with monkeypatch.context() as patch:
        patch.setattr("quart_notes.domain.users.add_personal", AsyncMock(side_effect=RuntimeError("no board")))
        with pytest.raises(RuntimeError):
            await house.core.users.add(UserCreate(name="N", email="n@example.org", nickname="n"))

    assert before == (rows(house.core, "SELECT COUNT(*) FROM board"), rows(house.core, 'SELECT COUNT(*) FROM "user"'))
