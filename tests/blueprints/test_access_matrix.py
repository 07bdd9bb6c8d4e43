"""Access control: every kind of caller at every route, against one table."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quart_notes import create_app
from quart_notes.domain.access import RANK
from quart_notes.settings import Settings
from quart_notes.web.security.guards import REQUIREMENTS, Requirement, requirement_of
from tests.support.access_requests import Kind, Place, objects_for, send_request
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
    OF_WHO_ASKED,
    ON_BOARD,
    OTHERWISE_LIKE,
    OWN_ACCOUNT,
    WALKED,
    WRITES_IN_ROOMS,
)
from tests.support.accounts_app import House
from tests.support.clients.callers import CALLERS, GONE, GUESTS, TOKENS, client_of
from tests.support.routes import (
    Route,
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


def _expected_in_thread(route: Route, who: str) -> int:
    """As in a closed room whose members are those of the board; only its editors write."""
    if who in {"ticker", "viewer"}:
        return 403 if route.endpoint in WRITES_IN_ROOMS else _expected_in_closed_room(route, "editor")
    return _expected_in_closed_room(route, who)


@pytest.mark.parametrize("who", CALLERS)
async def test_every_caller_has_exactly_the_access_in_the_table(full_house: House, who: str):
    await _check(full_house, who, WALKED, _expected)


@pytest.mark.parametrize("who", CALLERS)
async def test_only_members_have_access_to_what_is_in_a_closed_room(full_house: House, who: str):
    routes = [route for route in WALKED if route.endpoint in IN_CONVERSATIONS]
    await _check(full_house, who, routes, _expected_in_closed_room, " in a closed room")


@pytest.mark.parametrize("who", ["owner", "editor", "viewer", "stranger", "guest", "outsider"])
async def test_who_sees_the_board_has_access_to_a_thread_and_its_editors_write_there(full_house: House, who: str):
    routes = [route for route in WALKED if route.endpoint in IN_CONVERSATIONS]
    await _check(full_house, who, routes, _expected_in_thread, " in a thread")


async def _check(
    full_house: House, who: str, routes: list[Route], expected_of: Callable[[Route, str], int], place: Place = ""
) -> None:
    wrong: list[str] = []
    client = await client_of(full_house, who)
    me = full_house.people[who if who in full_house.people else "owner"].id
    made: dict[Kind, dict[str, int]] = {}
    for number, route in enumerate(routes, 100):
        if route.endpoint in {"account.sign_out", "account.change_password", "front_account.change_password"}:
            client = await client_of(full_house, who)
        things = await objects_for(full_house, route, who, made, place)
        if any(f"{name}_id>" in route.rule for name in ACCOUNT_THINGS):
            things |= dict.fromkeys(("session_id", "token_id", "invitation_id"), GONE)
        before = await full_house.core.log.newest()

        answer = await send_request(client, route, things, number, me)

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
