"""The fast routes: their responses equal those of Quart."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

import pytest
from quart_schema.validation import QUART_SCHEMA_REQUEST_ATTRIBUTE

from quart_notes import create_app
from quart_notes.domain.access import ANYBODY
from quart_notes.errors import OverloadedError
from quart_notes.schemas import NoteCreate
from quart_notes.settings import Settings
from quart_notes.web.fast_routes import FAST_ROUTES, ID_VARIABLE, FastRoute, find_fast_route
from quart_notes.web.security.guards import Requirement, requirement_of
from tests.support.clients.raw_http import Answer, exchange, request
from tests.support.problem_details import assert_problem
from tests.support.servers.server_process import ServerProcess

JSON = "Content-Type: application/json"
QUART = "Content-Type: application/json;  charset=utf-8"  # another spelling is left to Quart's route
PAGE = ("Origin: http://localhost", "Sec-Fetch-Site: same-origin")

RIGHT = {
    "title": b'{"title": "Buy milk"}',
    "both": '{"title": "Käse", "description": "zwei\\nStück \U0001f9c0"}'.encode(),
    "blank": b'{"title": " ", "description": "text"}',
    "escapes": b'{"title": "\\u00e9 \\ud83e\\uddc0"}',
    "long": json.dumps({"description": "x" * 20_000}).encode(),
}
WRONG = {
    "nothing": b"",
    "empty": b"{}",
    "a list": b"[]",
    "half": b'{"title": "x"',
    "unknown": b'{"title": "x", "id": 7}',
    "a number": b'{"title": 7}',
    "long": json.dumps({"title": "x" * 201}).encode(),
    "NUL": b'{"title": "\\u0000"}',
    "half a surrogate": b'{"title": "\\ud800"}',
    "not UTF-8": b'{"title": "\xff"}',
    "NaN": b'{"title": NaN}',
    "deep": b'{"title": ' + b"[" * 40 + b"]" * 40 + b"}",
}


def post(body: bytes, *headers: str) -> bytes:
    return request("/api/notes", *(headers or (JSON,)), method="POST", body=body)


def known(answer: Answer) -> tuple[Any, ...]:
    """The parts of a response that do not depend on its time."""
    text = re.sub(rb"\d{4}-\d\d-\d\dT[\d:.]+Z", b"<time>", answer.body)
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]+", answer.headers["x-request-id"])
    text = text.replace(answer.headers["x-request-id"].encode(), b"<request>")
    headers = {name: value for name, value in answer.headers.items() if name not in {"date", "x-request-id"}}
    if answer.status >= 500:
        assert b"<request>" in text
        headers.pop("content-length")  # its value may be longer
    for changing in ("location", "last-event-id"):
        if changing in headers:
            headers[changing] = re.sub(r"\d+$", "<n>", headers[changing])
    if answer.status == 201:
        headers.pop("content-length")  # its id may be longer
    text = re.sub(rb'"rank":"\d+"', b'"rank":"<n>"', text)  # follows from the id
    return answer.status, headers, re.sub(rb'^{"id":\d+', b'{"id":<n>', text)


@pytest.mark.parametrize("body", RIGHT.values(), ids=RIGHT.keys())
def test_a_valid_request_has_the_same_response_as_by_quart(shared_server: ServerProcess, body: bytes):
    short = exchange(shared_server.port, post(body))
    long = exchange(shared_server.port, post(body, QUART))

    assert short.status == 201
    assert known(short) == known(long)
    for answer in (short, long):
        note = json.loads(answer.body)
        assert answer.headers["location"] == f"/api/notes/{note['id']}"
        assert json.loads(exchange(shared_server.port, request(answer.headers["location"])).body) == note


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG.keys())
def test_an_invalid_request_has_the_same_response_as_by_quart(port: int, body: bytes):
    short = exchange(port, post(body))

    assert short.status in {400, 422}
    assert known(short) == known(exchange(port, post(body, QUART)))


# Changes, one after the other: of a note, of its task, and messages. Each is sent both ways to notes that are alike.
LIST = json.dumps({"title": "list", "description": "- [ ] milk\n- [ ] eggs"}).encode()
CHANGES: dict[str, tuple[Any, ...]] = {
    "a title": ("", {"title": "Käse \U0001f9c0"}),
    "the same again": ("", {"title": "Käse \U0001f9c0"}),
    "a flag": ("", {"done": True, "pinned": True}),
    "labels": ("", {"labels": ["Shopping"]}),
    "nothing": ("", {}),
    "an unknown field": ("", {"id": 7}),
    "without words": ("", {"title": None, "description": None}),
    "the version": ("", {"colour": "teal"}, 'If-Match: "4"'),
    "a stale version": ("", {"colour": "red"}, 'If-Match: "4"'),
    "any version": ("", {"archived": True}, "If-Match: *"),
    "two lists of versions": ("", {"archived": False}, 'If-Match: "1"', 'If-Match: W/"6"'),
    "no version": ("", {"colour": "red"}, "If-Match: 7"),
    "from a page": ("", {"title": "of a page"}, *PAGE),
    "from a page of another origin": ("", {"title": "evil"}, "Origin: http://localhost:1"),
    "from a page of another site": ("", {"title": "evil"}, "Sec-Fetch-Site: cross-site"),
    "a tick": ("/tasks", {"line": 1, "source": "- [ ] milk", "done": True}),
    "the same tick": ("/tasks", {"line": 1, "source": "- [ ] milk", "done": True}),
    "another line": ("/tasks", {"line": 1, "source": "- [ ] bread", "done": True}),
    "no line": ("/tasks", {"line": 0, "source": "- [ ] milk", "done": True}),
    "a tick from a page": ("/tasks", {"line": 2, "source": "- [ ] eggs", "done": True}, *PAGE),
}


def test_a_change_has_the_same_response_as_by_quart(shared_server: ServerProcess):
    def created() -> int:
        return int(json.loads(exchange(shared_server.port, post(LIST)).body)["id"])

    def changed(note_id: int, kind: str, path: str, change: object, *headers: str) -> Answer:
        body = json.dumps(change).encode()
        sent = request(f"/api/notes/{note_id}{path}", kind, *headers, method="PATCH", body=body)
        return exchange(shared_server.port, sent)

    short_id, long_id = created(), created()
    statuses = {}
    for name, change in CHANGES.items():
        short, long = changed(short_id, JSON, *change), changed(long_id, QUART, *change)
        statuses[name] = short.status
        assert _without_id(short, short_id) == _without_id(long, long_id), name

    refused = {
        **{"an unknown field": 422, "without words": 422, "a stale version": 412, "no version": 400},
        **{
            "from a page of another origin": 403,
            "from a page of another site": 403,
            "another line": 409,
            "no line": 422,
        },
    }
    assert statuses == {name: refused.get(name, 200) for name in CHANGES}
    gone = [changed(2**62, kind, "", {"done": True}) for kind in (JSON, QUART)]
    assert gone[0].status == 404
    assert known(gone[0]) == known(gone[1])


def _without_id(answer: Answer, note_id: int) -> tuple[Any, ...]:
    status, headers, body = known(answer)
    headers.pop("content-length", None)
    return status, headers, re.sub(rb'"id":%d\b|\bNote %d\b' % (note_id, note_id), b"<id>", body)


def test_a_message_has_the_same_response_as_by_quart(shared_server: ServerProcess):
    def said(path: str, value: object, *headers: str) -> Answer:
        body = json.dumps(value).encode()
        return exchange(shared_server.port, request(path, *headers, method="POST", body=body))

    users = [
        json.loads(said("/api/users", {"name": name, "email": "x@example.org", "nickname": f"{name}_fast"}, JSON).body)
        for name in ("Ada", "Bob")
    ]
    author, recipient = (user["id"] for user in users)
    for path, value, status in (
        ("/api/rooms/1/messages", {"author_id": author, "content": "Tea"}, 201),
        ("/api/rooms/1/messages", {"author_id": 2**62, "content": "Tea"}, 422),
        ("/api/rooms/4611686018427387904/messages", {"author_id": author, "content": "Tea"}, 404),
        ("/api/messages", {"author_id": str(author), "recipient_id": recipient, "content": "Tea"}, 201),
        ("/api/messages", {"author_id": author, "recipient_id": recipient, "content": ""}, 422),
    ):
        short, long = said(path, value, JSON), said(path, value, QUART, *PAGE)
        assert short.status == status
        assert known(short) == known(long)


def test_under_a_prefix_the_location_is_the_same(tmp_path: Path):
    with ServerProcess(tmp_path / "data", "--root-path", "/board") as server:
        data = post(RIGHT["title"]).replace(b"/api", b"/board/api")
        short = exchange(server.port, data)
        long = exchange(server.port, data.replace(JSON.encode(), QUART.encode()))

        assert short.headers["location"] == "/board/api/notes/1"
        assert known(short) == known(long)
        assert exchange(server.port, post(RIGHT["title"])).status == 404


@pytest.mark.sqlite_only("its file goes away")
def test_an_unavailable_database_has_the_same_response_as_by_quart(tmp_path: Path):
    with ServerProcess(tmp_path / "data") as server:
        (tmp_path / "data" / "quart-notes.sqlite3").unlink()
        short, long = (exchange(server.port, post(RIGHT["title"], kind)) for kind in (JSON, QUART))

        assert_problem(short, 503, "database_unavailable")
        assert known(short) == known(long)


HEADERS = {b"content-type": b"application/json"}


def _open_core() -> Any:
    return SimpleNamespace(
        settings=SimpleNamespace(access="open", origins=()),
        access_cache=SimpleNamespace(anybody=SimpleNamespace(caller=ANYBODY)),
    )


async def test_a_refused_or_failed_operation_is_not_repeated_by_quart(caplog: pytest.LogCaptureFixture):
    core = _open_core()
    refuse = AsyncMock(side_effect=OverloadedError("Too much.", headers={"Retry-After": "1"}))
    fail = AsyncMock(side_effect=ZeroDivisionError)

    refused = await FastRoute(NoteCreate, refuse, {}, ()).respond(core, "", HEADERS, RIGHT["title"], {})
    failed = await FastRoute(NoteCreate, fail, {}, ()).respond(core, "", HEADERS, RIGHT["title"], {})

    assert refused
    assert refused.status == 503
    assert dict(refused.headers) == {
        b"content-type": b"application/problem+json",
        b"cache-control": b"no-store",
        b"retry-after": b"1",
    }
    assert failed
    assert failed.status == 500
    assert b"ZeroDivision" not in failed.body
    assert "ZeroDivisionError" in caplog.text


async def test_an_invalid_body_is_left_to_the_route():
    core, operation = _open_core(), AsyncMock()
    for body in WRONG.values():
        assert await FastRoute(NoteCreate, operation, {}, ()).respond(core, "", HEADERS, body, {}) is None
    operation.assert_not_awaited()


def test_every_fast_route_is_a_route_with_the_same_schema_that_asks_for_a_change(tmp_path: Path):
    app = create_app(Settings(data=tmp_path))
    ways = app.extensions[FAST_ROUTES]

    assert ("POST", "/api/notes") in ways
    assert ("PATCH", "/api/boards/#/notes/#/tasks") in ways
    for (method, path), way in ways.items():
        rules = [
            rule
            for rule in app.url_map.iter_rules()
            if ID_VARIABLE.sub("#", rule.rule) == path and method in (rule.methods or ())
        ]
        assert len(rules) == 1
        assert rules[0].arguments == {*way.names, *way.given}
        assert (rules[0].defaults or {}) == way.given
        model, _ = getattr(app.view_functions[rules[0].endpoint], QUART_SCHEMA_REQUEST_ATTRIBUTE)
        assert way.model is model
        assert requirement_of(rules[0].endpoint) is Requirement.BY_METHOD


def test_a_fast_route_gets_the_ids_in_its_path(tmp_path: Path):
    app = create_app(Settings(data=tmp_path))

    def ids(path: str) -> Mapping[str, int] | None:
        found = find_fast_route(app, "PATCH", path)
        return found and found[1]

    assert ids("/api/notes/7") == {"board_id": 1, "note_id": 7}
    assert ids("/api/boards/2/notes/9223372036854775807") == {"board_id": 2, "note_id": 2**63 - 1}
    for path in ("7/", "07", "0", "-7", "7x", "9223372036854775808", "7/tasks/8", "#", "7?", "\u0667"):
        assert ids(f"/api/notes/{path}") is None, path


def test_the_fast_path_skips_no_hook_except_those_it_replaces(tmp_path: Path):
    """A new hook of all requests must be considered in the fast path too."""
    app = create_app(Settings(data=tmp_path))
    fast_paths = {path for _, path in app.extensions[FAST_ROUTES]}
    shapes = ((ID_VARIABLE.sub("#", rule.rule), rule.endpoint) for rule in app.url_map.iter_rules())
    blueprints = {endpoint.partition(".")[0] for shape, endpoint in shapes if shape in fast_paths}
    scopes = {None, *blueprints}

    def passed(functions: Any) -> set[str]:
        return {each.__name__ for scope, listed in functions.items() if scope in scopes for each in listed}

    # The remaining hooks depend on these; a complete body needs no decision.
    assert passed(app.before_request_funcs) == {"_check_request", "choose_body_mode"}
    assert passed(app.after_request_funcs) == {
        "_name",  # HEADER
        "_secure",  # RAW_SECURITY
        "_compress",  # no response to POST
    }
    assert passed(app.teardown_request_funcs) == set()
    assert passed(app.url_value_preprocessors) == set()
