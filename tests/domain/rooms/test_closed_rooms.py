"""A closed room is nobody's business but its members': not by ids, names, lists, counts, search, topics (R5)."""

import json

import pytest

from quart_notes.schemas import RoomMemberUpdate
from tests.support.accounts_app import House
from tests.support.routes import Json

WORD = "aubergine"  # what is said in the closed room, and nowhere else
MEMBER = RoomMemberUpdate(role="member")


async def _walk(house: House, who: str, room: int, message: int) -> tuple[str, dict[str, Json]]:
    """All that a user can ask about a closed room: the texts of lists, and the responses about its ids."""
    me = house.people[who].id
    path = f"/api/rooms/{room}"
    async with await house.browser(who) as client:
        lists = [
            await client.get(address)
            for address in (
                "/api/rooms?limit=200",
                f"/api/rooms?person_id={me}",
                "/api/messages",
                f"/api/users/{house.people['ada'].id}/messages",
                f"/api/users/{me}/unread",
                f"/api/search?q={WORD}",
                "/front/rooms",
                "/front/notes",
                "/api/me/preferences",
            )
        ]
        assert {answer.status_code for answer in lists} == {200}
        owner = house.people["ada"].id
        about = {
            "get": await client.get(path),
            "messages": await client.get(f"{path}/messages"),
            "presence": await client.get(f"{path}/presence"),
            "members": await client.get(f"{path}/members"),
            "typing": await client.post(f"{path}/typing", json={"author_id": me}),
            "read": await client.post(f"{path}/read", json={"reader_id": me, "message_id": message}),
            "post": await client.post(f"{path}/messages", json={"author_id": me, "content": "let me in"}),
            "rename": await client.patch(path, json={"name": "mine"}),
            "open": await client.patch(path, json={"closed": False}),
            "delete": await client.delete(path),
            "restore": await client.post(f"{path}/restore"),
            "invite": await client.put(f"{path}/members/{me}", json={"role": "owner"}),
            "remove": await client.delete(f"{path}/members/{owner}"),
            "message": await client.get(f"/api/messages/{message}"),
            "edit": await client.patch(f"/api/messages/{message}", json={"author_id": me, "content": "x"}),
            "delete message": await client.delete(f"/api/messages/{message}?author_id={me}"),
            "restore message": await client.post(f"/api/messages/{message}/restore?author_id={me}"),
            "note": await client.post(f"/api/messages/{message}/note", json={"board_id": 1}),
            "stop": await client.post(f"/api/messages/{message}/stop"),
            "page": await client.get(f"/front/rooms/{room}"),
            "fragment": await client.get(f"/front/rooms/{room}/messages/{message}"),
            "through the lobby": await client.get(f"/front/rooms/1/messages/{message}"),
            "search by room": await client.get(f"/api/search?q={WORD}&in=messages"),
            "topic": await client.head(f"/events?topics=room:{room}"),
            "leave": await client.delete(f"{path}/members/{me}"),
            "message afterwards": await client.get(f"/api/messages/{message}"),
        }
    return "\n".join(answer.text for answer in lists), {
        name: {"status": answer.status_code, "text": answer.text} for name, answer in about.items()
    }


@pytest.mark.parametrize("who", ["bob", "eve", "root"])
async def test_others_see_nothing_of_a_closed_room(house: House, who: str):
    """Bob was a member and was removed, eve never was one, root administers the server."""
    await house.core.assistant.stop()  # it would go on with its answer
    room = await house.room("Surprise party", ada="owner", bob="member")
    message = await house.say("bob", room, WORD)
    await house.say("ada", room, f"@assistant {WORD}?")
    await house.core.room_members.remove(house.caller("ada"), room, house.people["bob"].id)
    before = await house.core.log.newest()

    lists, about = await _walk(house, who, room, message.id)

    assert WORD not in lists.replace(f"q={WORD}", "")
    assert "Surprise" not in lists
    assert f'"room_id":{room}' not in lists.replace(" ", "")
    assert f"/front/rooms/{room}" not in lists
    for name, answer in about.items():
        if name == "search by room":
            assert json.loads(answer["text"])["hits"] == []
        else:
            assert answer["status"] == (403 if name == "topic" else 404), (name, answer)
            assert WORD not in answer["text"], name
            assert "Surprise" not in answer["text"], name
    assert await house.core.log.newest() == before


async def test_members_see_a_closed_room(house: House):
    """The same walk, so that the test above can fail."""
    room = await house.room("Surprise party", ada="owner", bob="member", eve="member")
    message = await house.say("eve", room, WORD)

    lists, about = await _walk(house, "bob", room, message.id)

    assert lists.count("Surprise party") >= 3
    assert WORD in lists
    statuses = {name: answer["status"] for name, answer in about.items()}
    assert statuses == {
        **dict.fromkeys(("get", "messages", "presence", "members", "read", "message", "topic"), 200),
        **dict.fromkeys(("page", "fragment", "search by room"), 200),
        **{"typing": 204, "post": 201, "note": 201},
        **dict.fromkeys(("rename", "open", "delete", "invite", "remove", "edit", "delete message"), 403),
        **dict.fromkeys(("restore", "restore message", "stop", "through the lobby"), 404),
        **{"leave": 200, "message afterwards": 404},
    }


async def test_an_administrator_cannot_delete_a_message_of_a_closed_room_by_its_id(house: House):
    """They can delete any other message, also a direct one; here they would learn that there is a room."""
    room = await house.room(ada="owner")
    message = await house.say("ada", room, WORD)
    async with await house.browser("root") as root:
        path = f"/api/messages/{message.id}?author_id={house.people['root'].id}"
        assert (await root.delete(path)).status_code == 404

        await house.core.room_members.set(house.caller("ada"), room, house.people["root"].id, MEMBER)

        assert (await root.delete(path)).status_code == 200
