"""Access control: every kind of caller at every route, against one table."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from quart_notes import create_app
from quart_notes.domain.access import RANK
from quart_notes.domain.jobs import UploadedJob
from quart_notes.models import Job
from quart_notes.schemas import (
    ImportOptions,
    InvitationCreate,
    LabelCreate,
    MessageCreate,
    NoteCreate,
    Role,
)
from quart_notes.settings import Settings
from quart_notes.web.security.guards import REQUIREMENTS, Requirement, requirement_of
from tests.support.access_table import (
    ACCOUNT_THINGS,
    BETWEEN_TWO,
    FOR_ADMINISTRATORS,
    FREE,
    GOES_ANYWAY,
    IN_CONVERSATIONS,
    IN_ROOM,
    NOT_FOR_GUESTS,
    OF_DELETED_BOARDS,
    OF_ITS_AUTHOR,
    OF_ITS_AUTHOR_OR_ADMINISTRATORS,
    OF_ITS_PERSON,
    OF_THE_DELETED,
    OF_WHO_ASKED,
    ON_BOARD,
    OTHERWISE_LIKE,
    OWN_ACCOUNT,
    THINGS,
    WALKED,
)
from tests.support.accounts_app import House
from tests.support.clients.callers import CALLERS, GONE, GUESTS, TOKENS, client_of
from tests.support.recorded_statements import recorded_statements
from tests.support.routes import (
    ADMINISTRATION,
    BODILESS,
    QUERIES,
    TAKES_FILES,
    TASK,
    Json,
    Route,
    body_of,
)
from tests.support.servers.empty_database import settings_for

# Every route has a requirement.


def test_every_route_and_websocket_has_a_requirement():
    app = create_app(Settings(data=Path("nowhere")))
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}

    assert {endpoint for endpoint in endpoints if requirement_of(endpoint) is None} == set()
    # Routes of `dev` exist under `quart-notes dev` alone.
    assert REQUIREMENTS.keys() - endpoints - {endpoint.rpartition(".")[0] for endpoint in endpoints} == {"dev"}
    assert {rule.endpoint for rule in app.url_map.iter_rules() if rule.websocket} == {"live.follow", "plain_text.chat"}
    assert {endpoint for endpoint in endpoints if requirement_of(endpoint) is Requirement.NOTHING} == {
        *FREE,
        *("account.sign_in", "front_access.sign_in", "front_access.signed_in", "front_access.signed_out"),
        *("front_access.join", "front_access.joined"),
    }


@pytest.mark.parametrize("access", ["open", "accounts"])
async def test_a_route_without_a_requirement_is_refused(tmp_path: Path, access: Any):
    app = create_app(settings_for(tmp_path, access=access))

    @app.get("/forgotten")
    async def forgotten() -> str:
        return "secret"

    await app.startup()
    try:
        answer = await app.test_client().get("/forgotten")
    finally:
        await app.shutdown()

    assert answer.status_code == 403
    assert b"secret" not in await answer.get_data()


# Requests to all routes.


Kind = tuple[str, bool]  # kind, and whether it is deleted


async def _things(
    house: House, route: Route, who: str, made: dict[Kind, dict[str, int]], *, closed: bool = False
) -> dict[str, int]:
    """Objects for a route, by the variables in its rule; those in `made` are reused.

    closed   what could be in a conversation is in a closed room
    """
    kind = (
        f"{_kind(route)}{' in a closed room' if closed else ''}",
        route.endpoint.endswith((".restore", ".restore_note", ".restore_message", ".restore_room"))
        or (route.endpoint in OF_THE_DELETED | OF_DELETED_BOARDS),
    )
    caller = house.people[who if who in house.people else "owner"].id
    if kind not in made:
        made[kind] = await _new(house, *kind)
        if kind[0] == "preference" and who != "nobody":
            await house.core.preferences.set(caller, "theme", "dark")
    of_members = route.endpoint in {*ON_BOARD, *IN_ROOM}
    own = "user_id" in route.rule and not of_members and route.blueprint not in ADMINISTRATION
    return {"user_id": caller if own else house.people["somebody"].id, **made[kind]}


def _kind(route: Route) -> str:
    if route.endpoint in ON_BOARD:
        return "note of a board" if "note" in route.blueprint + route.rule else "board"
    if route.endpoint in IN_ROOM:
        return "closed room"
    if route.endpoint in BETWEEN_TWO | OF_ITS_AUTHOR | OF_ITS_AUTHOR_OR_ADMINISTRATORS:
        return "message"
    if route.endpoint in OF_ITS_PERSON:
        return "ended job" if route.endpoint in {"jobs.import_job", "front_jobs.import_after_dry_run"} else "job"
    if route.endpoint in OF_WHO_ASKED:
        return "answer"
    return "note" if "note_id" in route.rule else "preference" if "key" in route.rule else ""


async def _new(house: House, kind: str, deleted: bool) -> dict[str, int]:
    core, owner = house.core, house.caller("owner")
    things: dict[str, int] = {}
    if "board" in kind:
        members: dict[str, Role] = {"viewer": "viewer", "ticker": "ticker", "editor": "editor", "somebody": "viewer"}
        members["guest"] = "editor"
        things["board_id"] = await house.board(owner="owner", **members)
        if not deleted:
            label = await core.board_labels.add(owner, things["board_id"], LabelCreate(name="a"))
            things["label_id"] = label.result.id
    if "note" in kind:
        board_id = things.get("board_id", 1)
        note = NoteCreate(title="a note", description=TASK)
        things["note_id"] = (await core.notes.add(owner, board_id, note)).result.id
        if deleted:
            await core.notes.delete(owner, board_id, things["note_id"])
    elif kind == "board" and deleted:
        await core.boards.delete(owner, things["board_id"])
    elif "closed room" in kind:
        things |= await _closed_room(house, kind, deleted=deleted)
    elif kind in {"message", "answer"}:
        author, recipient = house.people["owner"].id, house.people["root"].id
        content = "@assistant" if kind == "answer" else "psst"
        sent = MessageCreate(author_id=author, recipient_id=recipient, content=content)
        message = (await core.messages.send(owner, sent)).result.message
        things |= {"message_id": message.id + (kind == "answer"), "room_id": message.room_id}
        if kind == "answer":
            await core.answers.stop(owner, things["message_id"])
        elif deleted:
            await core.messages.delete(owner, message.id, author)
    elif "job" in kind:
        things["job_id"] = await _look(house, ended=kind == "ended job")
    return things


async def _closed_room(house: House, kind: str, *, deleted: bool) -> dict[str, int]:
    """A closed room, a message of its owner there, or an answer to it."""
    core, owner = house.core, house.caller("owner")
    room = await house.room(
        "Committee", owner="owner", editor="member", ticker="member", somebody="member", guest="member"
    )
    await core.room_members.remove(owner, room, house.people["ticker"].id)
    if kind == "closed room":
        if deleted:
            await core.room_upkeep.delete(owner, room)
        return {"room_id": room}
    message = await house.say("owner", room, "@assistant" if "answer" in kind else "psst")
    if "answer" in kind:
        await core.answers.stop(owner, message.id + 1)
    elif deleted:
        await core.messages.delete(owner, message.id, house.people["owner"].id)
    return {"message_id": message.id + ("answer" in kind), "room_id": room}


async def _look(house: House, *, ended: bool) -> int:
    """A job of the owner that has been cancelled, or a dry run that has finished."""
    core, owner = house.core, house.caller("owner")
    job = (await core.jobs.start(owner, 1, ImportOptions(dry_run=True), UploadedJob("notes.json", "nowhere", 1))).result
    await core.jobs.cancel(owner, job.id)
    if ended:
        async with core.database.transaction() as connection:
            await Job.filter(id=job.id).using_db(connection).update(state="done")
    return job.id


def _body(route: Route, number: int, things: dict[str, int], me: int) -> Json:
    body = {} if route.endpoint in BODILESS else body_of(route.endpoint, number)
    body |= {name: me for name in ("author_id", "reader_id") if name in body}
    body |= {"user_id": things["user_id"]} if "user_id" in body else {}
    body |= {"ids": [things.get("note_id", 1)]} if "ids" in body else {}
    body |= {"id": things.get("note_id", 1)} if "id" in body else {}
    return body | ({"message_id": things.get("message_id", 1)} if "message_id" in body else {})


async def _ask(client: httpx.AsyncClient, route: Route, things: dict[str, int], number: int, me: int) -> httpx.Response:
    address = route.at(**things)
    if route.endpoint in QUERIES:
        address = address.replace("author_id=1", f"author_id={me}")
    if route.method == "GET":
        return await client.get(address)
    body = _body(route, number, things, me)
    if route.rule.startswith("/front/") and route.endpoint in TAKES_FILES:
        return await client.request(route.method, address, files={"file": ("notes.json", json.dumps(body))})
    if route.rule.startswith("/front/"):
        return await client.request(route.method, address, data=body)
    return await client.request(route.method, address, json=body)


def _expected(route: Route, who: str) -> int:
    """The status, or 200 for any status below 400."""
    if requirement_of(route.endpoint) is Requirement.NOTHING:
        return 200
    if who == "nobody":
        return 401
    if who in TOKENS and (route.blueprint in OWN_ACCOUNT or (who == "read token" and route.method != "GET")):
        return 403
    return _expected_of_person(route, "owner" if who in TOKENS else who)


def _expected_of_person(route: Route, person: str) -> int:
    if person in GUESTS:
        forbidden = NOT_FOR_GUESTS[person].get(route.endpoint)
        return forbidden or _expected_of_person(route, OTHERWISE_LIKE[person])
    if route.endpoint in ON_BOARD:
        return _expected_on_board(route, person)
    if route.endpoint in IN_ROOM:
        allowed = 200 if IN_ROOM[route.endpoint] == "member" else 403
        return {"owner": 200, "editor": 404 if "restore" in route.endpoint else allowed}.get(person, 404)
    statuses = {
        "administrators": {"root": 200, "others": 403},
        "between two": {"owner": 200, "root": 200, "others": 404},
        "its author": {"owner": 200, "root": 403, "others": 404},
        "one's own": {"owner": 200, "others": 404},
        "nobody's": {"others": 303 if route.rule.startswith("/front/") else 404},
        "everybody": {"others": 200},
    }
    of_whom = (
        "administrators"
        if route.endpoint in FOR_ADMINISTRATORS
        else "between two"
        if route.endpoint in BETWEEN_TWO | OF_ITS_AUTHOR_OR_ADMINISTRATORS
        else "its author"
        if route.endpoint in OF_ITS_AUTHOR | OF_WHO_ASKED
        else "one's own"
        if route.endpoint in OF_ITS_PERSON
        else "nobody's"
        if any(f"{name}_id>" in route.rule for name in ACCOUNT_THINGS)
        else "everybody"
    )
    return statuses[of_whom].get(person, statuses[of_whom]["others"])


def _expected_on_board(route: Route, person: str) -> int:
    if route.endpoint in OF_DELETED_BOARDS:
        return 200 if person == "owner" else 404
    if person not in RANK:
        return 303 if route.endpoint in GOES_ANYWAY else 404
    return 200 if RANK[person] >= RANK[ON_BOARD[route.endpoint]] else 403


def _expected_in_closed_room(route: Route, who: str) -> int:
    if who == "nobody" or (who == "read token" and route.method != "GET"):
        return _expected(route, who)
    of_member = 200 if route.endpoint in BETWEEN_TWO else 403
    statuses = {"owner": 200, "editor": of_member, "guest": of_member}
    if who == "guest" and route.endpoint == "messages.create_note_of_message":
        return 404  # on Everybody's board
    return statuses.get("owner" if who in TOKENS else who, 404)


@pytest.mark.parametrize("who", CALLERS)
async def test_every_caller_has_exactly_the_access_in_the_table(full_house: House, who: str):
    await _check(full_house, who, WALKED, _expected)


@pytest.mark.parametrize("who", CALLERS)
async def test_only_members_have_access_to_what_is_in_a_closed_room(full_house: House, who: str):
    routes = [route for route in WALKED if route.endpoint in IN_CONVERSATIONS]
    await _check(full_house, who, routes, _expected_in_closed_room, closed=True)


async def _check(
    full_house: House, who: str, routes: list[Route], expected_of: Callable[[Route, str], int], *, closed: bool = False
) -> None:
    wrong: list[str] = []
    client = await client_of(full_house, who)
    me = full_house.people[who if who in full_house.people else "owner"].id
    made: dict[Kind, dict[str, int]] = {}
    for number, route in enumerate(routes, 100):
        if route.endpoint in {"account.sign_out", "account.change_password", "front_account.change_password"}:
            client = await client_of(full_house, who)
        things = await _things(full_house, route, who, made, closed=closed)
        if any(f"{name}_id>" in route.rule for name in ACCOUNT_THINGS):
            things |= dict.fromkeys(("session_id", "token_id", "invitation_id"), GONE)
        before = await full_house.core.log.newest()

        answer = await _ask(client, route, things, number, me)

        expected = expected_of(route, who)
        fits = answer.status_code < 400 if expected == 200 else answer.status_code == expected
        untouched = answer.status_code < 400 or await full_house.core.log.newest() == before
        if not (fits and untouched):
            wrong.append(f"{route.endpoint} {route}: {answer.status_code}, not {expected}; {answer.text[:200]}")
        if answer.status_code < 400 and route.method != "GET":
            made.clear()  # the caller may have changed them
        if route.endpoint in {"account.sign_out", "front_account.end_session"}:
            client = await client_of(full_house, who)

    assert not wrong, "\n".join(wrong)


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
    walked = [*((route, False) for route in ABOUT), *((one, True) for one in ABOUT if one.endpoint in IN_CONVERSATIONS)]
    for number, (route, closed) in enumerate(walked, 100):
        things = await _things(full_house, route, who, made, closed=closed) | theirs
        gone = {name: GONE if name in THINGS or name in theirs else value for name, value in things.items()}
        body = number if "name" not in route.endpoint else 100
        await _ask(stranger, route, gone, body, me)  # so that both use the same caches

        told, asked = [], []
        for about in (things, gone):
            with recorded_statements() as statements:
                told.append(_told(await _ask(stranger, route, about, body, me), _named_in(route, about)))
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
    everybodys = ("room:1", "board:1") if who in GUESTS else ()
    for hidden in (f"room:{room}", f"room:{closed}", f"board:{board}", f"user:{owner}", *everybodys):
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
