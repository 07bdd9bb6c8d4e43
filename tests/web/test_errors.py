"""Errors: a problem (RFC 9457) for API clients, a page for browsers, and no internal details."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from http import HTTPStatus
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_notes import create_app
from quart_notes.core import Core
from quart_notes.errors import CATALOGUE, FieldError, NotFoundError, ProblemError
from quart_notes.web.security import guards
from tests.support.routes import ACCOUNTS_ONLY, ANY_JSON, READS, ROUTES, Json, Route, body_of
from tests.support.servers.empty_database import no_wait_for_the_disk, settings_for

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
MEMBERS = {"type", "title", "status", "detail", "code", "errors"}
FAILURES = [*(kind.__name__ for kind in CATALOGUE), "unexpected"]
SECRET = "the secret <b>cause</b> in /etc/secret"


@pytest.fixture
async def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Quart]:
    """The application, without a server, with a few failing routes that need no access."""
    made = create_app(settings_for(tmp_path))
    names = [f"{prefix}{name}" for prefix in ("/api/test", "/front/test") for name in FAILURES]
    monkeypatch.setattr(
        guards, "REQUIREMENTS", {**guards.REQUIREMENTS, **dict.fromkeys(names, guards.Requirement.NOTHING)}
    )

    for prefix in ("/api/test", "/front/test"):
        for kind in CATALOGUE:
            made.add_url_rule(f"{prefix}/{kind.__name__}", f"{prefix}{kind.__name__}", _failing(kind))
        made.add_url_rule(f"{prefix}/unexpected", f"{prefix}unexpected", _unexpected)
    with no_wait_for_the_disk():
        async with made.test_app():
            yield made


@pytest.fixture
def client(app: Quart) -> Client:
    return app.test_client()


def _failing(kind: type[ProblemError]) -> Any:
    async def fail() -> None:
        errors = [FieldError("title", "is <b>wrong</b>")]
        raise kind("What <b>happened</b>", errors=errors, extra={"note": {"id": 7}}, headers={"Retry-After": "3"})

    return fail


async def _unexpected() -> str:
    raise RuntimeError(SECRET)


def test_every_error_has_a_status_and_a_unique_code_in_the_catalogue():
    assert len(CATALOGUE) >= 15
    assert len({kind.code for kind in CATALOGUE}) == len(CATALOGUE)
    for kind in CATALOGUE:
        assert 400 <= kind.status < 600
        assert HTTPStatus(kind.status).phrase
        assert kind.__doc__


async def test_every_error_is_a_problem_for_an_api_client(client: Client):
    # Under /api even a browser gets problems.
    for kind, headers in product(CATALOGUE, ({}, PAGE)):
        answer = await client.get(f"/api/test/{kind.__name__}", headers=headers)

        assert answer.status_code == kind.status
        assert answer.content_type == "application/problem+json"
        assert answer.headers["Retry-After"] == "3"
        assert answer.headers["Cache-Control"] == "no-store"
        assert json.loads(await answer.get_data()) == {
            "type": "about:blank",
            "title": HTTPStatus(kind.status).phrase,
            "status": kind.status,
            "detail": "What <b>happened</b>",
            "code": kind.code,
            "errors": [{"field": "title", "message": "is <b>wrong</b>"}],
            "note": {"id": 7},
            **({"request_id": answer.headers["X-Request-Id"]} if kind.status >= 500 else {}),
        }


async def test_every_error_is_a_page_for_a_browser(client: Client):
    for kind in CATALOGUE:
        answer = await client.get(f"/front/test/{kind.__name__}", headers=PAGE)

        page = await answer.get_data(as_text=True)
        assert answer.status_code == kind.status
        assert answer.content_type == "text/html; charset=utf-8"
        assert answer.headers["Retry-After"] == "3"
        assert f"<h1>{HTTPStatus(kind.status).phrase}</h1>" in page
        assert "What &lt;b&gt;happened&lt;/b&gt;" in page
        assert "<b>" not in page


async def test_html_is_only_for_requests_that_accept_it_explicitly(client: Client):
    programs = ({}, *({"Accept": kind} for kind in ("*/*", "application/json", "text/*", "text/plain")))
    pages = ("text/html", "text/html;q=0.5, application/json", "TEXT/HTML", "application/xhtml+xml, text/html")
    browsers = [{"Accept": kind} for kind in (*pages, ",;q=,text/html;;")]
    for headers in (*programs, *browsers):
        answer = await client.get("/nothing/here", headers=headers)

        assert answer.status_code == 404
        expected = "text/html; charset=utf-8" if headers in browsers else "application/problem+json"
        assert answer.content_type == expected, headers


async def test_api_routes_have_no_error_pages(client: Client):
    for path in ("/api/notes/999", "/api/nothing", "/events?after=x", "/openapi.json/x", "/asyncapi.json/x"):
        answer = await client.get(path, headers=PAGE)

        assert 400 <= answer.status_code < 500
        assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("headers", [{}, PAGE], ids=["an API client", "a browser"])
async def test_an_unexpected_error_is_logged_and_not_revealed(
    client: Client, headers: dict[str, str], caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.ERROR):
        for path in ("/api/test/unexpected", "/front/test/unexpected"):
            answer = await client.get(path, headers=headers)

            body = await answer.get_data(as_text=True)
            assert answer.status_code == 500
            assert ("html" in answer.content_type) == (path.startswith("/front") and bool(headers))
            for revealing in ("secret", "RuntimeError", "Traceback", ".py"):
                assert revealing not in body
            assert "Something went wrong on the server" in body
            if "json" in answer.content_type:
                assert json.loads(body)["code"] == "internal_error"
    assert len([record for record in caplog.records if record.exc_info]) == 2
    assert SECRET in caplog.text


@pytest.mark.parametrize("debug", [False, True])
async def test_debug_mode_reveals_no_traceback_either(app: Quart, debug: bool):
    app.debug = debug

    answer = await app.test_client().get("/front/test/unexpected", headers=PAGE)

    assert "Traceback" not in await answer.get_data(as_text=True)


# A rule of the domain, and a request that uses it.
RULES: dict[str, tuple[str, str, Json | None]] = {
    "notes.add": ("POST", "/api/notes", {"title": "a"}),
    "notes.change": ("PATCH", "/api/notes/1", {"title": "a"}),
    "notes.delete": ("DELETE", "/api/notes/1", None),
    "notes.restore": ("POST", "/api/notes/1/restore", None),
    "notes.get": ("GET", "/api/notes/1", None),
    "notes.editor": ("POST", "/api/notes/1/editing", {"author_id": 1}),
    "notes.find": ("GET", "/api/notes", None),
    "board_pages.read": ("GET", "/front/notes", None),
    "users.add": ("POST", "/api/users", body_of("users.create_user")),
    "users.get": ("GET", "/api/users/1", None),
    "users.find": ("GET", "/api/users", None),
    "rooms.add": ("POST", "/api/rooms", body_of("rooms.create_room")),
    "rooms.get": ("GET", "/api/rooms/1", None),
    "rooms.find": ("GET", "/api/rooms", None),
    "rooms.participant": ("POST", "/api/rooms/1/typing", body_of("rooms.notice_typing")),
    "messages.send": ("POST", "/api/messages", body_of("messages.send_message")),
    "messages.post": ("POST", "/api/rooms/1/messages", body_of("rooms.post_message")),
    "messages.change": ("PATCH", "/api/messages/1", body_of("messages.update_message")),
    "messages.delete": ("DELETE", "/api/messages/1?author_id=1", None),
    "messages.restore": ("POST", "/api/messages/1/restore?author_id=1", None),
    "messages.get": ("GET", "/api/messages/1", None),
    "messages.direct": ("GET", "/api/messages", None),
    "messages.of_user": ("GET", "/api/users/1/messages", None),
    "messages.in_room": ("GET", "/api/rooms/1/messages", None),
    "read_markers.mark_read": ("POST", "/api/rooms/1/read", body_of("rooms.mark_read")),
    "read_markers.of_user": ("GET", "/api/users/1/unread", None),
    "users.existing_users": ("GET", "/events?topics=user:9", None),
    "rooms.followable": ("GET", "/events?topics=room:9", None),
}


async def test_an_unexpected_error_in_a_rule_is_a_500_and_the_next_request_succeeds(
    app: Quart, monkeypatch: pytest.MonkeyPatch
):
    core: Core = app.extensions["quart_notes"]
    client = app.test_client()

    for rule, (method, path, body) in RULES.items():
        part, _, name = rule.partition(".")
        before = await core.log.newest()
        with monkeypatch.context() as patch:
            patch.setattr(type(getattr(core, part)), name, AsyncMock(side_effect=RuntimeError(SECRET)))
            broken = await client.open(path, method=method, json=body)
        assert broken.status_code == 500, rule
        assert "secret" not in await broken.get_data(as_text=True)
        assert await core.log.newest() == before

        healed = await client.open(path, method=method, json=body)
        assert healed.status_code < 500, rule


ABOUT_ROWS = [
    route
    for route in ROUTES
    if route.rule.startswith("/api/") and route.rule != "/api/version" and route.blueprint not in ACCOUNTS_ONLY
]


async def _open(client: Client, route: Route) -> Any:
    body = body_of(route.endpoint) if route.takes_json or route.endpoint in ANY_JSON else None
    me = "?person_id=1" if f"{route.rule}/".startswith("/api/me/") or route.endpoint == "assistant.open_room" else ""
    return await client.open(route.address + me, method=route.method, json=body)


@pytest.mark.sqlite_only("its file goes away")
async def test_without_a_database_every_route_is_a_503_and_recovers(app: Quart, tmp_path: Path):
    client = app.test_client()
    file = tmp_path / "quart-notes.sqlite3"
    file.rename(tmp_path / "away")
    for route in ABOUT_ROWS:
        answer = await _open(client, route)

        assert answer.status_code == 503, route
        assert (await answer.get_json())["code"] == "database_unavailable"
    (tmp_path / "away").rename(file)

    for route in ABOUT_ROWS:
        assert (await _open(client, route)).status_code < 500, route


@pytest.mark.parametrize("where", ["record_message_event", "shown_message"])
async def test_a_failed_message_stores_neither_itself_nor_its_conversation(
    app: Quart, monkeypatch: pytest.MonkeyPatch, where: str
):
    client = app.test_client()
    for number in (1, 2):
        assert (await client.post("/api/users", json=body_of("users.create_user", number))).status_code == 201
    before = (await client.get("/api/users")).headers["Last-Event-ID"]

    with monkeypatch.context() as patch:
        patch.setattr(f"quart_notes.domain.messages.{where}", Mock(side_effect=RuntimeError(SECRET)))
        sent = await client.post("/api/messages", json=body_of("messages.send_message"))
        said = await client.post("/api/rooms/1/messages", json=body_of("rooms.post_message"))

    assert (sent.status_code, said.status_code) == (500, 500)
    assert len(await (await client.get("/api/rooms?person_id=1")).get_json()) == 1
    for path in ("/api/messages", "/api/rooms/1/messages"):
        answer = await client.get(path)
        assert await answer.get_json() == []
        assert answer.headers["Last-Event-ID"] == before


async def test_an_unexpected_error_in_a_write_is_a_500_and_stores_nothing(app: Quart, monkeypatch: pytest.MonkeyPatch):
    client = app.test_client()

    with monkeypatch.context() as patch:
        # The row is written, the event fails.
        patch.setattr("quart_notes.domain.notes.record_note", Mock(side_effect=RuntimeError(SECRET)))
        answer = await client.post("/api/notes", json={"title": "half"})

    assert answer.status_code == 500
    assert await (await client.get("/api/notes")).get_json() == []


async def test_an_incomplete_body_times_out(app: Quart):
    app.config["BODY_TIMEOUT"] = 0.1
    headers = {"Content-Type": "application/json", "Content-Length": "20"}

    async with app.test_client().request("/api/notes", method="POST", headers=headers) as connection:
        await connection.send(b'{"title":')
        await asyncio.sleep(0.3)
        answer = await connection.as_response()

    assert answer.status_code == 408
    assert json.loads(await answer.get_data())["code"] == "request_timeout"


@pytest.mark.parametrize("route", [r for r in READS if r.endpoint in {"front_notes.note", "front_notes.edit"}], ids=str)
async def test_a_missing_note_is_a_page_for_a_browser(client: Client, route: Route):
    answer = await client.get(route.address, headers=PAGE)

    assert answer.status_code == 404
    assert "Note 1 not found" in await answer.get_data(as_text=True)


def test_a_problem_always_has_all_members():
    from quart_notes.errors import problem

    assert problem(404, "not_found", "x").keys() == MEMBERS
    assert NotFoundError("x").errors == ()
