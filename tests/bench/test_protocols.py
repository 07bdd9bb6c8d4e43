"""The benchmark's protocol parsers, on bytes that are split anywhere."""

import socket
from collections.abc import Callable, Iterable

import pytest

from bench import http1
from bench.streams import bare_sse, engineio, realtime, sse, websocket
from bench.streams.stream import Piece, StreamEnded
from tests.support.servers.bench_peers import Peer, chunk, frame

PAYLOADS = (b'{"n":1}', b'{"n":2,"text":"' + b"x" * 300 + b'"}', b"\xe2\x80\xa6", b"y" * 70_000)


def parsed(parse: Callable[[bytes], Piece], parts: Iterable[bytes]) -> Piece:
    """Everything that a parser returns for these pieces."""
    payloads: tuple[bytes, ...] = ()
    rest = reply = b""
    for part in parts:
        piece = parse(rest + part)
        payloads += piece.payloads
        reply += piece.reply
        rest = piece.rest
    return Piece(payloads, rest, reply)


def split_positions(stream: bytes) -> list[int]:
    """Every position at which a short stream can be split; the first, the last and some of a long one."""
    if len(stream) < 3000:
        return list(range(len(stream) + 1))
    return [*range(700), *range(700, len(stream) - 50, 997), *range(len(stream) - 50, len(stream) + 1)]


def test_websocket_frames_split_anywhere_are_parsed():
    stream = b"".join(frame(payload) for payload in PAYLOADS) + frame(b"hello", opcode=9)
    for cut in split_positions(stream):
        piece = parsed(websocket.parse, (stream[:cut], stream[cut:]))

        assert piece.payloads == PAYLOADS
        assert piece.rest == b""
        assert piece.reply == b"\x8a\x85\0\0\0\0hello"


def test_websocket_frames_are_parsed_byte_by_byte():
    stream = b"".join(frame(payload) for payload in PAYLOADS[:3])

    assert parsed(websocket.parse, (bytes((byte,)) for byte in stream)).payloads == PAYLOADS[:3]


def test_a_closed_or_fragmented_websocket_is_an_error():
    with pytest.raises(StreamEnded, match="1013"):
        websocket.parse(frame(b"a") + frame((1013).to_bytes(2, "big"), opcode=8))
    with pytest.raises(ValueError, match="fragment"):
        websocket.parse(b"\x01\x01a")


def test_events_split_anywhere_are_parsed():
    texts = (
        b"retry: 100\n\n",
        b": keep\n\n",
        b"id: 1\ndata: a\n\n",
        b"data:b\r\ndata: c\r\n\r\n",
        b"event: x\ndata: d\n\n",
    )
    stream = b"".join(map(chunk, texts))
    for cut in split_positions(stream):
        piece = parsed(sse.parse, (stream[:cut], stream[cut:]))

        assert piece == Piece((b"a", b"b\nc", b"d"), b"", b"")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 20, 1000])
def test_an_event_may_span_chunks(size: int):
    text = b"id: 1\ndata: first\n\nid: 2\ndata: second\n\ndata: third\n\n"
    stream = b"".join(chunk(text[at : at + size]) for at in range(0, len(text), size))

    assert parsed(sse.parse, (bytes((byte,)) for byte in stream)).payloads == (b"first", b"second", b"third")


def test_the_end_of_an_event_stream_is_an_error():
    with pytest.raises(StreamEnded):
        sse.parse(chunk(b"data: a\n\n") + b"0\r\n\r\n")


@pytest.mark.parametrize(
    "stream",
    [
        b"HTTP/1.1 201 Created\r\ncontent-length: 5\r\nx: y\r\n\r\nhello",
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
    ],
)
def test_a_response_is_complete_at_its_last_byte(stream: bytes):
    assert all(http1.response(stream[:cut]) is None for cut in range(len(stream)))

    answer = http1.response(stream + b"HTTP")
    assert answer is not None
    assert (answer.status, answer.body, answer.rest) == (201, b"hello", b"HTTP")


def test_a_304_has_no_body_whatever_its_content_length():
    answer = http1.response(b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 500\r\n\r\n')

    assert answer is not None
    assert (answer.body, answer.header("etag")) == (b"", '"a"')
    with pytest.raises(KeyError):
        answer.header("last-event-id")


def test_every_request_has_the_headers_of_its_client():
    head = "Cookie: quart_notes_session=x\r\n"
    made = [http1.get("/", head), http1.post("/", {}, head), http1.patch("/", {}, head)]
    made += [kind.handshake("/", head) for kind in (websocket, sse, bare_sse, engineio, realtime)]

    for request in made:
        assert request.count(b"\r\nCookie: quart_notes_session=x\r\n") == 1
        assert request.partition(http1.HEAD_END)[1]


# The protocols of the peers.


def test_an_event_stream_without_chunks_is_parsed():
    stream = b': hi\n\nid: 1795173636:0\ndata: {"a":1}\n\nid: 1795173636:1\ndata: {"a":2}\n\n'
    for cut in split_positions(stream):
        assert parsed(bare_sse.parse, (stream[:cut], stream[cut:])) == Piece((b'{"a":1}', b'{"a":2}'), b"", b"")


def test_chunked_and_unchunked_event_streams_are_distinguished():
    plain = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    chunked = plain + b"Transfer-Encoding: chunked\r\n"

    assert (bare_sse.accepted(200, plain), bare_sse.accepted(200, chunked)) == (True, False)
    assert (sse.accepted(200, plain), sse.accepted(200, chunked)) == (False, True)
    assert not bare_sse.accepted(403, plain)


def test_socketio_packets_split_anywhere_are_parsed_and_pings_answered():
    stream = frame(b'42["note",{"n":1}]') + frame(b"2") + frame(b'42["note",{"n":2}]') + frame(b"", opcode=9)
    for cut in split_positions(stream):
        piece = parsed(engineio.parse, (stream[:cut], stream[cut:]))

        assert piece.payloads == (b'["note",{"n":1}]', b'["note",{"n":2}]')
        assert sorted(piece.reply) == sorted(websocket.frame(b"3") + websocket.frame(b"", websocket.PONG))


@pytest.mark.parametrize("packet", [b"1", b"41", b'44{"message":"no"}'])
def test_a_socketio_disconnect_is_an_error(packet: bytes):
    with pytest.raises(StreamEnded):
        engineio.parse(frame(packet))


@pytest.mark.parametrize("packet", [b"6", b'40{"sid":"a"}', b'43["ack"]', b'"note"'])
def test_an_unexpected_socketio_packet_is_refused(packet: bytes):
    with pytest.raises(ValueError, match="should not come"):
        engineio.parse(frame(packet))


def test_a_socketio_reader_is_subscribed_once_its_namespace_is_confirmed():
    mine, theirs = socket.socketpair()
    with mine, theirs:
        opening = frame(b'0{"sid":"a","pingInterval":25000}')
        theirs.sendall(opening[9:] + frame(b'40{"sid":"b"}') + frame(b'42["note",{}]'))

        entered = engineio.enter(mine, opening[:9], Peer("socketio").server(), "")

        assert theirs.recv(100) == websocket.frame(b"40")
        assert engineio.parse(entered.rest).payloads == (b'["note",{}]',)


def test_a_realtime_reader_subscribes_with_its_connection_id():
    mine, theirs = socket.socketpair()
    peer = Peer("pocketbase")
    with mine, theirs:
        theirs.sendall(chunk(b'id:abc\nevent:PB_CONNECT\ndata:{"clientId":"abc"}\n\n'))

        entered = realtime.enter(mine, b"", peer.server(), "board3")

    assert peer.asked == [("/api/realtime", {"clientId": "abc", "subscriptions": ["board3/*"]})]
    assert entered.mark == b"abc"


def test_a_realtime_reader_with_a_failed_subscription_is_an_error():
    with pytest.raises(ValueError, match="names the connection"):
        realtime.client(b'{"action":"create"}')
    mine, theirs = socket.socketpair()
    with mine, theirs, pytest.raises(ConnectionError, match="refused"):
        realtime.enter(mine, chunk(b'data:{"clientId":"abc"}\n\n'), Peer("pocketbase", 400).server(), "")
