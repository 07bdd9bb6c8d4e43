"""The end of a connection: bytes after the last request are ignored, and its response is not lost."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.support.clients.raw_http import exchange
from tests.support.servers.server_process import ServerProcess, wait_for

NOTE = b'{"title":"%b"}'
LAST = b"POST /api/notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
ROADS_TO_A_NOTE = {
    "plain": LAST,
    "h11": LAST + b"Trailer: x\r\n",
    "chunked": LAST + b"Transfer-Encoding: chunked\r\n",
    "1.0": LAST.replace(b"HTTP/1.1", b"HTTP/1.0").replace(b"Connection: close\r\n", b""),
}
BEHIND = (b"GARBAGE", b"\r\n", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\0" * 200_000)


def last_request(road: str, title: bytes) -> bytes:
    """A request with `Connection: close`."""
    head, body = ROADS_TO_A_NOTE[road], NOTE % title
    if road == "chunked":
        return head + b"\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.fixture(scope="module")
def port(shared_server: ServerProcess) -> Iterator[int]:
    """The port of a server that logs no traceback."""
    yield shared_server.port
    assert "Traceback" not in shared_server.log


@pytest.mark.parametrize("road", ROADS_TO_A_NOTE)
def test_bytes_after_the_last_request_are_dropped(port: int, road: str):
    for number, behind in enumerate(BEHIND):
        title = b"%b behind %d" % (road.encode(), number)

        answer = exchange(port, last_request(road, title) + behind)

        assert answer.status == 201, answer.raw[:500]
        assert answer.raw.count(b"HTTP/1.1") == 1
        assert json.loads(answer.body)["title"] == title.decode()


@pytest.mark.parametrize("road", ROADS_TO_A_NOTE)
def test_a_client_that_keeps_sending_still_gets_its_response(port: int, road: str):
    for number in range(20):
        with closing(socket.create_connection(("127.0.0.1", port), 10)) as connection:
            connection.sendall(last_request(road, b"%b on %d" % (road.encode(), number)))
            with suppress(ConnectionError):  # at the end of LINGER_TIMEOUT
                for _ in range(20):
                    connection.sendall(b"x" * 1000)
            received = b"".join(iter(lambda c=connection: c.recv(65536), b""))  # type: ignore[misc]
        assert received.startswith(b"HTTP/1.1 201"), received


def test_a_connection_that_its_client_leaves_open_is_closed(port: int):
    with closing(socket.create_connection(("127.0.0.1", port), 10)) as connection:
        connection.sendall(last_request("h11", b"it stays"))
        while connection.recv(65536):
            pass  # until the server has half-closed the connection

        with pytest.raises(ConnectionError):
            for _ in range(1000):  # it does not read for ever
                connection.sendall(b"x")
                time.sleep(0.01)


def test_pipelined_requests_get_responses_up_to_the_last_one(port: int):
    first = last_request("plain", b"first of three").replace(b"Connection: close\r\n", b"")
    second = last_request("h11", b"second of three")

    answer = exchange(port, first + second + last_request("plain", b"third of three"))

    assert answer.raw.count(b"HTTP/1.1 201") == 2
    assert b"first of three" in answer.raw
    assert b"second of three" in answer.raw


HANDSHAKE = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
REFUSED = {
    "foreign": "GET /ws HTTP/1.1\r\nHost: {host}\r\nOrigin: http://other.example\r\nSec-WebSocket-Version: 13\r\n",
    "unknown topic": "GET /ws?topics=x HTTP/1.1\r\nHost: {host}\r\nSec-WebSocket-Version: 13\r\n",
    "no such place": "GET /nowhere HTTP/1.1\r\nHost: {host}\r\nSec-WebSocket-Version: 13\r\n",
    "no version": "GET /ws HTTP/1.1\r\nHost: {host}\r\n",
}


def test_a_refused_websocket_frees_its_socket_at_once(tmp_path: Path):
    constants = {"quart_notes.server.transport.connection.LINGER_TIMEOUT": 600.0}
    with ServerProcess(tmp_path / "data", constants=constants) as server:
        before = server.descriptors()
        for refused in REFUSED.values():
            head = refused.format(host=f"127.0.0.1:{server.port}") + HANDSHAKE
            with closing(socket.create_connection(("127.0.0.1", server.port), 10)) as connection:
                connection.sendall(head.encode() + b"\r\n")
                received = b"".join(iter(lambda connection=connection: connection.recv(65536), b""))  # type: ignore[misc]
                assert received.startswith(b"HTTP/1.1 4"), received
                wait_for(lambda: server.descriptors() <= before, "its socket is free although its client stays")
