"""Unusual targets, hosts and headers: refused with a problem, or harmless."""

import json

import httpx
import pytest

from tests.support.cases import check_each
from tests.support.clients.raw_http import exchange, handshake, request, websocket_request
from tests.support.problem_details import XSS, assert_harmless, assert_problem
from tests.support.routes import READS, Route

JSON = "Content-Type: application/json"

every_read = pytest.mark.parametrize("route", [r for r in READS if r.endpoint != "live.stream_events"], ids=str)
NOT_ADDRESSES = (
    "?x", "*", "x", "#", "a:80", "http:", "http//x", "ftp://x/", "http://[", "http://[::1/api", "javascript:alert(1)",
)  # fmt: skip
# Checks before routing are tested on one route of each blueprint, some of them on all routes.
FIRST_READS = {route.blueprint: route for route in reversed(READS)}.values()


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "CONNECT", "HEAD"])
def test_an_invalid_target_is_refused(port: int, method: str):
    for target in NOT_ADDRESSES:
        answer = exchange(port, request(target, method=method))

        if method == "HEAD":
            assert answer.status == 400, target
        else:
            assert_problem(answer, 400, "bad_request")


def test_a_websocket_to_an_invalid_target_is_refused(port: int):
    assert handshake(port, websocket_request("/ws")).status == 101

    assert {handshake(port, websocket_request(target)).status for target in NOT_ADDRESSES} == {400}


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://localhost/api/version", 200),
        ("http://127.0.0.1:99/api/version?x=y", 200),
        ("http://elsewhere.example/api/version", 421),
        ("http://u:p@localhost/api/version", 421),
    ],
)
def test_an_absolute_target_overrides_the_host_header(port: int, target: str, status: int):
    answer = exchange(port, request(target))

    assert answer.status == status
    assert status == 421 or json.loads(answer.body).keys() == {"version"}


INJECTED = (
    "%0d%0aX-Injected:%201", "%00", "%ff",
    "%0aX-Injected:%201", "%0dX-Injected:%201", "%E5%98%8D%E5%98%8AX-Injected:%201", "%ed%a0%80", "%",
)  # fmt: skip


@every_read
def test_a_target_cannot_inject_headers(port: int, route: Route):
    names = ("a", "q", "page", "deleted", "limit", "topics", "after")

    def harmless(injected: str) -> None:
        query = "&".join(f"{name}={injected}" for name in names)
        for target in (f"{route.address}{injected}", f"{route.address}?{query}", f"/{injected}{route.address}"):
            answer = exchange(port, request(target, "Accept: text/html"))
            assert 200 <= answer.status < 500, answer.raw[:500]
            assert_harmless(answer)

    tried = INJECTED if route in FIRST_READS else INJECTED[:1]
    check_each(((injected, injected) for injected in tried), harmless)


@every_read
def test_markup_in_a_target_is_escaped(port: int, route: Route):
    markup = str(httpx.QueryParams({"q": XSS, "deleted": XSS, "page": XSS}))
    path = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E%3Cimg%20src=x%20onerror=alert(2)%3E"
    for target in (f"{route.address}?{markup}", route.address + path, f"{route.address}?q={path}"):
        answer = exchange(port, request(target, "Accept: text/html", f"Referer: http://x/{XSS}", f"User-Agent: {XSS}"))

        assert 200 <= answer.status < 500
        assert_harmless(answer)


def test_the_board_page_accepts_any_query(port: int):
    for query in (
        "page=-1", "page=0", "page=x", "page=" + "9" * 5000, "page=99999999999", "page=%D9%A1", "q=%00",
        "q=" + "x" * 5000, "deleted=0", "deleted=x", "deleted=9223372036854775808", "deleted=" + "9" * 19,
    ):  # fmt: skip
        answer = exchange(port, request(f"/front/notes?{query}"))

        assert answer.status == 200, query
        assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    "host", ["", "[", "a b", XSS, "x:y", "x:99999999", "é", "a@b", "evil.example", ".." * 2000, "x,y"]
)
def test_an_unusual_host_is_harmless(port: int, host: str):
    assert handshake(port, websocket_request("/ws", host=host)).status in {400, 421}
    for target in ("/", "/front/notes", "/asyncapi.json", "/openapi.json", "//api/notes", "/nothing"):
        answer = exchange(port, request(target, "Accept: text/html", host=host))

        assert 400 <= answer.status < 500, (target, answer.raw[:300])
        assert_harmless(answer)
        assert answer.headers.get("location", "/front/").startswith("/front/"), "a redirect leads elsewhere"


def test_a_request_without_a_host_is_refused(port: int):
    assert_problem(exchange(port, request("/api/notes", host=None)), 400, "bad_request")


OUTSIDE = (
    "../pyproject.toml", "..%2fpyproject.toml", "%2e%2e/pyproject.toml", "%2e%2e%2fpyproject.toml",
    "%252e%252e/pyproject.toml", "..%252fpyproject.toml", "..\\pyproject.toml", "..%5cpyproject.toml",
    "....//pyproject.toml", "../static/../pyproject.toml", "/etc/passwd", "%2fetc%2fpasswd", "//etc/passwd",
    "../" * 30 + "etc/passwd", "%2e%2e%2f" * 30 + "etc/passwd", "..%c0%afpyproject.toml", "%c0%ae%c0%ae/pyproject.toml",
    "%uff0e%uff0e/pyproject.toml", "..;/pyproject.toml", "js/notes.js%00", "%00", "js", "js/", ".", "", "~root",
    "C:%5cWindows", "a" * 300, "a/" * 3000, "../templates/base.html", "..%2ftemplates%2fbase.html", "%ff%fe",
)  # fmt: skip


@pytest.mark.parametrize("prefix", ["", "-x/", "js/", "css/../"])
def test_no_file_outside_the_static_folder_is_served(port: int, prefix: str):
    assert exchange(port, request("/static/css/style.css")).status == 200

    def refused(path: str) -> None:
        answer = exchange(port, request(f"/static/{prefix}{path}"))
        assert_problem(answer, 404, "not_found")
        assert b"[build-system]" not in answer.raw
        assert b"root:" not in answer.raw

    check_each(((path[:80], path) for path in OUTSIDE), refused)


def test_an_unusual_range_is_harmless(port: int):
    for value in ("bytes=abc", "bytes=99999999-", "bytes=-0", "lines=1-2", "bytes=5-1", "bytes=" + "0-1," * 1000):
        answer = exchange(port, request("/static/css/style.css", f"Range: {value}"))

        assert answer.status in {200, 206, 416}, value
        assert_harmless(answer)


STRANGE_HEADERS = (
    'Cookie: session=\xff; =; a="', "Authorization: Basic \xff", "Accept: text/html;q=x,,;;=", "Connection: close,\xff",
    "Accept: " + "a/b," * 2000, "Accept-Language: \xff", 'If-None-Match: \xff"', "If-Modified-Since: never",
    'If-Range: "', "Content-Type: \xff", "Content-Encoding: gzip", "Expect: 200-ok", "TE: trailers", "Upgrade: h2c",
    'Forwarded: for="["', "X-Forwarded-For: '", "X-Forwarded-Proto: javascript", "Sec-Fetch-Site: \xff",
    "Origin: http://[", "Last-Event-ID: \xff", "Last-Event-ID: 0-99999999999999999999", "Date: x", "Range: x",
    "X-HTTP-Method-Override: DELETE",
)  # fmt: skip


@every_read
def test_unusual_headers_are_harmless(port: int, route: Route):
    for header in STRANGE_HEADERS if route in FIRST_READS else STRANGE_HEADERS[:4]:
        answer = exchange(port, request(route.address, header, "Accept: text/html"))

        assert 200 <= answer.status < 500, (header, answer.raw[:500])
        assert_harmless(answer)


def test_unusual_headers_of_a_write_or_a_feed_are_harmless(port: int):
    for header in STRANGE_HEADERS:
        for data in (
            request("/api/notes/999", header, JSON, method="PATCH", body=b'{"title": "a"}'),
            request("/api/notes/999", header, method="DELETE"),
            request("/events?topics=none", header),
            request("/events?after=none", header),
        ):
            answer = exchange(port, data)

            assert 400 <= answer.status < 500, (header, answer.raw[:500])
            assert answer.headers["content-type"] == "application/problem+json"
