"""HTTP/2 with prior knowledge, as a proxy may use it: the same responses; only protocol errors end a connection."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import h2.config
import h2.connection
import h2.events
import pytest

Headers = list[tuple[bytes, bytes]]
JSON = (b"content-type", b"application/json")
LARGE = b'{"title": "' + b"x" * 400_000 + b'"}'


class Client:
    """One connection; can send frames that no client library would send."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        config = h2.config.H2Configuration(
            client_side=True, validate_outbound_headers=False, normalize_outbound_headers=False, header_encoding=None
        )
        self._h2 = h2.connection.H2Connection(config)
        self._h2.initiate_connection()
        self._received: dict[int, tuple[int, bytes]] = {}
        self._ended: set[int] = set()
        self.closed = False
        self._flush()

    def send(self, headers: Headers, body: bytes = b"") -> int:
        """Start a request, with its body up to the flow-control window; returns its stream id."""
        stream = self._h2.get_next_available_stream_id()
        self._h2.send_headers(stream, headers, end_stream=not body)
        self._flush()
        while body and not self.closed and stream not in self._ended:
            room = min(self._h2.local_flow_control_window(stream), self._h2.max_outbound_frame_size, len(body))
            if room:
                self._h2.send_data(stream, body[:room], end_stream=room == len(body))
                body = body[room:]
                self._flush()
            else:
                self._receive()
        return stream

    def answer(self, stream: int) -> tuple[int, bytes]:
        """Status and body of the response; status 0 if the connection was closed."""
        while stream not in self._ended and not self.closed:
            self._receive()
        return self._received.get(stream, (0, b""))

    def _flush(self) -> None:
        self._socket.sendall(self._h2.data_to_send())

    def _receive(self) -> None:
        data = self._socket.recv(1 << 16)
        if not data:
            self.closed = True
            return
        for event in self._h2.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived):
                self._received[event.stream_id] = (int(dict(event.headers)[b":status"]), b"")
            elif isinstance(event, h2.events.DataReceived):
                status, body = self._received[event.stream_id]
                self._received[event.stream_id] = (status, body + event.data)
                self._h2.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded | h2.events.StreamReset):
                self._ended.add(event.stream_id)
            elif isinstance(event, h2.events.ConnectionTerminated):
                self.closed = True
        if not self.closed:
            self._flush()


@contextmanager
def _client(port: int) -> Iterator[Client]:
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        yield Client(connection)


def _request(path: bytes, method: bytes = b"GET", *further: tuple[bytes, bytes]) -> Headers:
    return [(b":method", method), (b":scheme", b"http"), (b":authority", b"localhost"), (b":path", path), *further]


def test_responses_equal_those_of_http1(port: int):
    with _client(port) as client:
        first = [client.send(_request(path)) for path in (b"/api/version", b"/api/notes/1", b"/api/notes/999")]

        assert [client.answer(stream)[0] for stream in first] == [200, 200, 404]
        refused = client.send(_request(b"/api/notes", b"POST", JSON), b'{"title": 1}')
        status, body = client.answer(refused)
        assert (status, json.loads(body)["code"]) == (422, "validation_failed")
        for _ in range(2):  # the second one is cached
            assert client.answer(client.send(_request(b"/api/notes")))[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (_request(b"?x"), 400),
        (_request(b"*", b"OPTIONS"), 400),
        (_request(b"/api/notes", b"DELETE", (b"origin", b"https://evil.example")), 403),
        ([(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b".."), (b":path", b"/")], 421),
    ],
    ids=range(4),
)
def test_bad_requests_are_refused_and_the_connection_stays_open(port: int, headers: Headers, status: int):
    with _client(port) as client:
        assert client.answer(client.send(headers))[0] == status
        assert client.answer(client.send(_request(b"/healthz")))[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        _request(b""),
        _request(b"/\xff"),
        _request(b"/api/version?\xff"),
        _request(b"/a\r\nb"),
        _request(b"/", b"G\xffT"),
        [(b":method", b"CONNECT"), (b":authority", b"localhost:1")],
        [(b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/")],
        [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"localhost")],
        _request(b"/", b"GET", (b"transfer-encoding", b"chunked")),
        _request(b"/", b"GET", (b"X-Upper", b"1")),
        _request(b"/", b"GET", (b"x", b"y" * 80_000)),  # more than 64 KiB
    ],
    ids=range(11),
)
def test_only_protocol_errors_end_the_connection(port: int, headers: Headers):
    with _client(port) as other, _client(port) as client:
        assert client.answer(client.send(headers))[0] == 0
        assert client.closed
        assert other.answer(other.send(_request(b"/healthz")))[0] == 200


def test_a_too_large_body_is_refused_and_the_connection_stays_open(port: int):
    with _client(port) as client:
        for _ in range(3):
            stream = client.send(_request(b"/api/notes", b"POST", JSON), LARGE)
            assert client.answer(stream)[0] in {0, 413}

        assert client.answer(client.send(_request(b"/healthz")))[0] == 200
