"""Who deletes and restores the messages of others: the owners of a room, and administrators (R5, A8)."""

import pytest

from quart_notes.schemas import MessageCreate, RoomCreate
from tests.support.accounts_app import House
from tests.support.api_fixtures import refused


def _path(house: House, message: int, nickname: str, what: str = "") -> str:
    return f"/api/messages/{message}{what}?author_id={house.people[nickname].id}"


async def _room(house: House, kind: str) -> int:
    """A room that ada keeps up, in which bob and eve are."""
    if kind == "closed":
        return await house.room(ada="owner", bob="member", eve="member")
    return (await house.core.rooms.add(house.caller("ada"), RoomCreate(name="Kitchen"))).result.id


@pytest.mark.parametrize("kind", ["open", "closed"])
async def test_an_owner_of_a_room_deletes_and_restores_what_others_said_there(house: House, kind: str):
    room = await _room(house, kind)
    said = (await house.say("bob", room, "spam")).id
    own = (await house.say("bob", room, "a mistake")).id
    start = await house.core.log.newest()
    async with (
        await house.browser("ada") as ada,
        await house.browser("bob") as bob,
        await house.browser("eve") as eve,
    ):
        refused(await eve.delete(_path(house, said, "eve")), 403, "not_yours")

        assert (await ada.delete(_path(house, said, "ada"))).status_code == 200

        (told,) = await house.events(start, f"room:{room}")
        assert (told["action"], told["message"]["id"], told["by"]) == ("delete", said, house.people["ada"].id)
        for other, nickname in ((bob, "bob"), (eve, "eve")):
            refused(await other.post(_path(house, said, nickname, "/restore")), 403, "not_yours")
        assert (await ada.post(_path(house, said, "ada", "/restore"))).json()["content"] == "spam"
        change = {"author_id": house.people["ada"].id, "content": "not spam"}
        refused(await ada.patch(f"/api/messages/{said}", json=change), 403, "not_yours")
        assert (await bob.delete(_path(house, own, "bob"))).status_code == 200
        assert (await bob.post(_path(house, own, "bob", "/restore"))).status_code == 200


async def test_an_owner_deletes_nothing_elsewhere(house: House):
    await _room(house, "open")
    in_lobby = (await house.say("bob", 1, "in the lobby")).id
    in_room = (await house.say("bob", await house.room(bob="owner", ada="member"), "in another room")).id
    ada, bob = house.people["ada"].id, house.people["bob"].id
    direct = MessageCreate(author_id=bob, recipient_id=ada, content="to you")
    to_ada = (await house.core.messages.send(house.caller("bob"), direct)).result.message.id
    async with await house.browser("ada") as client, await house.browser("root") as root:
        for message in (in_lobby, in_room, to_ada):
            refused(await client.delete(_path(house, message, "ada")), 403, "not_yours")
        for message in (in_lobby, to_ada):
            assert (await root.delete(_path(house, message, "root"))).status_code == 200


async def test_the_page_lets_an_owner_delete_and_undo_it_without_scripts(house: House):
    room = await _room(house, "closed")
    said = (await house.say("bob", room, "spam")).id
    page = f"/front/rooms/{room}"
    async with await house.browser("ada") as ada, await house.browser("eve") as eve:
        assert "data-moderates" not in (await eve.get(page)).text
        assert "data-moderates" in (await ada.get(page)).text

        deleted = await ada.post(f"{page}/messages/{said}/delete")

        assert deleted.headers["location"] == f"{page}?deleted={said}#end"
        assert 'class="notice"' in (await ada.get(f"{page}?deleted={said}")).text
        assert 'class="notice"' not in (await eve.get(f"{page}?deleted={said}")).text
        assert (await ada.post(f"{page}/messages/{said}/restore")).status_code == 303
        assert "spam" in (await eve.get(page)).text
