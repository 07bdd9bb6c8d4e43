"""The parser of the fast path accepts only what h11 accepts, with the same result."""

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quart_notes.server.transport import fast_http1
from quart_notes.server.transport.fast_http1 import Request, parse_request

LIMIT = 16384
GET = b"GET /a?b=%20c HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
PIECES = [
    b"GET", b"POST", b"CONNECT", b"get", b" ", b"  ", b"\t", b"/", b"/a?b", b"*", b"http://x/", b"HTTP/1.1",
    b"HTTP/1.0",
    b"\r\n", b"\n", b"\r", b"\x00", b"\x0b", b"\x7f", b"\xff", b":", b": ", b"Host: x", b"Host", b"Content-Length: 2",
    b"content-length:2 ", b"Content-Length: 02", b"Content-Length: +2", b"Content-Length: 2, 2", b"Content-Length : 2",
    b"Transfer-Encoding: chunked", b"Connection: close", b"Connection: keep-alive", b"Connection: Upgrade", b"X: y",
    b"Expect: 100-continue", b"X:", b"X: \ty\t ", b"{}", b"X(: y", b" folded",
]  # fmt: skip
BENT = st.builds(
    lambda whole, at, cut, pieces: whole[: at % len(whole)] + b"".join(pieces) + whole[at % len(whole) + cut :],
    st.sampled_from([GET, POST, POST + GET]),
    st.integers(0, 200),
    st.integers(0, 6),
    st.lists(st.sampled_from(PIECES), max_size=5),
)
LINED = st.builds(
    lambda lines, end: b"\r\n".join([b"POST /a HTTP/1.1", b"Host: x", *lines]) + b"\r\n\r\n" + end,
    st.lists(st.sampled_from([piece for piece in PIECES if len(piece) > 1] + [b"Host: y"]), max_size=5),
    st.sampled_from([b"", b"{}", b"{}GET"]),
)


@given(st.one_of(BENT, LINED))
@example(GET)
@example(POST + GET)
def test_the_parser_accepts_only_what_h11_accepts(data: bytes):
    found = parse_request(data, LIMIT)

    if found is None:
        return
    peer = h11.Connection(h11.SERVER)
    peer.receive_data(data)
    head = peer.next_event()
    assert isinstance(head, h11.Request)
    assert head.http_version == b"1.1"
    assert (head.method.decode(), head.target, list(head.headers)) == (found.method, found.target, found.headers)
    body = b""
    while isinstance(event := peer.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert body == found.body
    assert peer.trailing_data[0] == data[found.size :]
    assert found.last is (peer.their_state is h11.MUST_CLOSE)


@pytest.mark.parametrize("size", [1, fast_http1.LONG_BLOCK], ids=["cached", "too long to cache"])
def test_repeated_headers_are_parsed_alike_and_belong_to_one_request(size: int):
    data = GET[:-2] + b"X: " + b"y" * size + b"\r\n\r\n"
    first = parse_request(data, LIMIT)
    assert first is not None
    assert first.headers == [(b"host", b"x"), (b"x", b"y" * size)]

    first.headers.clear()

    again = parse_request(data.replace(b"/a", b"/b"), LIMIT)
    assert again is not None
    assert again.headers == [(b"host", b"x"), (b"x", b"y" * size)]
    assert again.target == b"/b?b=%20c"


def test_a_simple_request_is_parsed():
    data = b"PATCH /n?q=1 HTTP/1.1\r\nHOST:h \r\nX-Y:\t a b \r\ncontent-length: 3\r\nEmpty:\r\n\r\nabcGET"

    assert parse_request(data, LIMIT) == Request(
        "PATCH",
        b"/n?q=1",
        [(b"host", b"h"), (b"x-y", b"a b"), (b"content-length", b"3"), (b"empty", b"")],
        b"abc",
        len(data) - 3,
        False,
    )


@pytest.mark.parametrize(
    "data",
    [
        GET[:-1],
        POST[:-1],
        GET.replace(b"Host", b"Hast"),
        GET.replace(b"Host: x", b"Host: x\r\nHost: x"),
        GET.replace(b"1.1", b"1.0"),
        GET.replace(b"GET", b"BREW"),
        GET.replace(b"GET /a", b"GET http://x/a"),
        GET.replace(b"\r\n\r\n", b"\r\nUpgrade: websocket\r\n\r\n"),
        GET.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\n\r\n"),
        GET.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"),
        GET.replace(b"\r\n\r\n", b"\r\nX: \xff\r\n\r\n"),
        POST.replace(b": 2", b": 2\r\nContent-Length: 2"),
        POST.replace(b": 2", b": 2\r\nExpect: 100-continue"),
        POST.replace(b": 2", b": 0000000002"),
        GET.replace(b": x", b": x\r\nX: " + b"x" * LIMIT),
    ],
)
def test_any_other_request_is_left_to_h11(data: bytes):
    assert parse_request(data, LIMIT) is None
