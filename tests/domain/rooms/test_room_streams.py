"""Streams of closed rooms: members follow them, others get nothing, and who leaves gets no more (R5, A6)."""

from collections.abc import Awaitable, Callable

import pytest

from quart_notes.schemas import RoomCreate, RoomMemberUpdate, RoomUpdate
from tests.support.accounts_app import House
from tests.support.room_listeners import Listeners
from tests.support.watched_streams import EventStream, Websocket

on_both = pytest.mark.parametrize("listeners", [Websocket, EventStream], ids=lambda kind: kind.__name__, indirect=True)


@on_both
async def test_only_members_get_the_events_of_a_closed_room(house: House, listeners: Listeners):
    start = str(await house.core.log.newest())
    room = await house.room("Committee", ada="owner", bob="member")
    names = [
        f"bob room:{room}",
        "bob closed:*",
        "bob",
        "ada closed:*",
        "bob room:*",
        "eve",
        "eve closed:*",
        "root room:*,rooms",
    ]
    await listeners.add(*names)

    await house.say("ada", room, "psst")
    await house.core.room_upkeep.change(house.caller("ada"), room, RoomUpdate(name="Renamed"))

    of_members = names[:4]
    assert await listeners.said() == {name: ["psst"] if name in of_members else [] for name in names}
    for name in names:
        assert ("room" in listeners.about(name, room)) == (name in of_members), name
        assert bool(listeners.about(name, room)) == (name in of_members), name
    await listeners.add("eve room:*,rooms,users", "root", after=start)
    await listeners.said()
    for name in ("eve room:*,rooms,users", "root"):
        assert listeners.about(name, room) == [], "a replay has nothing either"


Leaving = Callable[[House, int], Awaitable[object]]


async def _removed(house: House, room: int) -> object:
    return await house.core.room_members.remove(house.caller("ada"), room, house.people["bob"].id)


async def _left(house: House, room: int) -> object:
    return await house.core.room_members.remove(house.caller("bob"), room, house.people["bob"].id)


async def _deleted(house: House, room: int) -> object:
    return await house.core.room_upkeep.delete(house.caller("ada"), room)


@on_both
@pytest.mark.parametrize("leave", [_removed, _left, _deleted])
async def test_the_streams_of_who_leaves_a_closed_room_end_and_a_replay_has_nothing(
    house: House, listeners: Listeners, leave: Leaving
):
    start = str(await house.core.log.newest())
    room = await house.room("Committee", ada="owner", bob="member")
    of_room = [f"bob room:{room}", "bob closed:*", "bob"]
    await listeners.add(*of_room, "bob room:*", "eve")
    await house.say("ada", room, "before")
    assert (await listeners.said())["bob"] == ["before"]
    last = str(await house.core.log.newest())

    await leave(house, room)
    if leave is not _deleted:
        await house.say("ada", room, "after")

    await listeners.ended(*of_room)
    said = await listeners.said()
    assert [said[name] for name in of_room] == [["before"]] * 3
    gone = [event["action"] for event in listeners.streams["bob"].events if "room_membership" in event]
    assert gone == ["delete"], "known before it ends"
    for after in (start, last):
        again = Listeners(house, type(listeners.streams["bob"]), listeners._stack)
        await again.add("bob closed:*", "bob", "bob room:*,rooms", after=after)
        assert await again.said() == {"bob closed:*": [], "bob": [], "bob room:*,rooms": []}
        assert [again.about(name, room) for name in again.streams] == [[], [], []]


@on_both
async def test_a_stream_of_closed_rooms_ends_for_a_new_member_and_resumes_with_the_room(
    house: House, listeners: Listeners
):
    room = await house.room("Committee", ada="owner")
    await house.say("ada", room, "before")
    await listeners.add("bob closed:*", "bob room:*", "eve closed:*")
    start = str(await house.core.log.newest())

    await house.core.room_members.set(
        house.caller("ada"), room, house.people["bob"].id, RoomMemberUpdate(role="member")
    )
    await house.say("ada", room, "welcome")

    await listeners.ended("bob closed:*")
    await listeners.add("bob closed:*", after=start)
    assert (await listeners.said())["bob closed:*"] == ["welcome"]
    again = Listeners(house, type(listeners.streams["bob room:*"]), listeners._stack)
    await again.add("bob closed:*", "bob", after=f"{house.core.log.epoch}-0")
    said = await again.said()
    assert said["bob closed:*"] == ["welcome"], "nothing from before"
    assert said["bob"] == ["welcome"]


@on_both
async def test_closing_a_room_ends_the_streams_of_the_others(house: House, listeners: Listeners):
    room = (await house.core.rooms.add(house.caller("ada"), RoomCreate(name="Kitchen"))).result.id
    start = str(await house.core.log.newest())
    await listeners.add(f"ada room:{room}", f"bob room:{room}", "bob room:*", "eve", "ada closed:*")
    await house.say("bob", room, "before")
    await listeners.said()

    await house.core.room_upkeep.change(house.caller("ada"), room, RoomUpdate(closed=True))
    await house.say("ada", room, "closed")

    await listeners.ended(f"bob room:{room}", "ada closed:*")
    expected = {f"ada room:{room}": ["before", "closed"], f"bob room:{room}": ["before"], "bob room:*": ["before"]}
    said = await listeners.said()
    assert said == {**expected, "eve": ["before"], "ada closed:*": []}
    await listeners.add("eve room:*", after=start)
    assert (await listeners.said())["eve room:*"] == []

    await house.core.room_upkeep.change(house.caller("ada"), room, RoomUpdate(closed=False))
    await house.say("ada", room, "opened")

    said = await listeners.said()
    assert (said["bob room:*"], said["eve room:*"]) == (["before", "opened"], ["opened"])


@on_both
async def test_deleting_a_room_ends_its_streams_and_restoring_it_goes_on(house: House, listeners: Listeners):
    room = (await house.core.rooms.add(house.caller("ada"), RoomCreate(name="Kitchen"))).result.id
    start = str(await house.core.log.newest())
    await listeners.add(f"bob room:{room}", "bob room:*")
    await house.say("bob", room, "before")
    await listeners.said()

    await house.core.room_upkeep.delete(house.caller("ada"), room)

    await listeners.ended(f"bob room:{room}")
    await listeners.add("eve room:*", after=start)
    assert (await listeners.said())["eve room:*"] == []
    await house.core.room_upkeep.restore(house.caller("ada"), room)
    await house.say("bob", room, "again")
    assert (await listeners.said())["eve room:*"] == ["again"]


async def test_a_restarted_process_knows_which_rooms_are_closed(house: House):
    room = await house.room("Committee", ada="owner")
    gone = (await house.core.rooms.add(house.caller("ada"), RoomCreate(name="Gone"))).result.id
    await house.core.room_upkeep.delete(house.caller("ada"), gone)
    house.core.broadcaster.separate_topics.clear()

    await house.core.access_cache.open()

    assert {f"room:{room}", f"room:{gone}"} <= house.core.broadcaster.separate_topics
    assert "room:1" not in house.core.broadcaster.separate_topics
