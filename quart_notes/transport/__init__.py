"""Our corner of hypercorn: what its connections must show and refuse, beyond its settings.

Plain requests do not reach hypercorn's protocols at all (`plain`); everything else does, and comes through its own
classes here. Tested with hypercorn 0.18.0 (pinned). It leans on inner classes: `hypercorn.asyncio.run.TCPServer`,
`hypercorn.asyncio.tcp_server.TaskGroup`, `hypercorn.protocol.H11Protocol`, `hypercorn.protocol.H2Protocol`,
`hypercorn.protocol.h11.WSStream`, `hypercorn.protocol.h2.WSStream` and `hypercorn.protocol.ws_stream.Handshake`;
`tests/test_transport.py` fails when one of them moves. Without `installed()` (plain `hypercorn`, another server) the
application runs all the same: live events then go through `send`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar
from unittest.mock import patch

from quart_notes.transport.connection import Connection, Peer
from quart_notes.transport.http import CheckedH2Protocol, ProblemH11Protocol
from quart_notes.transport.task_group import UnblockedTaskGroup
from quart_notes.transport.websocket import BoundedWSStream, PlainHandshake

__all__ = ["Connection", "Peer", "installed"]


@contextmanager
def installed(limit: int, *, direct: bool) -> Iterator[type[Connection]]:
    """Have hypercorn use these classes; gives the one of its connections.

    limit    the number of connections it serves at once
    direct   the broadcaster writes to the transports of HTTP/1.1 websockets and pings them too
    """

    class LimitedConnection(Connection):
        open: ClassVar[set[Connection]] = set()

    class H11WSStream(BoundedWSStream):
        beats = not direct

    LimitedConnection.limit = limit
    with (
        patch("hypercorn.asyncio.run.TCPServer", LimitedConnection),
        patch("hypercorn.asyncio.tcp_server.TaskGroup", UnblockedTaskGroup),
        patch("hypercorn.protocol.H11Protocol", ProblemH11Protocol),
        patch("hypercorn.protocol.H2Protocol", CheckedH2Protocol),
        patch("hypercorn.protocol.h11.WSStream", H11WSStream),
        patch("hypercorn.protocol.h2.WSStream", BoundedWSStream),
        patch("hypercorn.protocol.ws_stream.Handshake", PlainHandshake),
    ):
        yield LimitedConnection
