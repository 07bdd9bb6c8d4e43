"""An event stream from its reader's side: server-sent events in HTTP/1.1 chunks."""

import re

from bench import http1
from bench.streams.stream import Piece, StreamEnded, nothing_more

EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")

enter = nothing_more


def handshake(path: str, headers: str = "") -> bytes:
    """Request an event stream."""
    return http1.get(path, f"{headers}Accept: text/event-stream\r\n")


def accepted(status: int, head: bytes) -> bool:
    """Whether the response is an event stream in chunks, as `parse` expects."""
    return status == 200 and b"text/event-stream" in head.lower() and http1.CHUNKED.search(head) is not None


def parse(data: bytes) -> Piece:
    """The data of the events in `data`; raises StreamEnded at the last chunk.

    Comments and events without data (keep-alives) are skipped.
    """
    text, rest, ended = http1.chunks(data)
    if ended:
        raise StreamEnded("last chunk")
    payloads, unfinished = events(text)
    if unfinished:  # wrapped into a chunk again, so that the rest is one run of bytes
        rest = b"%x\r\n%b\r\n" % (len(unfinished), unfinished) + rest
    return Piece(payloads, rest, b"")


def events(text: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """The data of the complete events in `text`, and the remaining text."""
    *whole, unfinished = EVENT_END.split(text)
    return tuple(data for event in whole if (data := _data(event))), unfinished


def _data(event: bytes) -> bytes:
    """The data lines of one event, joined."""
    lines = [line[5:] for line in event.splitlines() if line.startswith(b"data:")]
    return b"\n".join(line.removeprefix(b" ") for line in lines)
