"""What many users may see, texts and their notifications: the rule of access for a set of users is that for each."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from quart_notes.core import Core
from quart_notes.domain.access import Caller
from quart_notes.domain.notifications.audience import audience_of_board, audience_of_room
from quart_notes.domain.notifications.recording import record_inboxes
from quart_notes.live import events
from quart_notes.live.writer import Change
from quart_notes.models import Notification, RoomMembership, User
from quart_notes.schemas import MessageCreate, RoomCreate, RoomMessageCreate, UserCreate
from tests.support.accounts_app import House
from tests.support.inboxes import inbox
from tests.support.recorded_statements import recorded_statements
from tests.support.servers.in_process import rows

SETS: dict[str, Callable[..., Any]] = {"room": audience_of_room, "board": audience_of_board}


async def _places(house: House) -> list[tuple[str, int]]:
    """Rooms and boards of every kind, with members and guests."""
    core, ada = house.core, house.caller("ada")
    board = await house.board(root="owner", bob="viewer")
    await house.welcome("gus", "gia", board_id=board, role="viewer")
    closed = await house.room(ada="owner", bob="member", gus="member")
    opened = (await core.rooms.add(ada, RoomCreate(name="Kitchen"))).result.id
    deleted = await house.room(ada="owner", bob="member")
    await core.room_upkeep.delete(ada, deleted)
    gone = await house.board(ada="owner", eve="editor")
    await core.boards.delete(ada, gone)
    said = MessageCreate(author_id=house.people["ada"].id, recipient_id=house.people["gus"].id, content="hello")
    direct = (await core.messages.send(ada, said)).result.message.room_id
    own = await core.boards.personal(ada.id)
    note = await house.note("root", board)
    thread = (await core.threads.open(house.caller("root"), board, note.id)).result.room.id
    rooms = [1, closed, opened, deleted, direct, thread, 999]
    return [*(("room", one) for one in rooms), *(("board", one) for one in (1, board, gone, *own, 999))]


async def test_the_rule_for_many_users_is_that_for_each(house: House):
    core = house.core
    places = await _places(house)
    sizes = set()
    async with core.database.snapshot() as connection:
        users = await User.all().using_db(connection)
        for kind, place in places:
            seeing = await SETS[kind](connection, place)(users)

            alone = [await SETS[kind](connection, place)([user]) for user in users]
            assert seeing == set().union(*alone), (kind, place)
            sizes.add(len(seeing))
    assert sizes >= {0, 1, 2, 3, 4}, "the places differ"


@pytest.mark.parametrize("kind", SETS)
async def test_the_number_of_queries_does_not_grow_with_the_users(house: House, kind: str):
    place = await (house.room(ada="owner") if kind == "room" else house.board(ada="owner"))
    async with house.core.database.snapshot() as connection:
        (ada,) = await User.filter(nickname="ada").using_db(connection)
        others = [ada.clone(pk=1000 + number) for number in range(100)]
        asked = []
        for some in (4, 100):
            with recorded_statements() as statements:
                assert await SETS[kind](connection, place)([ada, *others[:some]]) == {ada.id}
            asked.append(len([one for one in statements if one.startswith("SELECT #")]))

    assert asked[0] == asked[1] <= 3


async def test_the_inboxes_of_many_users_are_those_of_each(house: House):
    core, places = house.core, await _places(house)
    note, said = await house.note("ada", 1), await house.say("ada", 1)
    deleted, unsaid = await house.note("ada", 1), await house.say("ada", 1)
    await core.notes.delete(house.caller("ada"), 1, deleted.id)
    await core.messages.delete(house.caller("ada"), unsaid.id, house.people["ada"].id)
    subjects = [{f"{kind}_id": place} for kind, place in places if place != 999]
    subjects += [{"note_id": one.id} for one in (note, deleted)]
    subjects += [{"room_id": 1, "message_id": one.id} for one in (said, unsaid)]
    ids = [one.id for one in house.people.values()]
    start = await core.log.newest()

    async def work(change: Change) -> None:
        now = datetime.now(UTC)
        for number, (user_id, about) in enumerate(product(ids, subjects)):
            read_at = now if number % 3 else None
            row = Notification(user_id=user_id, kind="mention", created_at=now, read_at=read_at, **about)
            await row.save(using_db=change.connection)
        await record_inboxes(change, ids)

    await core.writer(work)
    sizes = set()
    for nickname, user in house.people.items():
        seen = await inbox(house, nickname, limit=200)
        unread = [one for one in seen if one.read_at is None]
        newest = seen[0].id if seen else 0
        told = [one["inbox"] for one in await house.events(start, events.user(user.id)) if "inbox" in one]
        assert told == [{"unread": len(unread), "newest_id": newest}], nickname
        assert (await core.notifications.inbox(house.caller(nickname)))[0].model_dump() == told[0]
        sizes.add(len(unread))
    assert len(sizes) > 2, "they see different things"


async def test_the_number_of_queries_of_a_message_to_everybody_does_not_grow_with_its_readers(core: Core):
    asked = []
    for number in (3, 30):
        author = (await core.users.add(UserCreate(name="Ada", email=None, nickname=f"ada{number}"))).result
        owner, said = Caller(author, trusted=True), RoomMessageCreate(author_id=author.id, content="@room, sing")
        room = (await core.rooms.add(owner, RoomCreate(name="Choir", closed=True))).result.id
        readers = await _members(core, room, number)
        with recorded_statements() as statements:
            await core.messages.post(owner, room, said)
        asked.append(len([one for one in statements if one.startswith("SELECT")]))
        told = "SELECT user_id FROM notification WHERE kind = 'mention' ORDER BY user_id"
        assert [user_id for (user_id,) in rows(core, told)][-number:] == readers

    assert asked[0] == asked[1]


async def _members(core: Core, room_id: int, number: int) -> list[int]:
    """The ids of new members of a closed room."""

    async def work(change: Change) -> list[int]:
        common = {"name": "Bob", "email": "", "read_from": 0, "created_at": datetime.now(UTC)}
        names = [f"bob{room_id}.{one}" for one in range(number)]
        users = [User(nickname=name, nickname_key=name, **common) for name in names]
        await User.bulk_create(users, using_db=change.connection)
        found: Any = User.filter(nickname__in=names).using_db(change.connection).order_by("id")
        ids = list(await found.values_list("id", flat=True))
        members = [RoomMembership(room_id=room_id, user_id=one, role="member") for one in ids]
        await RoomMembership.bulk_create(members, using_db=change.connection)
        return ids

    return (await core.writer(work)).result
