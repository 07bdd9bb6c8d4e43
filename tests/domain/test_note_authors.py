"""Who added a note, changed it and ticked it off: in the note, in its events and in exports."""

import json
from pathlib import Path

from quart_notes.domain.access import ANYBODY
from quart_notes.schemas import RoomMessageCreate
from tests.support.accounts_app import House
from tests.support.api_fixtures import add_note, cookie_of, got, person, refused, room, say, tell
from tests.support.clients.feed_clients import EDGES, follow
from tests.support.note_files import items, put
from tests.support.servers.server_process import ServerProcess

NOBODY = dict.fromkeys(("created_by", "updated_by", "done_by", "done_at"))


async def test_a_note_names_who_added_changed_and_ticked_it(house: House):
    board = await house.board(ada="owner", bob="ticker", eve="editor")
    ada, bob, eve = (house.people[nickname].id for nickname in ("ada", "bob", "eve"))
    note = await house.note("ada", board)
    path = f"/api/boards/{board}/notes/{note.id}"
    async with await house.browser("bob") as ticker, await house.browser("eve") as editor:
        ticked = (await ticker.patch(path, json={"done": True})).json()
        edited = (await editor.patch(path, json={"title": "another title"})).json()
        unticked = (await editor.patch(path, json={"done": False})).json()

    assert (note.created_by, note.updated_by, note.done_by, note.done_at) == (ada, ada, None, None)
    assert (ticked["created_by"], ticked["updated_by"], ticked["done_by"]) == (ada, bob, bob)
    assert ticked["done_at"] == ticked["updated_at"]
    assert (edited["updated_by"], edited["done_by"], edited["done_at"]) == (eve, bob, ticked["done_at"])
    assert (unticked["created_by"], unticked["updated_by"]) == (ada, eve)
    assert (unticked["done_by"], unticked["done_at"]) == (None, None)


async def test_a_token_counts_as_its_user_and_a_user_cannot_be_forged(house: House):
    ada = house.people["ada"].id
    async with house.client(token=await house.token("ada")) as program:
        note = (await program.post("/api/notes", json={"title": "by a program"})).json()
        for name in NOBODY:
            refused(await program.post("/api/notes", json={"title": "a", name: 1}), 422, "validation_failed")
            refused(await program.patch(f"/api/notes/{note['id']}", json={name: 1}), 422, "validation_failed")

    assert (note["created_by"], note["updated_by"]) == (ada, ada)


async def test_in_open_mode_it_is_the_user_whom_the_browser_chose(server: ServerProcess):
    reader = await follow(EDGES[0], server.port)
    async with server.client() as http:
        ada = await person(http)
        nobodys = await add_note(http, title="by nobody")
        async with server.client() as browser:
            browser.headers["Cookie"] = await cookie_of(http, ada)
            hers = await add_note(browser, title="hers")
            changed = (await browser.patch(f"/api/notes/{nobodys['id']}", json={"done": True})).json()
            deleted = (await browser.delete(f"/api/notes/{hers['id']}")).json()
            restored = (await browser.post(f"/api/notes/{hers['id']}/restore")).json()

    assert {name: nobodys[name] for name in NOBODY} == NOBODY
    assert (hers["created_by"], hers["updated_by"], hers["done_by"]) == (ada["id"], ada["id"], None)
    assert (changed["created_by"], changed["updated_by"], changed["done_by"]) == (None, ada["id"], ada["id"])
    assert deleted["updated_by"] == restored["updated_by"] == ada["id"]
    await reader.count(6)
    assert [(event["action"], event["by"]) for event in reader.events if "note" in event] == [
        ("create", None),
        ("create", ada["id"]),
        ("update", ada["id"]),
        ("delete", ada["id"]),
        ("create", ada["id"]),
    ]
    reader.connection.close()


async def test_every_event_names_who_made_the_change(house: House):
    ada, bob = house.people["ada"].id, house.people["bob"].id
    before = await house.core.log.newest()

    async with await house.browser("ada") as browser:
        there = await room(browser)
        await say(browser, there, {"id": ada})
        await tell(browser, {"id": ada}, {"id": bob})
        await browser.put(f"/api/rooms/{there['id']}/read", json={"reader_id": ada, "message_id": 1})
        await browser.put("/api/me/preferences/theme", json="dark")
        await browser.delete("/api/me/preferences/theme")
        await browser.patch("/api/me", json={"name": "Ada King"})
        board = (await browser.post("/api/boards", json={"name": "Allotment"})).json()["id"]
        await browser.put(f"/api/boards/{board}/members/{bob}", json={"role": "viewer"})

    events = await house.events(before, "users", "rooms", "room:*", "board:*", f"user:{ada}", f"user:{bob}")
    assert {name for event in events for name in event} >= {
        "room", "message", "preference", "user", "board", "member", "membership"
    }  # fmt: skip
    assert [event for event in events if event["by"] != ada] == []


async def test_who_acts_in_a_users_name_is_recorded_as_that_user(house: House):
    ada, bob = house.people["ada"].id, house.people["bob"].id
    before = await house.core.log.newest()

    room = (await house.core.rooms.direct_conversation(ANYBODY, ada, bob)).result
    await house.core.messages.post(ANYBODY, room.id, RoomMessageCreate(author_id=bob, content="hello"))

    events = await house.events(before, f"user:{ada}")
    assert [(event.keys() & {"room", "message"}, event["by"]) for event in events] == [
        ({"room"}, ada),
        (set(), bob),  # her notification
        ({"message"}, bob),
    ]


async def test_an_administrator_is_named_in_what_they_do_to_others(house: House):
    before = await house.core.log.newest()

    async with await house.browser("root") as browser:
        assert (await browser.post(f"/api/users/{house.people['eve'].id}/deactivate")).status_code == 200

    (event,) = await house.events(before, "users")
    assert (event["user"]["nickname"], event["by"]) == ("eve", house.people["root"].id)


async def test_an_export_names_users_and_an_import_belongs_to_who_imports(house: House, tmp_path: Path):
    ada, bob = house.people["ada"].id, house.people["bob"].id
    board, other = await house.board(ada="owner", bob="ticker"), await house.board("Elsewhere", bob="owner")
    note = await house.note("ada", board)
    async with await house.browser("bob") as browser:
        await browser.patch(f"/api/boards/{board}/notes/{note.id}", json={"done": True})
        for kind, suffix in (("csv", "csv"), ("markdown", "zip"), ("json", "json")):
            export = (await browser.get(f"/api/boards/{board}/export", params={"format": kind})).content
            (item,) = items(put(tmp_path, f"export.{suffix}", export))
            assert (item.problem, item.lost) == (None, []), kind
        (exported,) = json.loads(export)["notes"]
        assert (exported["created_by"], exported["updated_by"], exported["done_by"]) == ("ada", "bob", "bob")

        assert item.entry is not None
        await house.core.imports.import_offline(house.caller("bob"), other, [(item.entry, "a/1")], dry_run=False)
        (imported,) = await got(browser, f"/api/boards/{other}/notes")

    assert imported["created_by"] == imported["updated_by"] == imported["done_by"] == bob != ada
    assert imported["done_at"] == exported["done_at"]
