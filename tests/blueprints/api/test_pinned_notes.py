"""Pinned notes: who may pin, what a pin changes, and its events."""

import httpx

from tests.support.accounts_app import House
from tests.support.api_fixtures import add_note, newest_number, refused
from tests.support.clients.feed_clients import EDGES, follow
from tests.support.servers.server_process import ServerProcess


async def test_a_new_note_is_pinned_only_on_request(api: httpx.AsyncClient):
    plain, pinned = await add_note(api, title="plain"), await add_note(api, title="first", pinned=True)

    assert (plain["pinned"], pinned["pinned"]) == (False, True)
    for note in (plain, pinned):
        assert (await api.get(f"/api/notes/{note['id']}")).json() == note
        assert note in (await api.get("/api/notes", params={"after_id": plain["id"] - 1})).json()


async def test_pinning_changes_the_version_and_sends_an_event(own: httpx.AsyncClient):
    note = await add_note(own, title="a note")
    path = f"/api/notes/{note['id']}"

    pinned = (await own.patch(path, json={"pinned": True}, headers={"If-Match": '"1"'})).json()
    events = await newest_number(own)

    assert pinned == {**note, "pinned": True, "version": 2, "updated_at": pinned["updated_at"]}
    assert (await own.patch(path, json={"pinned": True})).json() == pinned
    assert await newest_number(own) == events, "nothing has changed"
    refused(await own.patch(path, json={"pinned": False}, headers={"If-Match": '"1"'}), 412, "stale_version")
    for value in (None, "true", 1):
        refused(await own.patch(path, json={"pinned": value}), 422, "validation_failed")
        refused(await own.post("/api/notes", json={"title": "a", "pinned": value}), 422, "validation_failed")


async def test_a_restored_note_is_still_pinned(api: httpx.AsyncClient):
    note = await add_note(api, title="a note", pinned=True)
    path = f"/api/notes/{note['id']}"

    assert (await api.delete(path)).json()["pinned"] is True
    assert (await api.post(f"{path}/restore")).json()["pinned"] is True


async def test_a_ticker_cannot_pin(house: House):
    board = await house.board(ada="owner", bob="ticker", eve="editor")
    note = await house.note("ada", board)
    path = f"/api/boards/{board}/notes/{note.id}"
    async with await house.browser("bob") as ticker, await house.browser("eve") as editor:
        assert (await ticker.patch(path, json={"pinned": True})).status_code == 403
        assert (await ticker.patch(path, json={"pinned": True, "done": True})).status_code == 403
        assert (await editor.patch(path, json={"pinned": True})).json()["pinned"] is True


async def test_every_reader_of_the_board_gets_the_event_of_a_pin(server: ServerProcess):
    readers = [await follow(edge, server.port) for edge in EDGES]
    async with server.client() as http:
        note = await add_note(http, title="a note", pinned=True)
        await http.patch(f"/api/notes/{note['id']}", json={"pinned": False})
    for reader in readers:
        await reader.count(2)
        assert [event["note"]["pinned"] for event in reader.events] == [True, False]
        reader.connection.close()
