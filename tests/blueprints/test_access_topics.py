"""Access control of topics: every kind of caller at every topic, against one table."""

import pytest

from quart_notes.domain.access import RANK
from quart_notes.schemas import MessageCreate
from tests.support.accounts_app import House
from tests.support.clients.callers import CALLERS, GONE, GUESTS, TOKENS, client_of


@pytest.mark.parametrize("who", CALLERS)
async def test_every_caller_may_subscribe_to_exactly_the_topics_in_the_table(full_house: House, who: str):
    house = full_house
    board = await house.board(owner="owner", editor="editor", ticker="ticker", viewer="viewer", guest="editor")
    owner = house.caller("owner")
    told = MessageCreate(author_id=house.people["owner"].id, recipient_id=house.people["root"].id, content="psst")
    direct = (await house.core.messages.send(owner, told)).result.message.room_id
    closed = await house.room(owner="owner", editor="member", ticker="member", guest="member")
    await house.core.room_members.remove(owner, closed, house.people["ticker"].id)
    person = "owner" if who in TOKENS else who
    me = house.people.get(person)
    personal = [await _personal(house, name) for name in ("owner", "stranger")]
    heard = {
        **dict.fromkeys(("board:1", "users", "rooms", "room:*", "room:1"), who not in GUESTS),
        f"board:{board}": person in RANK or who == "guest",
        f"board:{personal[0]}": person == "owner",
        f"board:{personal[1]}": person == "stranger",
        f"room:{direct}": person in {"owner", "root"},
        f"room:{closed}": person in {"owner", "editor", "guest"},
        "closed:*": True,
        **{f"user:{one.id}": one == me for one in house.people.values()},
        **dict.fromkeys((f"board:{GONE}", f"user:{GONE}", f"room:{GONE}", "board:*", "user:*", "access", "*"), False),
    }
    async with await client_of(house, who) as client:
        for topic, allowed in heard.items():
            answer = await client.head(f"/events?topics={topic}")
            assert answer.status_code == (401 if who == "nobody" else 200 if allowed else 403), topic
            both = await client.head(f"/events?topics=closed:*,{topic}")
            assert both.status_code == answer.status_code
            elsewhere = await client.head(f"/events?person={house.people['somebody'].id}&topics={topic}")
            assert elsewhere.status_code == (401 if who == "nobody" else 403), "nobody is somebody else here"


async def _personal(house: House, nickname: str) -> int:
    roles = await house.core.boards.roles(house.caller(nickname))
    return next(board_id for board_id, role in roles.items() if role == "owner" and board_id != 1)
