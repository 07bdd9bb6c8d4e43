"""Request ids: on every response, in the log, and never forged by clients."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quart_notes.errors import DatabaseUnavailableError
from quart_notes.web.request_ids import CURRENT, RequestIds
from tests.support.accounts_app import opened_house
from tests.support.clients.raw_connection import RawConnection
from tests.support.clients.raw_http import Answer, exchange, handshake, request, websocket_request
from tests.support.problem_details import assert_problem
from tests.support.servers.server_process import ServerProcess, wait_for

OURS = re.compile(r"[0-9a-f]{8}-[0-9a-f]+|[0-9a-f]{16}")
NOTE = b'{"title": "x"}'
JSON = "Content-Type: application/json"
CHUNKED = (
    b"POST /api/notes HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n"
)
ASKED: dict[str, Callable[[int], Answer]] = {
    "a cached response": lambda port: exchange(port, request("/api/notes")),
    "the fast path": lambda port: exchange(port, request("/api/notes", JSON, method="POST", body=NOTE)),
    "by Quart": lambda port: exchange(port, request("/api/version")),
    "a page": lambda port: exchange(port, request("/front/notes", "Accept: text/html")),
    "a static file": lambda port: exchange(port, request("/static/css/style.css")),
    "by h11": lambda port: exchange(port, CHUNKED),
    "a missing route": lambda port: exchange(port, request("/nothing")),
    "another method": lambda port: exchange(port, request("/api/version", method="DELETE")),
    "a head request": lambda port: exchange(port, request("/api/notes", method="HEAD")),
    "a target without a path": lambda port: exchange(port, request("?x")),
    "no host": lambda port: exchange(port, request("/front/notes", host="[x")),
    "malformed": lambda port: exchange(port, b"nonsense\r\n\r\n"),
    "large headers": lambda port: exchange(port, request("/", "X: " + "x" * 20_000)),
    "a websocket": lambda port: handshake(port, websocket_request("/ws")),
    "a refused websocket": lambda port: handshake(port, websocket_request("/ws?after=x")),
    "a websocket at a missing route": lambda port: handshake(port, websocket_request("/nothing")),
    "a broken handshake": lambda port: handshake(port, websocket_request("/ws").replace(b"Sec-WebSocket-Key", b"X")),
    "events": lambda port: handshake(port, request("/events")),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED.keys())
def test_every_response_has_its_own_request_id(shared_server: ServerProcess, ask: Callable[[int], Answer]):
    names = {ask(shared_server.port).headers["x-request-id"] for _ in range(3)}

    assert len(names) == 3
    assert all(map(OURS.fullmatch, names))


def test_every_response_has_one_request_id_header(shared_server: ServerProcess):
    for name in (
        "a cached response",
        "the fast path",
        "by Quart",
        "by h11",
        "a missing route",
        "malformed",
        "a target without a path",
    ):
        assert ASKED[name](shared_server.port).raw.lower().count(b"\r\nx-request-id:") == 1, name


async def test_a_connection_beyond_the_limit_gets_a_request_id_too(tmp_path: Path):
    with ServerProcess(tmp_path / "data", "--max-connections", "8") as server:
        others = [await RawConnection(server.port).connect() for _ in range(8)]
        for connection in others:
            await connection.send(request("/healthz", "Connection: keep-alive"))
            assert (await connection.head()).status == 200

        answer = await asyncio.to_thread(exchange, server.port, request("/healthz"))

        assert answer.status == 503
        assert OURS.fullmatch(answer.headers["x-request-id"])
        for connection in others:
            connection.close()


GIVEN = {
    "one": (["X-Request-Id: From-the.Proxy_1"], "From-the.Proxy_1"),
    "the longest": (["X-Request-Id: " + "x" * 64], "x" * 64),
    "too long": (["X-Request-Id: " + "x" * 65], None),
    "empty": (["X-Request-Id:"], None),
    "a space": (["X-Request-Id: a b"], None),
    "a quote": (['X-Request-Id: a"b'], None),
    "not ASCII": (["X-Request-Id: \xe9"], None),
    "markup": (["X-Request-Id: <b>"], None),
    "two": (["X-Request-Id: a", "X-Request-Id: b"], None),
}


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server behind a proxy."""
    with ServerProcess(tmp_path_factory.mktemp("proxied") / "data", "--proxy-hops", "1") as server:
        yield server


@pytest.mark.parametrize(("headers", "kept"), GIVEN.values(), ids=GIVEN.keys())
@pytest.mark.parametrize("target", ["/api/notes", "/api/version", "/nothing"])
def test_a_trusted_proxy_may_set_the_request_id(
    proxied: ServerProcess, headers: list[str], kept: str | None, target: str
):
    name = exchange(proxied.port, request(target, *headers)).headers["x-request-id"]

    assert name == kept if kept else OURS.fullmatch(name)


def test_a_websocket_keeps_the_request_id_of_a_trusted_proxy(proxied: ServerProcess):
    answer = handshake(proxied.port, websocket_request("/ws", "X-Request-Id: mine"))

    assert answer.status == 101
    assert answer.headers["x-request-id"] == "mine"


def test_other_clients_cannot_set_the_request_id(shared_server: ServerProcess):
    for target in ("/api/notes", "/api/version"):
        answer = exchange(shared_server.port, request(target, "X-Request-Id: mine"))

        assert OURS.fullmatch(answer.headers["x-request-id"])


@pytest.mark.sqlite_only("its file goes away")
@pytest.mark.parametrize("quart", [False, True], ids=["the fast path", "by Quart"])
def test_a_logged_error_has_its_request_id(tmp_path: Path, quart: bool):
    headers = [JSON, *(["Sec-Fetch-Site: none"] if quart else [])]
    with ServerProcess(tmp_path / "data") as server:
        (tmp_path / "data" / "quart-notes.sqlite3").unlink()

        answer = exchange(server.port, request("/api/notes", *headers, method="POST", body=NOTE))

        problem = assert_problem(answer, 503, "database_unavailable")
        assert problem["request_id"] == answer.headers["x-request-id"]
        wait_for(lambda: f"[{problem['request_id']}]" in server.log, "it is in the log")
        (line,) = [line for line in server.log.splitlines() if problem["request_id"] in line]
        assert "Answered 503 database_unavailable" in line


async def test_only_pages_of_server_errors_show_the_request_id(tmp_path: Path):
    async with opened_house(tmp_path, access="open") as house, house.client() as client:
        page = {"Accept": "text/html"}
        theirs = await client.get("/front/nothing", headers=page)

        @house.app.before_request
        async def fail() -> None:
            raise DatabaseUnavailableError("There is no database.")

        ours = await client.get("/front/notes", headers=page)

    assert theirs.status_code == 404
    assert theirs.headers["x-request-id"] not in theirs.text
    assert ours.status_code >= 500
    assert f"<code>{ours.headers['x-request-id']}</code>" in ours.text


async def test_the_request_id_is_unset_after_the_request(tmp_path: Path):
    async with opened_house(tmp_path, access="open") as house, house.client() as client:
        seen: list[str] = []

        @house.app.before_request
        async def note() -> None:
            seen.append(CURRENT.get())
            await asyncio.sleep(0)

        answers = await asyncio.gather(*(client.get("/api/version") for _ in range(20)))

    assert sorted(seen) == sorted(answer.headers["x-request-id"] for answer in answers)
    assert len(set(seen)) == 20
    assert CURRENT.get() == ""


def test_the_document_describes_the_request_id(shared_server: ServerProcess):
    document = json.loads(exchange(shared_server.port, request("/openapi.json")).body)

    assert "every response has it as `X-Request-Id`" in document["info"]["description"]
    assert document["components"]["schemas"]["ProblemOut"]["properties"]["request_id"]["description"]


def test_two_processes_create_different_request_ids():
    first, second = RequestIds(), RequestIds()

    assert len({maker.new() for maker in (first, second) for _ in range(1000)}) == 2000
