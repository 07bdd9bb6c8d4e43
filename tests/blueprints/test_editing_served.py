"""Who edits a note, on a running server over both transports; and who may report it."""

from typing import Any

import httpx
import pytest

from quart_notes.live.events import board
from quart_notes.schemas import Role
from tests.support.accounts_app import House
from tests.support.api_fixtures import MAX_ID, Json, add_note, cookie_of, fields_of, newest, people, refused
from tests.support.clients.delivery_paths import shared_on_each_path
from tests.support.clients.feed_clients import EDGES, Edge, EventStreamClient, WebsocketClient, follow, named
from tests.support.servers.server_process import ServerProcess

on_both_edges = pytest.mark.parametrize("edge", EDGES, ids=named)
QUICK = {  # a tenth of the default
    "quart_notes.live.presence.LEAVE_DELAY": 0.3,
    "quart_notes.live.presence.PUBLISH_INTERVAL": 0.1,
}
shared_server = shared_on_each_path(QUICK)


async def _report(api: httpx.AsyncClient, note: Json, author: Json, **more: Any) -> None:
    answer = await api.post(f"/api/notes/{note['id']}/editing", json={"author_id": author["id"], **more})
    assert (answer.status_code, answer.content) == (204, b"")


async def _until_told(client: Any, note: Json, editors: list[Json]) -> None:
    """Read until the newest editing event names exactly these editors of the note, by id."""

    def told() -> list[Json] | None:
        heard = [event["editing"]["notes"] for event in client.events if "editing" in event]
        if not heard:
            return None
        named = [user for one in heard[-1] if one["note_id"] == note["id"] for user in one["people"]]
        return sorted(named, key=lambda user: user["id"])

    await client.until(lambda _: told() == editors)


@on_both_edges
async def test_an_editor_is_shown_until_it_is_closed(shared_server: ServerProcess, api: httpx.AsyncClient, edge: Edge):
    ada, bob = await people(api, 2)
    note = await add_note(api)
    async with (
        await follow(edge, shared_server.port, topics="board:1") as watcher,
        await follow(edge, shared_server.port, topics="board:1", person=ada["id"]) as hers,
        await follow(edge, shared_server.port, topics="board:1", headers={"Cookie": await cookie_of(api, bob)}),
    ):
        await _report(api, note, ada)
        await _until_told(watcher, note, [ada])
        await _until_told(hers, note, [ada])
        await _report(api, note, bob, editing=True)
        await _until_told(watcher, note, [ada, bob])
        async with await follow(edge, shared_server.port, topics="board:1,users") as late:
            await _until_told(late, note, [ada, bob])

        await _report(api, note, ada, editing=False)
        await _until_told(watcher, note, [bob])
        await _report(api, note, bob, editing=False)
        await _until_told(watcher, note, [])

        for event in watcher.events:
            assert event.keys() == {"topic", "action", "editing"}
            assert (event["topic"], event["action"]) == ("board:1", "update")
        assert watcher.ids == []


@on_both_edges
async def test_an_editor_is_gone_with_the_connection_of_its_user(
    shared_server: ServerProcess, api: httpx.AsyncClient, edge: Edge
):
    ada, bob = await people(api, 2)
    note = await add_note(api)
    async with await follow(WebsocketClient, shared_server.port, topics="board:1", person=bob["id"]) as watcher:
        hers = await follow(edge, shared_server.port, topics="board:1", person=ada["id"])
        await _report(api, note, ada)
        await _report(api, note, bob)
        await _until_told(watcher, note, [ada, bob])

        hers.cut()

        await _until_told(watcher, note, [bob])


async def test_editing_is_not_logged_and_reaches_subscribers_of_its_board_only(
    shared_server: ServerProcess, api: httpx.AsyncClient
):
    (ada,) = await people(api, 1)
    note = await add_note(api)
    before = await newest(api)
    async with (
        await follow(WebsocketClient, shared_server.port, topics="board:1", person=ada["id"]) as hers,
        await follow(EventStreamClient, shared_server.port, topics="users,board:*") as other,
    ):
        await _report(api, note, ada)
        await _until_told(hers, note, [ada])
        assert await newest(api) == before
        (bob,) = await people(api, 1)
        await other.count(1)

        assert [event["user"] for event in other.events] == [bob]


async def test_reporting_requires_a_user_and_a_note(api: httpx.AsyncClient):
    (ada,) = await people(api, 1)
    note = await add_note(api)
    path = f"/api/notes/{note['id']}/editing"

    for body, field in (({"author_id": MAX_ID}, "author_id"), ({}, "author_id"), ({"author_id": 1, "x": 1}, "x")):
        assert fields_of(refused(await api.post(path, json=body), 422, "validation_failed")) == {field}
    refused(await api.post(f"/api/notes/{MAX_ID}/editing", json={"author_id": ada["id"]}), 404, "not_found")
    await api.delete(f"/api/notes/{note['id']}")
    refused(await api.post(path, json={"author_id": ada["id"]}), 404, "not_found")


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("ticker", 403), ("editor", 204), ("owner", 204)])
async def test_only_those_who_may_change_a_note_can_report_that_they_edit_it(house: House, role: Role, status: int):
    number = await house.board(**{house.admin: "owner", "ada": role})
    note = await house.note(house.admin, number)
    presence = house.core.presence
    for nickname in ("ada", "bob"):
        presence.follow(board(number), house.people[nickname])
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        path, body = f"/api/boards/{number}/notes/{note.id}/editing", {"author_id": house.people["ada"].id}

        assert (await ada.post(path, json=body)).status_code == status
        assert bool(presence.edited(number).notes) == (status == 204)
        refused(await ada.post(path, json={"author_id": house.people["bob"].id}), 403, "forbidden")
        refused(await bob.post(path, json={"author_id": house.people["bob"].id}), 404, "not_found")
        assert [one.nickname for edited in presence.edited(number).notes for one in edited.people] in ([], ["ada"])
