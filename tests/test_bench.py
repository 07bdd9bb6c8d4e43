"""The benchmark's own instruments, on bytes at hand: what they count must be what was sent."""

import json
import math
from collections.abc import Callable, Iterable

import pytest

from bench import http1, sse, websocket
from bench.figures import NEVER, Summary, percentile, percentile_with_lost
from bench.lines import lines
from bench.stream import Piece, StreamEnded
from bench.systems import SYSTEMS, System

PAYLOADS = (b'{"n":1}', b'{"n":2,"text":"' + b"x" * 300 + b'"}', b"\xe2\x80\xa6", b"y" * 70_000)


def frame(payload: bytes, opcode: int = 1) -> bytes:
    """A server's websocket frame."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65536:
        return bytes((0x80 | opcode, 126)) + size.to_bytes(2, "big") + payload
    return bytes((0x80 | opcode, 127)) + size.to_bytes(8, "big") + payload


def chunk(text: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(text), text)


def fed(parse: Callable[[bytes], Piece], parts: Iterable[bytes]) -> Piece:
    """All that a stream gives when it comes in these parts."""
    payloads: tuple[bytes, ...] = ()
    rest = reply = b""
    for part in parts:
        piece = parse(rest + part)
        payloads += piece.payloads
        reply += piece.reply
        rest = piece.rest
    return Piece(payloads, rest, reply)


def near_cuts(stream: bytes) -> list[int]:
    """Every place to cut a short stream; the first, the last and some of a long one."""
    if len(stream) < 3000:
        return list(range(len(stream) + 1))
    return [*range(700), *range(700, len(stream) - 50, 997), *range(len(stream) - 50, len(stream) + 1)]


def test_websocket_frames_cut_anywhere_are_whole_again():
    stream = b"".join(frame(payload) for payload in PAYLOADS) + frame(b"hello", opcode=9)
    for cut in near_cuts(stream):
        piece = fed(websocket.parse, (stream[:cut], stream[cut:]))

        assert piece.payloads == PAYLOADS
        assert piece.rest == b""
        assert piece.reply == b"\x8a\x85\0\0\0\0hello"


def test_websocket_frames_come_byte_by_byte():
    stream = b"".join(frame(payload) for payload in PAYLOADS[:3])

    assert fed(websocket.parse, (bytes((byte,)) for byte in stream)).payloads == PAYLOADS[:3]


def test_a_closed_or_fragmented_websocket_is_not_passed_over():
    with pytest.raises(StreamEnded, match="1013"):
        websocket.parse(frame(b"a") + frame((1013).to_bytes(2, "big"), opcode=8))
    with pytest.raises(ValueError, match="fragment"):
        websocket.parse(b"\x01\x01a")


def test_events_cut_anywhere_are_whole_again():
    texts = (
        b"retry: 100\n\n",
        b": keep\n\n",
        b"id: 1\ndata: a\n\n",
        b"data:b\r\ndata: c\r\n\r\n",
        b"event: x\ndata: d\n\n",
    )
    stream = b"".join(map(chunk, texts))
    for cut in near_cuts(stream):
        piece = fed(sse.parse, (stream[:cut], stream[cut:]))

        assert piece == Piece((b"a", b"b\nc", b"d"), b"", b"")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 20, 1000])
def test_events_need_not_end_where_chunks_do(size: int):
    text = b"id: 1\ndata: first\n\nid: 2\ndata: second\n\ndata: third\n\n"
    stream = b"".join(chunk(text[at : at + size]) for at in range(0, len(text), size))

    assert fed(sse.parse, (bytes((byte,)) for byte in stream)).payloads == (b"first", b"second", b"third")


def test_an_event_stream_that_ends_is_not_passed_over():
    with pytest.raises(StreamEnded):
        sse.parse(chunk(b"data: a\n\n") + b"0\r\n\r\n")


@pytest.mark.parametrize(
    "stream",
    [
        b"HTTP/1.1 201 Created\r\ncontent-length: 5\r\nx: y\r\n\r\nhello",
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
    ],
)
def test_a_response_is_whole_at_its_last_byte_and_no_sooner(stream: bytes):
    assert all(http1.response(stream[:cut]) is None for cut in range(len(stream)))

    answer = http1.response(stream + b"HTTP")
    assert answer is not None
    assert (answer.status, answer.body, answer.rest) == (201, b"hello", b"HTTP")


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.key)
def test_a_delivery_is_known_by_its_number_and_a_damaged_one_is_refused(system: System):
    note = {"id": 7, "created_at": "x", "updated_at": "x", **system.note(42)}

    def event(action: str, **changes: str) -> bytes:
        return json.dumps({"id": "e-1", "action": action, "note": {**note, **changes}}).encode()

    assert system.created(event("create")) == 42
    assert system.created(event("update")) is None
    with pytest.raises(ValueError, match="not the note"):
        system.created(event("create", description="cut sho"))
    with pytest.raises(ValueError, match="reset"):
        system.created(b'{"id":"e-1","action":"reset"}')


def test_what_was_lost_counts_as_later_than_all_that_came():
    came = [float(number) for number in range(1, 100)]

    assert percentile(came, 0.5) == 50
    assert percentile_with_lost(came, 1, 0.99) == 99
    assert percentile_with_lost(came, 2, 0.99) == NEVER
    assert percentile_with_lost([], 3, 0.5) == NEVER
    assert math.isnan(percentile([], 0.5))
    assert Summary.of([3, 1, 2]) == Summary(2, 1, 3)


def test_lines_have_keys_of_their_own_and_rows_with_units():
    keys = [line.key for line in lines(quick=True)]

    assert len(keys) == len(set(keys))
    assert all(row.unit for line in lines(quick=False) for row in line.rows)
