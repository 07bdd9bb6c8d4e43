"""Malformed HTTP: no request smuggling, size limits, and interrupted requests."""

import json
import re
import socket

import pytest

from tests.support.clients.raw_http import Answer, exchange, request
from tests.support.problem_details import assert_problem
from tests.support.servers.populated_server import everything
from tests.support.servers.server_process import ServerProcess

JSON = "Content-Type: application/json"


@pytest.mark.parametrize(
    "headers", [["X-Large: " + "x" * 300_000], [f"X-{n}: {'x' * 100}" for n in range(3000)]], ids=["one", "many"]
)
def test_headers_that_are_too_large_are_refused(port: int, headers: list[str]):
    answer = exchange(port, request("/api/notes", *headers))

    if answer.status:  # the connection may be reset before the response is read, because of the unread bytes
        assert_problem(answer, 431, "headers_too_large")
    assert exchange(port, request("/healthz")).status == 200


def test_a_slightly_too_large_header_or_target_gets_a_problem_response(port: int):
    for data in (request("/api/notes", "X-Large: " + "x" * 17_000), request("/api/notes?q=" + "x" * 17_000)):
        assert_problem(_in_pieces(port, data), 431, "headers_too_large")


def _in_pieces(port: int, data: bytes) -> Answer:
    """Send all but the end first: the server checks what it has."""
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(data[:-10])
        received = b""
        while more := connection.recv(1 << 16):
            received += more
    return Answer.parse(received)


SMUGGLED = (
    b"POST /api/notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n"
    + b'{"title":"smuggled"}'
)
CHUNKED = b"0\r\n\r\n" + SMUGGLED


def _post(*headers: str, body: bytes = b"") -> bytes:
    return request("/api/notes", JSON, *headers, "Connection: keep-alive", method="POST", body=body)


SHAPES = {
    "length and chunks": _post(f"Content-Length: {len(CHUNKED)}", "Transfer-Encoding: chunked", body=CHUNKED),
    "chunks and length": _post("Transfer-Encoding: chunked", "Content-Length: 4", body=CHUNKED),
    "two lengths": _post("Content-Length: 2", f"Content-Length: {2 + len(SMUGGLED)}", body=b"{}" + SMUGGLED),
    "a list of lengths": _post("Content-Length: 2, 5", body=b"{}" + SMUGGLED),
    "a length with a sign": _post("Content-Length: +2", body=b"{}" + SMUGGLED),
    "a negative length": _post("Content-Length: -2", body=b"{}" + SMUGGLED),
    "a hexadecimal length": _post("Content-Length: 0x2", body=b"{}" + SMUGGLED),
    "a length with an underscore": _post("Content-Length: 0_2", body=b"{}" + SMUGGLED),
    "a space before the colon": _post("Content-Length : 2", body=b"{}" + SMUGGLED),
    "chunks under another name": _post("Transfer-Encoding: xchunked", body=CHUNKED),
    "chunks twice": _post("Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=CHUNKED),
    "chunks with a vertical tab": _post("Transfer-Encoding: \x0bchunked", body=CHUNKED),
    "a chunk of negative size": _post("Transfer-Encoding: chunked", body=b"-1\r\n{}\r\n" + CHUNKED),
    "a chunk of nonsense": _post("Transfer-Encoding: chunked", body=b"zz\r\n{}\r\n" + CHUNKED),
    "a chunk of huge size": _post("Transfer-Encoding: chunked", body=b"f" * 30 + b"\r\n{}\r\n" + CHUNKED),
    "a chunk with a bad end": _post("Transfer-Encoding: chunked", body=b"2\r\n{}xx" + CHUNKED),
    "a folded header": _post("X-A: b\r\n\tContent-Length: 2", "Content-Length : 0") + SMUGGLED,
    "a header without a colon": request("/api/notes", "nonsense", method="POST") + SMUGGLED,
    "a header with a NUL": request("/api/notes", "X: a\x00b", method="POST") + SMUGGLED,
    "a bare line break": b"POST /api/notes HTTP/1.1\r\nHost: localhost\r\nX: a\rContent-Length: 2\r\n\r\n" + SMUGGLED,
    "two hosts": request("/api/notes", "Host: y", method="POST") + SMUGGLED,
    "HTTP/9": request("/api/notes", method="POST").replace(b"HTTP/1.1", b"HTTP/9.9") + SMUGGLED,
    "no version": b"GET /api/notes\r\n\r\n" + SMUGGLED,
    "spaces in the address": request("/api/notes HTTP/1.1 /x", method="POST") + SMUGGLED,
    "a line break first": b"\r\n\x00\r\n" + SMUGGLED,
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40 + b"\r\n\r\n",
}


@pytest.mark.parametrize("data", SHAPES.values(), ids=SHAPES.keys())
def test_no_request_can_be_smuggled(port: int, strict_server: ServerProcess, data: bytes):
    answer = exchange(port, data)

    assert answer.status in {400, 501, 505}, answer.raw[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.raw.count(b"HTTP/1.1 ") == 1, answer.raw
    assert b"smuggled" not in everything(strict_server)[0]


def test_a_valid_pipelined_request_is_handled(strict_server: ServerProcess):
    data = request("/healthz", "Connection: keep-alive") + SMUGGLED.replace(b"Host", b"Connection: close\r\nHost")

    raw = exchange(strict_server.port, data).raw  # the positive case of the test above

    assert [int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", raw)] == [200, 201]
    note = json.loads(raw.rpartition(b"\r\n\r\n")[2])
    exchange(strict_server.port, request(f"/api/notes/{note['id']}", method="DELETE"))


def test_interrupted_requests_are_harmless(port: int):
    whole = request("/api/notes", JSON, method="POST", body=b'{"title": "half"}')
    for cut in range(1, len(whole), 7):
        with socket.create_connection(("127.0.0.1", port), 20) as connection:
            connection.sendall(whole[:cut])

    assert exchange(port, request("/healthz")).status == 200
