"""Encodes events as websocket frames, server-sent events and chunks."""

from quart_notes.live.channel import FeedMessage

PING = b"\x89\x00"  # an empty ping frame, RFC 6455, 5.5.2
COMMENT = b": \n\n"  # server-sent events ignore a line that starts with a colon


def text_frame(data: bytes) -> bytes:
    """UTF-8 text as an unmasked, unfragmented frame.

    source   RFC 6455, 5.2
    """
    size = len(data)
    if size < 126:
        return b"\x81" + size.to_bytes(1) + data
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2) + data
    return b"\x81\x7f" + size.to_bytes(8) + data


def websocket_frame(message: FeedMessage) -> bytes:
    """An event as a text frame."""
    return text_frame(message.data)


def sse(message: FeedMessage) -> bytes:
    """An event of an event stream, with its id when it is durable; its JSON never contains a line break.

    source   WHATWG HTML, "Server-sent events"
    """
    if message.number is None:
        return b"data: %s\n\n" % message.data
    return b"id: %s\ndata: %s\n\n" % (message.event_id.encode(), message.data)


def chunk(data: bytes) -> bytes:
    """A chunk of an HTTP/1.1 body.

    source   RFC 9112, 7.1
    """
    return b"%x\r\n%s\r\n" % (len(data), data)


def sse_chunk(message: FeedMessage) -> bytes:
    """An event of an event stream, in a chunk of its own."""
    return chunk(sse(message))
