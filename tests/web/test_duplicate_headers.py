"""Duplicate headers: two identities are refused on every path of a request; lists in two headers are one list."""

from collections.abc import Iterator
from itertools import product

import pytest

from quart_notes.web.security.credentials import COOKIE
from tests.support.clients.raw_http import exchange, handshake, request, websocket_request
from tests.support.servers.populated_server import furnish
from tests.support.servers.server_process import ServerProcess

KEPT = "/api/notes"


@pytest.fixture(scope="module", params=["open", "accounts"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose list of notes is cached."""
    with ServerProcess(tmp_path_factory.mktemp("roads") / "data", "--access", request.param) as server:
        furnish(server)
        yield server
        assert "Traceback" not in server.log, server.log


@pytest.fixture(scope="module")
def fresh() -> Iterator[str]:
    """Paths of the same list that are not cached."""
    searches = ("", *(f"&q=%20{'+' * blanks}" for blanks in range(100)))
    return (f"{KEPT}?limit={limit}{search}" for search, limit in product(searches, range(1, 1001)))


def _answers(server: ServerProcess, fresh: Iterator[str], *headers: str, host: str = "localhost") -> set[int]:
    """The statuses of a request on all paths: cached, uncached, a write on the fast path and by Quart."""
    body = {"method": "POST", "body": b"{}"}
    kind = "Content-Type: application/json"
    return {
        exchange(server.port, request(KEPT, *headers, host=host)).status,
        exchange(server.port, request(next(fresh), *headers, host=host)).status,
        exchange(server.port, request(KEPT, kind, *headers, host=host, **body)).status,  # type: ignore[arg-type]
        exchange(server.port, request(KEPT, kind, "X-Odd: \xff", *headers, host=host, **body)).status,  # type: ignore[arg-type]
        handshake(server.port, websocket_request("/ws", *headers, host=host)).status,
    }


def test_a_duplicate_of_a_deciding_header_is_refused_on_every_path(server: ServerProcess, fresh: Iterator[str]):
    exchange(server.port, request(KEPT, server.me))
    bearer = "Authorization: Bearer qn_"
    for headers in (
        [f"{bearer}a", f"{bearer}b"],
        ["Authorization: Basic eDp5", f"{bearer}a"],
        ["Origin: http://localhost", "Origin: https://evil.example"],
        ["Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"],
        ["Host: evil.example"],
    ):
        assert _answers(server, fresh, server.me, *headers) == {400}, headers


def test_two_cookie_headers_are_combined(server: ServerProcess, fresh: Iterator[str]):
    mine = server.me
    expected = _answers(server, fresh, mine)
    assert 101 in expected
    for headers in (
        ["Cookie: a=b", mine], [mine, "Cookie: a=b"], [mine, f"Cookie: {COOKIE}=x"], [f"Cookie: {COOKIE}=x", mine],
    ):  # fmt: skip
        assert _answers(server, fresh, *headers) == expected, headers


def test_two_if_none_match_headers_are_one_list(server: ServerProcess, fresh: Iterator[str]):
    tag = exchange(server.port, request(KEPT, server.me)).headers["etag"]
    for headers in ([f"If-None-Match: {tag}", 'If-None-Match: "x"'], ['If-None-Match: "x"', f"If-None-Match: {tag}"]):
        for target in (KEPT, next(fresh)):
            assert exchange(server.port, request(target, server.me, *headers)).status == 304, (headers, target)
