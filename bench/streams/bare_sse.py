"""An event stream that ends with its connection: no chunks, as nginx sends it."""

from bench import http1
from bench.streams import sse
from bench.streams.stream import Piece, nothing_more

enter = nothing_more
handshake = sse.handshake


def accepted(status: int, head: bytes) -> bool:
    """Whether the response is an event stream without chunks."""
    return status == 200 and b"text/event-stream" in head.lower() and http1.CHUNKED.search(head) is None


def parse(data: bytes) -> Piece:
    """The data of the events in `data`; the end of the stream is the end of the connection."""
    return Piece(*sse.events(data), b"")
