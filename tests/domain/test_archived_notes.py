"""Archived notes: what archiving changes, where such notes are, who may archive, and the order of a board."""

import httpx
import pytest

from quart_notes.domain.access import ANYBODY
from quart_notes.schemas import NoteCreate, NoteFilter, NoteUpdate, Role
from tests.support.accounts_app import House
from tests.support.api_fixtures import Json, add_note, newest_number, refused
from tests.support.clients.feed_clients import EDGES, follow
from tests.support.servers.in_process import opened
from tests.support.servers.server_process import ServerProcess


async def ids(api: httpx.AsyncClient, query: str = "") -> list[int]:
    """The notes of the shared board that a list has."""
    return [note["id"] for note in (await api.get(f"/api/notes{query}")).json()]


async def test_an_archived_note_leaves_the_board_is_found_on_request_and_comes_back(own: httpx.AsyncClient):
    kept = await add_note(own, title="milk")
    note = await add_note(own, title="milk and bread", description="- [x] one", pinned=True, colour="teal")
    path = f"/api/notes/{note['id']}"
    assert await ids(own) == [kept["id"], note["id"]]

    archived = (await own.patch(path, json={"archived": True}, headers={"If-Match": '"1"'})).json()

    changed = {"version": 2, "updated_at": archived["updated_at"], "archived_at": archived["updated_at"]}
    assert archived == {**note, **changed}
    assert (await own.get(path)).json() == archived
    assert await ids(own) == await ids(own, "?q=milk") == await ids(own, "?archived=false") == [kept["id"]]
    assert await ids(own, "?archived=true") == await ids(own, "?archived=true&q=bread") == [note["id"]]
    assert await ids(own, "?archived=any") == [kept["id"], note["id"]]
    assert f'id="note-{note["id"]}"' not in (await own.get("/front/notes")).text
    opened_page = await own.get(f"/front/notes/{note['id']}", headers={"Sec-Fetch-Dest": "document"})
    assert f'id="note-{note["id"]}"' in opened_page.text
    exported = (await own.get("/api/export")).json()["notes"]
    assert [one["archived_at"] for one in exported] == [None, archived["archived_at"]]
    assert (await own.delete(path)).json()["archived_at"] == archived["archived_at"]
    assert (await own.post(f"{path}/restore")).json()["archived_at"] == archived["archived_at"]

    back = (await own.patch(path, json={"archived": False})).json()

    assert back == {**note, "version": 4, "updated_at": back["updated_at"]}
    assert await ids(own) == [kept["id"], note["id"]]


async def test_archiving_twice_changes_nothing_and_sends_one_event(own: httpx.AsyncClient):
    note = await add_note(own, title="a note")
    path = f"/api/notes/{note['id']}"
    before = await newest_number(own)

    archived = (await own.patch(path, json={"archived": True})).json()

    assert await newest_number(own) == before + 1
    assert (await own.patch(path, json={"archived": True})).json() == archived
    assert await newest_number(own) == before + 1
    for value in (None, "true", 1):
        refused(await own.patch(path, json={"archived": value}), 422, "validation_failed")
    refused(await own.patch(path, json={"archived_at": archived["archived_at"]}), 422, "validation_failed")


@pytest.mark.parametrize("role", ["viewer", "ticker"])
async def test_archiving_and_colouring_take_an_editor(house: House, role: Role):
    board = await house.board(ada="owner", bob=role, eve="editor")
    note = await house.note("ada", board)
    path = f"/api/boards/{board}/notes/{note.id}"
    page = f"/front/boards/{board}/notes/{note.id}"
    async with await house.browser("bob") as refused_one, await house.browser("eve") as editor:
        for change in ({"archived": True}, {"colour": "red"}, {"archived": True, "done": True}):
            refused(await refused_one.patch(path, json=change), 403, "forbidden")
        assert (await refused_one.post(f"{page}/archived", data={"archived": "true"})).status_code == 403
        assert (await refused_one.post(page, data={"title": note.title, "colour": "red"})).status_code == 403
        assert (await editor.get(path)).json()["version"] == 1
        changed = (await editor.patch(path, json={"archived": True, "colour": "red"})).json()

    assert (changed["archived_at"] is not None, changed["colour"]) == (True, "red")


async def test_every_reader_of_the_board_gets_the_event_of_an_archived_note(server: ServerProcess):
    readers = [await follow(edge, server.port) for edge in EDGES]
    async with server.client() as http:
        note = await add_note(http, title="a note", colour="green")
        archived = (await http.patch(f"/api/notes/{note['id']}", json={"archived": True})).json()
    for reader in readers:
        await reader.count(2)
        assert [(event["action"], event["note"]) for event in reader.events] == [
            ("create", note),
            ("update", archived),
        ]
        reader.connection.close()


@pytest.mark.parametrize("colour", ["none", "red", "grey"])
async def test_a_colour_is_stored_changed_once_and_kept(own: httpx.AsyncClient, colour: str):
    note = await add_note(own, title="a note", colour=colour)
    path = f"/api/notes/{note['id']}"
    events = await newest_number(own)

    assert note["colour"] == colour
    assert (await own.patch(path, json={"colour": colour})).json() == note
    assert await newest_number(own) == events, "nothing has changed"
    assert (await own.patch(path, json={"colour": "blue"})).json() == {
        **(await own.get(path)).json(),
        "colour": "blue",
        "version": 2,
    }
    for value in ("mauve", "RED", "", None, 1):
        problem: Json = refused(await own.patch(path, json={"colour": value}), 422, "validation_failed")
        assert [error["field"] for error in problem["errors"]] == ["colour"]


async def test_a_page_of_a_board_has_the_notes_of_its_filter_and_counts_them(tmp_path):
    async with opened(tmp_path / "data") as core:
        notes = [(await core.notes.add(ANYBODY, 1, NoteCreate(title=str(n)))).result.id for n in range(6)]
        changes = {1: {"pinned": True}, 2: {"done": True}, 3: {"pinned": True, "done": True}, 4: {"archived": True}}
        for n, change in changes.items():
            await core.notes.change(ANYBODY, 1, notes[n], NoteUpdate.model_validate(change))

        page = await core.board_pages.read(ANYBODY, 1, None, 1, 10)
        archive = await core.board_pages.read(ANYBODY, 1, "4", 1, 10, chosen=NoteFilter(archived="true"))
        pinned = await core.board_pages.read(ANYBODY, 1, "3", 1, 10, chosen=NoteFilter(pinned="true", archived="any"))

    assert [int(note.title or "") for note in page.notes] == [1, 5, 0, 3, 2]
    assert (page.total, page.open_count, page.done_count) == (5, 3, 2)
    assert [note.id for note in archive.notes] == [notes[4]]
    assert (archive.total, archive.open_count, archive.done_count) == (1, 1, 0)
    assert (pinned.total, pinned.open_count, pinned.done_count) == (1, 1, 1)


async def test_an_archived_note_is_no_neighbour_in_the_order(tmp_path):
    async with opened(tmp_path / "data") as core:
        first, middle, last = [(await core.notes.add(ANYBODY, 1, NoteCreate(title=str(n)))).result.id for n in range(3)]
        await core.notes.change(ANYBODY, 1, middle, NoteUpdate(archived=True))

        place = await core.note_moves.place(ANYBODY, 1, last)

    assert place is not None
    assert (place.after, place.number, place.total) == (first, 1, 2)
