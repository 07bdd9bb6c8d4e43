"""Who is a guest, how they come, and how they become a member of the server (A10)."""

import asyncio

import pytest

from quart_notes.errors import ForbiddenError, ValidationFailedError
from quart_notes.schemas import InvitationCreate, MemberUpdate, MessageCreate, NoteCreate, ProfileUpdate, RoomUpdate
from tests.support.accounts_app import House
from tests.support.api_fixtures import refused
from tests.support.clients.raw_connection import until
from tests.support.watched_streams import Websocket


@pytest.fixture
async def board(house: House) -> int:
    """A board of ada's, with gus, who came by its link, and with gia, who came by another one's."""
    other = await house.board("Other", root="owner")
    await house.welcome("gia", board_id=other, role="viewer")
    board = await house.board(ada="owner", root="owner")
    await house.welcome("gus", board_id=board, role="editor")
    return board


async def _nicknames(house: House, nickname: str) -> set[str]:
    async with await house.browser(nickname) as client:
        listed = {user["nickname"] for user in (await client.get("/api/users")).json()}
        for user in house.people.values():
            found = (await client.get(f"/api/users/{user.id}")).status_code == 200
            assert found == (user.nickname in listed), user.nickname
    return listed


@pytest.mark.parametrize(
    ("link", "guest"),
    [({"role": "viewer"}, True), ({"role": "viewer", "joins_as": "member"}, False), ({}, False)],
    ids=["of a board", "of a board, for a member", "of the server"],
)
async def test_an_invitation_says_whether_it_brings_a_guest(house: House, link: dict[str, str], guest: bool):
    of_board = {"board_id": await house.board(ada="owner")} if link else {}
    async with await house.browser("ada") as ada:
        made = (await ada.post("/api/invitations", json={**link, **of_board})).json()
    assert made["joins_as"] == ("guest" if guest else "member")
    arrival = {"name": "New", "email": "", "nickname": "new", "password": "a horse that is new"}
    async with house.client() as new:
        shown = (await new.get("/front/join/" + made["link"].rpartition("/")[2])).text
        assert ("as a guest" in shown) == guest

        await new.post("/front/join/" + made["link"].rpartition("/")[2], data=arrival)

        me = (await new.get("/api/me")).json()
        assert me["user"].get("guest", False) == guest
        assert me["board_id"] == (of_board["board_id"] if guest else 1)
        assert (await new.get("/front/notes")).status_code == 200
        assert (await new.get("/api/notes")).status_code == (404 if guest else 200)


async def test_a_link_that_contradicts_itself_is_refused(house: House):
    async with await house.browser("root") as root:
        for body in ({"joins_as": "guest"}, {"joins_as": "member", "user_id": house.people["bob"].id}):
            refused(await root.post("/api/invitations", json=body), 422, "validation_failed")
        claim = await root.post("/api/invitations", json={"user_id": house.people["bob"].id})
        assert claim.json()["joins_as"] is None


async def test_a_guest_brings_guests_only_and_to_boards_of_theirs(house: House, board: int):
    gus = house.caller("gus")
    for wanted in ({}, {"board_id": board, "role": "viewer", "joins_as": "member"}):
        with pytest.raises(ForbiddenError):
            await house.core.invitations.add(gus, InvitationCreate.model_validate(wanted))
    of_board = InvitationCreate(board_id=board, role="viewer")
    with pytest.raises(ForbiddenError):  # an editor
        await house.core.invitations.add(gus, of_board)
    async with await house.browser("ada") as ada:
        await ada.put(f"/api/boards/{board}/members/{gus.id}", json={"role": "owner"})

    made = (await house.core.invitations.add(gus, of_board)).result

    assert made.invitation.joins_as == "guest"


async def test_a_guest_sees_those_who_share_a_board_a_closed_room_or_a_conversation(house: House, board: int):
    assert await _nicknames(house, "gus") == {"ada", "root", "gus"}
    assert await _nicknames(house, "gia") == {"root", "gia"}
    assert await _nicknames(house, "bob") == {*house.people}

    room = await house.room(bob="owner", gus="member")
    eve, gus = house.people["eve"].id, house.people["gus"].id
    said = MessageCreate(author_id=eve, recipient_id=gus, content="Welcome")
    await house.core.messages.send(house.caller("eve"), said)

    assert await _nicknames(house, "gus") == {"ada", "root", "gus", "bob", "eve"}
    await house.core.room_members.remove(house.caller("bob"), room, gus)
    await house.core.members.remove(house.caller("ada"), board, gus)
    assert await _nicknames(house, "gus") == {"gus", "eve"}


async def test_a_guest_can_name_only_those_whom_they_see(house: House, board: int):
    gus, bob = house.caller("gus"), house.people["bob"].id
    await house.core.members.set(house.caller("ada"), board, gus.id or 0, MemberUpdate(role="owner"))
    room = await house.room(ada="owner", gus="member")
    async with await house.browser("gus") as client:
        for user_id in (bob, 9999):
            answers = [
                await client.post("/api/messages", json={"author_id": gus.id, "recipient_id": user_id, "content": "x"}),
                await client.put(f"/api/boards/{board}/members/{user_id}", json={"role": "viewer"}),
                await client.put(f"/api/rooms/{room}/members/{user_id}", json={"role": "member"}),
            ]
            for answer in answers:
                refused(answer, 422, "validation_failed")
            for path in (f"/api/users/{user_id}/messages", f"/front/messages/{user_id}"):
                refused(await client.get(path), 404, "not_found")
            refused(await client.post(f"/front/users/{user_id}/talk"), 404, "not_found")
        names = (await client.get(f"/front/boards/{board}")).text + (await client.get("/front/users")).text
    assert "root" in names
    assert "bob" not in names
    with pytest.raises(ValidationFailedError):
        await house.core.rooms.direct_conversation(gus, gus.id or 0, bob)


async def test_a_guest_opens_no_room_for_people_whom_they_do_not_see(house: House, board: int):
    room = await house.room(ada="owner", gus="owner")

    with pytest.raises(ForbiddenError):
        await house.core.room_upkeep.change(house.caller("gus"), room, RoomUpdate(closed=False))

    cookie = await house.cookie("gus")
    stream = Websocket(house, await house.grant(cookie), {f"room:{room}"})
    async with house.client(cookie) as gus:
        assert (await gus.get(f"/api/rooms/{room}")).status_code == 200
        await until(lambda: bool(house.core.stream_revocation._streams), "it is open")
        await house.core.room_upkeep.change(house.caller("ada"), room, RoomUpdate(closed=False))
        refused(await gus.get(f"/api/rooms/{room}"), 404, "not_found")
    await house.say("ada", room, "for everybody")
    await asyncio.wait_for(stream.task, 20)
    assert "for everybody" not in stream.text


async def test_a_new_name_reaches_the_guests_who_see_the_person_and_no_other(house: House, board: int):
    before = await house.core.log.newest()

    await house.core.profiles.change(house.people["ada"].id, ProfileUpdate(nickname="countess"))

    gus, gia, bob = (f"user:{house.people[nickname].id}" for nickname in ("gus", "gia", "bob"))
    for topics, told in {("users",): 1, (gus,): 1, (gia,): 0, (bob,): 0}.items():
        assert len([one for one in await house.events(before, *topics) if "user" in one]) == told, topics
    async with await house.browser("gia") as client:
        for topic in ("users", gus):
            assert (await client.head(f"/events?topics={topic}")).status_code == 403


async def test_an_administrator_makes_a_guest_a_member_and_a_member_a_guest_at_once(house: House, board: int):
    cookie, gus = await house.cookie("gus"), house.people["gus"].id
    at = f"/api/users/{gus}/member"
    async with await house.browser("root") as root, house.client(cookie) as client, await house.browser("ada") as ada:
        refused(await client.get("/api/notes"), 404, "not_found")
        for refused_caller in (client, ada):
            refused(await refused_caller.put(at), 403, "forbidden")
        assert 'data-role="editor" data-guest' in (await ada.get(f"/front/boards/{board}")).text
        ended, _ = house.watch(await house.grant(cookie))
        start = await house.core.log.newest()

        answer = await root.put(at)

        assert answer.status_code == 200
        assert "guest" not in answer.json()
        await asyncio.wait_for(ended.wait(), 20)  # its client comes back, for what it may see now
        told = [event["user"] for event in await house.events(start, f"user:{gus}") if "user" in event]
        assert [user.get("guest", False) for user in told] == [False], "their open pages hear of it"
        assert (await client.get("/api/notes")).status_code == 200
        link = (await client.post("/api/invitations", json={})).json()["link"]
        ended, _ = house.watch(await house.grant(cookie))

        answer = await root.delete(at)

        assert answer.json()["guest"] is True
        await asyncio.wait_for(ended.wait(), 20)
        refused(await client.get("/api/notes"), 404, "not_found")
        assert (await client.get(f"/api/boards/{board}/notes")).status_code == 200
        refused(await client.get(_path(link)), 410, "invitation_gone")


@pytest.mark.parametrize("of_board", [True, False], ids=["of a board", "of the server"])
async def test_a_guest_becomes_a_member_by_a_link_for_members_once(house: House, board: int, of_board: bool):
    garden = await house.board("Garden", root="owner")
    secret = await house.link(**({"board_id": garden, "role": "viewer", "joins_as": "member"} if of_board else {}))
    guests = await house.link(board_id=garden, role="viewer")
    gus, gia = house.people["gus"].id, house.people["gia"].id
    async with await house.browser("gus") as client, await house.browser("gia") as other:
        assert (await client.post(f"/front/join/{guests}/accept")).status_code == 303
        refused(await client.get("/api/notes"), 404, "not_found")
        assert "become a member of this server" in (await client.get(f"/front/join/{secret}")).text

        assert (await client.post(f"/front/join/{secret}/accept")).status_code == 303

        assert (await client.get("/api/notes")).status_code == 200
        assert (await client.get(f"/api/boards/{garden}")).status_code == 200
        refused(await other.post(f"/front/join/{secret}/accept"), 410, "invitation_gone")
        listed = {user["id"]: user.get("guest") for user in (await client.get("/api/users")).json()}
        assert (listed[gus], listed[gia]) == (None, True)


async def test_a_guest_is_notified_of_what_they_see_alone(house: House, board: int):
    root, gus = house.caller("root"), house.people["gus"].id
    start = await house.core.log.newest()

    async def unread() -> list[int]:
        """The counts that were sent so far."""
        told = await house.events(start, f"user:{gus}")
        return [event["inbox"]["unread"] for event in told if "inbox" in event]

    await house.say("ada", 1, "@gus")
    assert await unread() == []
    note = NoteCreate(title="a note", description="@gus and @gia")
    await house.core.notes.add(house.caller("ada"), board, note)
    assert await unread() == [1]
    assert not [event for event in await house.events(start, f"user:{house.people['gia'].id}") if "inbox" in event]

    await house.core.profiles.set_guest(root, gus, guest=False)
    await house.say("ada", 1, "@gus")
    await house.core.profiles.set_guest(root, gus, guest=True)

    assert await unread() == [1, 1, 2, 1]


async def test_an_administrator_is_no_guest(house: House, board: int):
    gus, bob = house.people["gus"].id, house.people["bob"].id
    async with await house.browser("root") as root:
        answer = await root.put(f"/api/users/{gus}/admin")
        assert (answer.status_code, answer.json().get("guest")) == (200, None)
        refused(await root.delete(f"/api/users/{gus}/member"), 409, "not_now")
        refused(await root.put("/api/users/9999/member"), 404, "not_found")
        assert (await root.delete(f"/api/users/{bob}/member")).json()["guest"] is True


def _path(link: str) -> str:
    """The path of a link."""
    return "/" + link.partition("://")[2].partition("/")[2]
