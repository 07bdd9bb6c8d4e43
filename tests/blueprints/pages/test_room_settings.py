"""The pages of rooms that are closed, archived and deleted, without JavaScript (R5)."""

import re
from typing import Any

import httpx

from quart_notes.schemas import RoomCreate
from tests.support.accounts_app import House


async def _sent(client: httpx.AsyncClient, path: str, **fields: Any) -> httpx.Response:
    """The answer to a form, whose page asks nothing."""
    return await client.post(f"/front/rooms{path}", data=fields)


async def _aside(client: httpx.AsyncClient) -> str:
    page = (await client.get("/front/rooms")).text
    return page[page.index('id="rooms-aside"') : page.index("</nav>", page.index('id="rooms-aside"'))]


async def test_a_closed_room_is_created_by_form_and_shown_with_a_lock_to_its_members(house: House):
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        form = (await ada.get("/front/rooms")).text
        assert "Closed: only people you invite" in form
        refused = await _sent(ada, "", name=" ", closed="yes", client_key="a-form-key")
        assert refused.status_code == 422
        assert re.search(r'<option value="yes" selected>', refused.text), "what was chosen stays"

        made = await _sent(ada, "", name="Committee", closed="yes", client_key="a-form-key")

        assert made.status_code == 303
        room = int(made.headers["location"].rpartition("/")[2])
        assert f'data-room="{room}" data-kind="room" data-closed' in await _aside(ada)
        assert "Committee" not in await _aside(bob)
        page = (await ada.get(f"/front/rooms/{room}")).text
        assert f'href="/front/rooms/{room}/settings"' in page
        settings = (await ada.get(f"/front/rooms/{room}/settings")).text
        assert "only its members see it" in settings
        assert (await bob.get(f"/front/rooms/{room}/settings")).status_code == 404


async def test_members_are_added_changed_and_removed_by_form(house: House):
    room = await house.room(ada="owner")
    bob_id, eve_id, ada_id = (house.people[name].id for name in ("bob", "eve", "ada"))
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        added = await _sent(ada, f"/{room}/members", user_id=bob_id, role="member")
        assert (added.status_code, added.headers["location"]) == (303, f"/front/rooms/{room}/settings")
        nobody = await _sent(ada, f"/{room}/members", user_id="", role="member")
        assert nobody.status_code == 422
        assert "Choose a person." in nobody.text

        theirs = (await bob.get(f"/front/rooms/{room}/settings")).text
        assert '<input type="hidden" name="role" value="member">' in theirs
        assert (await _sent(bob, f"/{room}/members", user_id=eve_id, role="member")).status_code == 303
        assert (await _sent(bob, f"/{room}/members/{eve_id}/remove")).status_code == 403
        assert (await _sent(ada, f"/{room}/members/{eve_id}/remove", ask="yes")).text.count("Remove eve from") == 2
        assert (await _sent(ada, f"/{room}/members/{eve_id}/remove")).status_code == 303
        assert (await _sent(ada, f"/{room}/members/{eve_id}/remove")).status_code == 303, "they are gone already"

        stuck = await _sent(ada, f"/{room}/members/{ada_id}/remove")
        assert stuck.status_code == 409
        assert "A closed room needs an owner." in stuck.text
        left = await _sent(bob, f"/{room}/members/{bob_id}/remove")
        assert (left.status_code, left.headers["location"]) == (303, "/front/rooms")
        assert (await bob.get(f"/front/rooms/{room}")).status_code == 404


async def test_a_room_is_renamed_archived_deleted_and_restored_by_form(house: House):
    room = (await house.core.rooms.add(house.caller("ada"), RoomCreate(name="Kitchen"))).result.id
    await house.core.rooms.add(house.caller("ada"), RoomCreate(name="Pantry"))
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        taken = await _sent(ada, f"/{room}/settings", name="pantry")
        assert taken.status_code == 409
        assert "There is a room named pantry already." in taken.text
        assert (await _sent(ada, f"/{room}/settings", name="Larder")).status_code == 303
        assert "Larder" in await _aside(bob)
        assert 'id="room-form"' in (await bob.get(f"/front/rooms/{room}/settings")).text, "hidden by the role"

        assert (await _sent(bob, f"/{room}/archive")).status_code == 403
        assert (await _sent(ada, f"/{room}/archive")).status_code == 303
        assert "Larder" not in await _aside(bob)
        assert "Archived rooms" in (listed := (await bob.get("/front/rooms")).text)
        assert "Larder" in listed
        page = (await bob.get(f"/front/rooms/{room}")).text
        assert 'id="message-form"' not in page
        assert "This room is archived." in page
        assert "/unarchive" not in page, "bob may not"
        late = await _sent(bob, f"/{room}/messages", content="too late", client_key="a-form-key")
        assert late.status_code == 409
        assert (await _sent(ada, f"/{room}/unarchive")).status_code == 303
        assert "Larder" in await _aside(bob)

        asked = await _sent(ada, f"/{room}/delete", ask="yes")
        assert "You can restore it for 30 days." in asked.text
        gone = await _sent(ada, f"/{room}/delete")
        assert gone.headers["location"] == f"/front/rooms?deleted={room}"
        offered = (await ada.get(gone.headers["location"])).text
        assert offered.count(f'action="/front/rooms/{room}/restore"') == 2, "to undo it, and in the list of the deleted"
        assert f"/{room}/restore" not in (await bob.get("/front/rooms")).text
        restorable = [[one["name"] for one in (await who.get("/api/rooms/trash")).json()] for who in (ada, bob)]
        assert restorable == [["Larder"], []]
        assert (await _sent(bob, f"/{room}/restore")).status_code == 404
        assert (await _sent(ada, f"/{room}/restore")).status_code == 303
        assert "Larder" in await _aside(bob)


async def test_a_room_is_closed_and_opened_after_a_question(house: House):
    room = (await house.core.rooms.add(house.caller("ada"), RoomCreate(name="Kitchen"))).result.id
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        assert "Only its members will see it" in (await _sent(ada, f"/{room}/close", ask="yes")).text
        assert (await bob.get(f"/front/rooms/{room}")).status_code == 200
        assert (await _sent(ada, f"/{room}/close")).status_code == 303
        assert (await bob.get(f"/front/rooms/{room}")).status_code == 404
        await house.core.rooms.add(house.caller("bob"), RoomCreate(name="Kitchen"))

        assert "Everybody on this server will see it" in (await _sent(ada, f"/{room}/open", ask="yes")).text
        taken = await _sent(ada, f"/{room}/open")
        assert taken.status_code == 409
        assert "There is a room named Kitchen already." in taken.text
        assert (await _sent(ada, f"/{room}/settings", name="Ours")).status_code == 303
        assert (await _sent(ada, f"/{room}/open")).status_code == 303
        assert "Ours" in await _aside(bob)


async def test_the_lobby_has_no_settings(house: House):
    async with await house.browser("root") as root:
        assert "/front/rooms/1/settings" not in (await root.get("/front/rooms/1")).text
        assert (await root.get("/front/rooms/1/settings")).status_code == 404
        assert (await _sent(root, "/1/archive")).status_code == 409
