"""What a caller may not see is like what does not exist: the same response, by the same queries."""

import re

import httpx
import pytest

from quart_notes.schemas import (
    InvitationCreate,
    MessageCreate,
)
from tests.support.access_requests import Kind, Place, objects_for, send_request
from tests.support.access_table import (
    ACCOUNT_THINGS,
    IN_CONVERSATIONS,
    IN_ROOM,
    OF_ITS_PERSON,
    ON_BOARD,
    THINGS,
    WALKED,
)
from tests.support.accounts_app import House
from tests.support.clients.callers import GONE, GUESTS, client_of
from tests.support.recorded_statements import recorded_statements
from tests.support.routes import (
    Route,
)

ABOUT = [
    route
    for route in WALKED
    if route.endpoint in {*ON_BOARD, *IN_ROOM, *IN_CONVERSATIONS, *OF_ITS_PERSON}
    or any(f"{name}_id>" in route.rule for name in ACCOUNT_THINGS)
]


@pytest.mark.parametrize("who", ["stranger", "outsider"])
async def test_hidden_and_missing_objects_have_the_same_response(full_house: House, who: str):
    """The same text, and the same queries: the response time reveals nothing either."""
    stranger = await client_of(full_house, who)
    me = full_house.people[who].id
    theirs = await _account_things(full_house, "owner")
    made: dict[Kind, dict[str, int]] = {}
    different, looked = [], 0
    walked: list[tuple[Route, Place]] = [(route, "") for route in ABOUT]
    in_rooms = [route for route in ABOUT if route.endpoint in IN_CONVERSATIONS]
    walked += [(route, " in a closed room") for route in in_rooms] + [(route, " in a thread") for route in in_rooms]
    for number, (route, place) in enumerate(walked, 100):
        things = await objects_for(full_house, route, who, made, place) | theirs
        gone = {name: GONE if name in THINGS or name in theirs else value for name, value in things.items()}
        body = number if "name" not in route.endpoint else 100
        await send_request(stranger, route, gone, body, me)  # so that both use the same caches

        told, asked = [], []
        for about in (things, gone):
            with recorded_statements() as statements:
                told.append(_told(await send_request(stranger, route, about, body, me), _named_in(route, about)))
            asked.append(statements)

        if told[0] != told[1]:
            different.append(f"{route}: {told[0]} but {told[1]}")
        if asked[0] != asked[1]:
            different.append("\n  ".join([f"{route}: hidden", *asked[0], "but absent", *asked[1]]))
        looked += bool(asked[0])

    assert looked > len(walked) / 2, "what the database is asked is heard"
    assert not different, "\n".join(different)


@pytest.mark.parametrize("who", ["stranger", "outsider"])
async def test_hidden_and_missing_topics_run_the_same_queries(full_house: House, who: str):
    stranger, owner = await client_of(full_house, who), full_house.people["owner"].id
    said = MessageCreate(author_id=owner, recipient_id=full_house.people["root"].id, content="psst")
    room = (await full_house.core.messages.send(full_house.caller("owner"), said)).result.message.room_id
    board = await full_house.board(owner="owner")
    assert (await stranger.get("/api/me")).status_code == 200  # the caller is cached from now on
    closed = await full_house.room(owner="owner")
    note = await full_house.note("owner", board)
    thread = (await full_house.core.threads.open(full_house.caller("owner"), board, note.id)).result.room.id
    everybodys = ("room:1", "board:1") if who in GUESTS else ()
    for hidden in (f"room:{room}", f"room:{closed}", f"room:{thread}", f"board:{board}", f"user:{owner}", *everybodys):
        asked = []
        for topic in (hidden, re.sub(r"\d+", str(GONE), hidden)):
            with recorded_statements() as statements:
                assert (await stranger.get(f"/events?topics={topic}")).status_code == 403
            asked.append(statements)

        assert asked[0] == asked[1], hidden


async def _account_things(house: House, nickname: str) -> dict[str, int]:
    """A session, a token and an invitation of another user."""
    core, person = house.core, house.people[nickname].id
    await house.cookie(nickname)
    await house.token(nickname)
    return {
        "session_id": (await core.sessions.of_user(person, None))[0].id,
        "token_id": (await core.tokens.of_user(person))[0].id,
        "invitation_id": (await core.invitations.add(house.caller(nickname), InvitationCreate())).result.id,
    }


def _named_in(route: Route, things: dict[str, int]) -> dict[str, int]:
    return {name: number for name, number in things.items() if f"{name}>" in route.rule}


OTHERWISE = {"content-length", "x-request-id"}


def _told(answer: httpx.Response, things: dict[str, int]) -> tuple[int, list[tuple[str, str]], str]:
    """A response without the requested ids."""
    ids = "|".join(str(number) for number in things.values())
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in OTHERWISE)
    without = [(name, re.sub(rf"(?<!-)\b({ids})\b", "#", value)) for name, value in headers]
    return answer.status_code, without, re.sub(rf"(?<!-)\b({ids})\b", "#", answer.text)
