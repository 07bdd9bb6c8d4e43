"""A kept answer and one that Quart makes are the same, whatever the request's headers are; two identities are none.

Who may not see an answer learns nothing by asking for it, not even whether somebody else has just read it.
"""

import socket
from collections.abc import Iterator
from contextlib import closing
from itertools import product

import pytest

from quart_notes.blueprints.credentials import COOKIE
from tests.cases import check_each
from tests.furnished import furnish
from tests.raw_http import Answer, exchange, handshake, request, websocket_request
from tests.server_process import ServerProcess

KEPT = "/api/notes"
# Each with what comes before the byte.
HEADERS = {
    "Accept": "application/json, ",
    "Accept-Encoding": "gzip, ",
    "Accept-Language": "en, ",
    "Authorization": "",
    "Authorization of a program": "Bearer ",
    "Authorization of a proxy": "Basic ",
    "Cache-Control": "no-",
    "Connection": "close, ",
    "Content-Length": "",
    "Content-Type": "application/json",
    "Cookie": "a=",
    "Cookie in quotes": 'a="',
    "Cookie of a session": f"{COOKIE}=",
    "Expect": "x",
    "Forwarded": "for=",
    "From": "",
    "Host": "localhost",
    "If-Match": '"1',
    "If-Modified-Since": "",
    "If-None-Match": '"1", "',
    "If-Range": "",
    "Last-Event-ID": "",
    "Origin": "http://localhost",
    "Range": "bytes=0-",
    "Referer": "http://localhost/",
    "Sec-Fetch-Dest": "",
    "Sec-Fetch-Mode": "",
    "Sec-Fetch-Site": "same-origin",
    "TE": "trailers",
    "User-Agent": "Mozilla/5.0 ",
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Host": "localhost",
    "X-Forwarded-Proto": "http",
    "X-HTTP-Method-Override": "",
    "X-Request-Id": "a",
}
READ = {"Authorization", "Cookie", "Host", "If-None-Match", "Origin"}  # on a short road
ODD = bytes(
    [*b'\x00\t\n\r 0;,="%\\x\x7f', *range(0x80, 0x100, 16), 0xFF]
)  # of the other headers, which nobody reads there
WHOLE = {"date", "x-request-id"}  # differ from answer to answer


@pytest.fixture(scope="module", params=["open", "accounts"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with a list of notes that somebody has just read."""
    with ServerProcess(tmp_path_factory.mktemp("roads") / "data", "--access", request.param) as server:
        furnish(server)
        yield server
        assert "Traceback" not in server.log, server.log


@pytest.fixture(scope="module")
def fresh() -> Iterator[str]:
    """Addresses of the same list, each of which nobody has asked for."""
    searches = ("", *(f"&q=%20{'+' * blanks}" for blanks in range(100)))
    return (f"{KEPT}?limit={limit}{search}" for search, limit in product(searches, range(1, 1001)))


class Line:
    """A connection that is made again when the server has ended it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._connection = socket.create_connection(("127.0.0.1", port), 20)

    def ask(self, data: bytes) -> tuple[int, dict[str, str], bytes]:
        """What comes back, without what differs from answer to answer."""
        self._connection.sendall(data)
        received = b""
        while (end := received.find(b"\r\n\r\n") + 4) < 4 or len(received) < end + _length(received[:end]):
            more = self._connection.recv(1 << 16)
            if not more:
                break
            received += more
        answer = Answer.parse(received)
        if answer.headers.get("connection") == "close" or answer.status in {0, 400}:
            self.close()
            self._connection = socket.create_connection(("127.0.0.1", self.port), 20)
        return answer.status, {key: value for key, value in answer.headers.items() if key not in WHOLE}, answer.body

    def close(self) -> None:
        """End it."""
        self._connection.close()


def _length(head: bytes) -> int:
    if head.startswith(b"HTTP/1.1 304"):
        return 0
    return int(Answer.parse(head).headers.get("content-length", 0))


def _request(target: str, name: str, value: bytes, *headers: str) -> bytes:
    name = name.partition(" ")[0]
    lines = [f"GET {target} HTTP/1.1", *([] if name == "Host" else ["Host: localhost"]), *headers]
    body = b"x" * int(value) if name == "Content-Length" and value.isdigit() else b""
    return "\r\n".join([*lines, f"{name}: "]).encode() + value + b"\r\n\r\n" + body


@pytest.mark.parametrize("signed_in", [False, True], ids=["a stranger", "somebody"])
def test_every_byte_in_every_header_is_answered_alike(server: ServerProcess, fresh: Iterator[str], signed_in: bool):
    if signed_in and not server.in_accounts_mode:
        return  # the same as a stranger's
    me = [server.me] if signed_in else []
    assert exchange(server.port, request(KEPT, server.me)).status == 200
    with closing(Line(server.port)) as line:

        def alike(name: str) -> None:
            for byte in range(256) if server.in_accounts_mode and name.partition(" ")[0] in READ else ODD:
                # A line break alone ends a line too; behind it stands something, or the request would end there.
                value = HEADERS[name].encode() + bytes([byte]) + b"z" * (byte == 0x0A)
                told = [line.ask(_request(target, name, value, *me)) for target in (KEPT, next(fresh))]
                assert told[0] == told[1], (name, value)
                assert told[0][0] < 500, (name, value)

        check_each(((name, name) for name in HEADERS), alike)


def _answers(server: ServerProcess, fresh: Iterator[str], *headers: str, host: str = "localhost") -> set[int]:
    """The statuses of a request on all roads: kept, made, a change by the short way and by the long one."""
    body = {"method": "POST", "body": b"{}"}
    kind = "Content-Type: application/json"
    return {
        exchange(server.port, request(KEPT, *headers, host=host)).status,
        exchange(server.port, request(next(fresh), *headers, host=host)).status,
        exchange(server.port, request(KEPT, kind, *headers, host=host, **body)).status,  # type: ignore[arg-type]
        exchange(server.port, request(KEPT, kind, "X-Odd: \xff", *headers, host=host, **body)).status,  # type: ignore[arg-type]
        handshake(server.port, websocket_request("/ws", *headers, host=host)).status,
    }


def test_two_of_a_header_that_decides_are_refused_on_every_road(server: ServerProcess, fresh: Iterator[str]):
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


def test_two_cookie_headers_are_one(server: ServerProcess, fresh: Iterator[str]):
    mine = server.me
    expected = _answers(server, fresh, mine)
    assert 101 in expected
    for headers in (
        ["Cookie: a=b", mine],
        [mine, "Cookie: a=b"],
        [mine, f"Cookie: {COOKIE}=x"],
        [f"Cookie: {COOKIE}=x", mine],
    ):
        assert _answers(server, fresh, *headers) == expected, headers


def test_two_values_of_if_none_match_are_one_list(server: ServerProcess, fresh: Iterator[str]):
    tag = exchange(server.port, request(KEPT, server.me)).headers["etag"]
    for headers in ([f"If-None-Match: {tag}", 'If-None-Match: "x"'], ['If-None-Match: "x"', f"If-None-Match: {tag}"]):
        for target in (KEPT, next(fresh)):
            assert exchange(server.port, request(target, server.me, *headers)).status == 304, (headers, target)
