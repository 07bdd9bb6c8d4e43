"""Who of many users may see a text: the rule of access for a set of users is that for each of them."""

from collections.abc import Callable
from typing import Any

import pytest

from quart_notes.domain.notifications.audience import audience_of_board, audience_of_room
from quart_notes.models import User
from quart_notes.schemas import MessageCreate, RoomCreate
from tests.support.accounts_app import House
from tests.support.recorded_statements import recorded_statements

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
