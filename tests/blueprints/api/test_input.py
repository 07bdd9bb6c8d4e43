"""Bad JSON to every route that reads it: refused with a problem, nothing echoed as HTML, nothing partly stored."""

import json
from itertools import count
from typing import Any

import pytest

from tests.support.cases import check_each
from tests.support.clients.raw_http import Answer, exchange, request
from tests.support.problem_details import XSS, assert_harmless, assert_problem
from tests.support.routes import (
    ANY_JSON,
    BODILESS,
    ENDS_ME,
    FORM_ROUTES,
    JSON_ROUTES,
    NOBODY,
    TAKES_FILES,
    WRITES,
    Json,
    Route,
    body_of,
)
from tests.support.servers.server_process import ServerProcess

JSON = "Content-Type: application/json"
MAX_BODY = 256 * 1024


def test_every_route_that_writes_is_tested_here():
    assert JSON_ROUTES
    assert FORM_ROUTES
    # Uploads: in test_imports.py.
    tested = {*BODILESS, *ANY_JSON, *TAKES_FILES, *(route.endpoint for route in (*JSON_ROUTES, *FORM_ROUTES))}
    assert not {route.endpoint for route in WRITES} - tested


# JSON bodies.

every_json_route = pytest.mark.parametrize("route", JSON_ROUTES, ids=str)
DEEP = 100_000

NOT_JSON = {
    "nothing": b"",
    "blank": b" \r\n",
    "cut short": b'{"title": "a"',
    "cut in a string": b'{"title": "a',
    "two documents": b'{"title": "a"}{"title": "b"}',
    "something after it": b'{"title": "a"} x',
    "single quotes": b"{'title': 'a'}",
    "a trailing comma": b'{"title": "a",}',
    "a comment": b'{"title": "a"} // note',
    "a form": b"title=a",
    "XML": b"<note><title>a</title></note>",
    "a byte order mark": b'\xef\xbb\xbf{"title": "a"}',
    "UTF-16": '{"title": "a"}'.encode("utf-16"),
    "UTF-16 without a mark": '{"title": "a"}'.encode("utf-16-le"),
    "UTF-32": '{"title": "a"}'.encode("utf-32"),
    "Latin-1": '{"title": "é"}'.encode("latin-1"),
    "an overlong slash": b'{"title": "\xc0\xaf"}',
    "an encoded surrogate": b'{"title": "\xed\xa0\x80"}',
    "beyond Unicode": b'{"title": "\xf4\x90\x80\x80"}',
    "cut UTF-8": b'{"title": "\xe2\x82"}',
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "NaN": b'{"title": NaN}',
    "Infinity": b'{"title": Infinity}',
    "-Infinity": b'{"title": -Infinity}',
    "NaN in an unknown field": b'{"title": "a", "x": [NaN]}',
    "a lone high surrogate": rb'{"title": "\ud800"}',
    "a lone low surrogate": rb'{"title": "a\udc00b"}',
    "surrogates in the wrong order": rb'{"title": "\udc00\ud800"}',
    "a surrogate in a name": rb'{"title": "a", "\ud800": 1}',
    "a surrogate far inside": rb'{"title": "a", "x": [{"y": ["\ud800"]}]}',
    "NUL": rb'{"title": "a\u0000b"}',
    "NUL in a name": rb'{"title": "a", "\u0000": 1}',
    "a raw NUL": b'{"title": "a\x00b"}',
    "a raw line break": b'{"title": "a\nb"}',
    "an integer of 10,000 digits": b'{"title": ' + b"9" * 10_000 + b"}",
    "a negative integer of 10,000 digits": b'{"title": "a", "x": -' + b"9" * 10_000 + b"}",
    "a hexadecimal number": b'{"title": 0x10}',
    "a leading zero": b'{"title": 010}',
    "deep arrays": b"[" * DEEP + b"]" * DEEP,
    "deep arrays without an end": b"[" * DEEP,
    "deep objects": b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
    "deep arrays in a field": b'{"title": ' + b"[" * 1000 + b"]" * 1000 + b"}",
    "a little too deep": b"[" * 33 + b"]" * 33,
    "a little too deep, broadly": b'{"title": [' + b",".join([b"[" * 31 + b"]" * 31] * 50) + b"]}",
}

WRONG_SHAPE = {
    "null": b"null",
    "a list": b"[]",
    "a list of notes": b'[{"title": "a"}]',
    "a string": b'"title"',
    "a number": b"1",
    "true": b"true",
    "a number beyond floats": b'{"title": 1e999}',
    "a number of 10,000 decimals": b'{"title": 0.' + b"1" * 10_000 + b"}",
    "an unknown field": b'{"title": "a", "unknown": 1}',
    "an empty name": b'{"title": "a", "": 1}',
    "__proto__": b'{"title": "a", "__proto__": {"done": true}}',
    "a name in capitals": b'{"TITLE": "a"}',
    "a list as title": b'{"title": ["a"]}',
    "an object as title": b'{"title": {"$ne": null}}',
    "a number as title": b'{"title": 1}',
    "done as a word": b'{"done": "true"}',
    "done as a number": b'{"title": "a", "done": 1}',
    "as deep as can be": b"[" * 32 + b"]" * 32,
    "as deep as can be, broadly": b"[[], " + b"[" * 31 + b"]" * 31 + b"]",
    "a title too long": b'{"title": "' + b"x" * 201 + b'"}',
    "a description too long": b'{"description": "' + b"x" * 20_001 + b'"}',
    "a description far too long": b'{"description": "' + b"x" * 200_000 + b'"}',
    "ten thousand unknown fields": json.dumps({f"f{n}": n for n in range(10_000)}).encode(),
    "markup as a name": json.dumps({"title": "a", XSS: XSS}).encode(),
    "line breaks as a name": json.dumps({"title": "a", "x\r\nX-Injected: 1": 1}).encode(),
}


@pytest.mark.parametrize(
    "route", [route for route in WRITES if route.takes_json or route.endpoint in ANY_JSON], ids=str
)
def test_invalid_json_is_refused(port: int, me: str, route: Route):
    def refused(body: bytes) -> None:
        answer = exchange(port, request(route.address, JSON, me, method=route.method, body=body))
        assert_problem(answer, 400, "invalid_json")
        assert len(answer.body) < 1000

    check_each(NOT_JSON.items(), refused)


@every_json_route
def test_json_of_another_shape_is_refused(port: int, me: str, route: Route):
    def refused(body: bytes) -> None:
        answer = exchange(port, request(route.address, JSON, me, "Accept: text/html", method=route.method, body=body))
        problem = assert_problem(answer, 422, "validation_failed")
        assert problem["errors"]
        assert all(error.keys() == {"field", "message"} for error in problem["errors"])
        assert len(answer.body) < max(10_000, 2 * len(body))

    check_each(WRONG_SHAPE.items(), refused)


@every_json_route
def test_a_body_that_is_too_large_is_refused(port: int, me: str, route: Route):
    large = json.dumps({"title": "a", "description": "x" * MAX_BODY}).encode()
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in _parts(large, 60_000)) + b"0\r\n\r\n"
    for data in (
        request(route.address, JSON, me, method=route.method, body=large),
        request(route.address, JSON, me, "Transfer-Encoding: chunked", method=route.method, body=chunked),
        request(route.address, JSON, me, "Content-Length: 99999999999999999999", method=route.method),
        request(route.address, JSON, me, f"Content-Length: {MAX_BODY + 1}", method=route.method),
    ):
        assert_problem(exchange(port, data), 413, "too_large")


def _parts(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


NO_JSON_BY_NAME = (
    None, "", "text/plain", "text/html", "text/json", "application/xml", "application/jsonx", "application/javascript",
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json", "application", "*/*",
    "; charset=utf-8", "application/octet-stream", "text/plain; application/json", "application/json-seq", XSS,
)  # fmt: skip


@every_json_route
def test_another_content_type_is_refused(port: int, me: str, route: Route):
    def refused(kind: str | None) -> None:
        headers = [] if kind is None else [f"Content-Type: {kind}"]
        answer = exchange(port, request(route.address, me, *headers, method=route.method, body=b'{"title": "a"}'))
        assert_problem(answer, 415, "unsupported_media_type")

    check_each(((kind, kind) for kind in NO_JSON_BY_NAME), refused)


@every_json_route
@pytest.mark.parametrize(
    "kind", ["application/json", "APPLICATION/JSON", "application/json; charset=utf-8", "application/merge-patch+json"]
)
def test_json_is_accepted_under_its_media_types(strict_server: ServerProcess, route: Route, kind: str):
    sent = _new_body(route)

    answer = _send(strict_server, route, json.dumps(sent).encode(), f"Content-Type: {kind}")

    assert _said_back(answer, sent)


@every_json_route
def test_the_last_of_duplicate_keys_counts(strict_server: ServerProcess, route: Route):
    sent = _new_body(route)
    wrong: tuple[Any, ...] = ([], None)
    pairs = [(name, value) for name in sent for value in wrong] + list(sent.items())
    body = ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in pairs)

    answer = _send(strict_server, route, f"{{{body}}}".encode(), JSON)

    assert _said_back(answer, sent)


NUMBERS = count(1)


def _new_body(route: Route) -> Json:
    return body_of(route.endpoint, next(NUMBERS))


def _send(server: ServerProcess, route: Route, body: bytes, *headers: str) -> Answer:
    who = NOBODY if route.endpoint in ENDS_ME else server.me
    return exchange(server.port, request(route.address, who, *headers, method=route.method, body=body))


def _said_back(answer: Answer, sent: Json) -> bool:
    """Whether the request succeeded, and the response repeats the body."""
    assert answer.status in {200, 201, 204}, answer.raw
    got = json.loads(answer.body or b"{}")
    if "source" in sent:  # the tick of a task, which is in the description
        got = {"done": "- [x]" in got["description"]}
    return all(got[name] == value for name, value in sent.items() if name in got)


WRONG_VALUES: list[Any] = [[], {}, True, 1.5, 1e300, ["1"], {"$gt": 0}]
NO_IDS: list[Any] = [
    0, -1, 2**63, 10**19, "", "0", "-1", "+1", " 1", "1.0", "1e3", "0x1", "x", "\u0661", "9" * 20, None,
]  # fmt: skip
DEFAULTS = {
    "account.create_token": {"scope", "days"},
    "invitations.create_invitation": {"uses", "days"},
    "boards.update_board": {"name", "tick"},
    "rooms.update_room": {"name"},
    "labels.create_label": {"colour"},
    "labels.update_label": {"name", "colour"},
    "notifications.mark_notifications_read": {"up_to_id"},
    "me.change_profile": {"name", "nickname", "email"},
}
NO_TEXTS: list[Any] = [7, 0, "a\x00b"]


@every_json_route
def test_a_field_of_another_type_is_named(port: int, me: str, route: Route):
    good = body_of(route.endpoint)
    for name, value in good.items():
        wrong: Any
        refused = [*WRONG_VALUES, *(NO_TEXTS if isinstance(value, str) else NO_IDS)]
        if isinstance(value, bool):
            refused.remove(True)
        for wrong in refused:
            if wrong is None and route.endpoint == "account.create_token":
                continue  # permanently
            body = json.dumps({**good, name: wrong}).encode()

            answer = exchange(port, request(route.address, JSON, me, method=route.method, body=body))

            if wrong == "a\x00b":
                assert_problem(answer, 400, "invalid_json")
                continue
            problem = assert_problem(answer, 422, "validation_failed")
            assert {error["field"].partition(".")[0] for error in problem["errors"]} == {name}, (name, wrong)


@every_json_route
def test_a_missing_field_is_named(port: int, me: str, route: Route):
    good = body_of(route.endpoint)
    for name in good.keys() - DEFAULTS.get(route.endpoint, set()):
        body = json.dumps({other: value for other, value in good.items() if other != name}).encode()

        answer = exchange(port, request(route.address, JSON, me, method=route.method, body=body))

        if "/notes" in route.rule:  # each text of a note is optional; a change without fields is valid
            assert answer.status in {200, 201, 422}
            continue
        problem = assert_problem(answer, 422, "validation_failed")
        assert [error["field"] for error in problem["errors"]] == [name]


@pytest.mark.parametrize(
    "route", [route for route in WRITES if route.endpoint in BODILESS - ENDS_ME - {"me.clear_preferences"}], ids=str
)
def test_an_unexpected_body_is_harmless(port: int, me: str, route: Route):
    there = {200} if route.endpoint == "assistant.open_room" else set()  # the same room again
    for body in (b"", b"{", b"\xff", b"[" * 1000, b"x" * (MAX_BODY + 1)):
        answer = exchange(port, request(route.elsewhere, JSON, me, method=route.method, body=body))

        assert_harmless(answer)
        assert answer.status in {
            0,
            404,
            413,
            *there,
        }  # 0: closed before the response was read, because of the unread body
    assert exchange(port, request("/healthz")).status == 200
