"""Our extensions of hypercorn's connections, beyond its settings.

Plain requests do not reach hypercorn's protocols at all (`fast_http1`); all others do, through our subclasses. Tested
with hypercorn 0.18.0, h2 4.4.1 and wsproto 1.3.2 (pinned). The package depends on internal classes:
`hypercorn.asyncio.run.TCPServer`, `hypercorn.asyncio.tcp_server.TaskGroup`, `hypercorn.protocol.H11Protocol`,
`hypercorn.protocol.H2Protocol`, `hypercorn.protocol.h11.WSStream`, `hypercorn.protocol.h2.WSStream` and
`hypercorn.protocol.ws_stream.Handshake`; `tests/server/test_transport.py` fails when one of them moves. Without
them (plain `hypercorn`, another server) the application still runs: live events then go through `send`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from hypercorn import protocol
from hypercorn.asyncio import run, tcp_server
from hypercorn.config import Config
from hypercorn.protocol import h2, h11, ws_stream

from quart_notes.patching import patched
from quart_notes.server.transport.connection import Connection
from quart_notes.server.transport.protocols import CheckedH2Protocol, ProblemH11Protocol
from quart_notes.server.transport.task_group import UnblockedTaskGroup
from quart_notes.server.transport.websocket import BoundedWSStream, NoExtensionsHandshake

METRICS_LIMIT = 16  # connections at once to the metrics server; they do not count for the main one


class MetricsConfig(Config):
    """The configuration of a second small server: its connections are counted, limited and closed separately."""


@contextmanager
def patched_hypercorn(limit: int, *, direct: bool) -> Iterator[type[Connection]]:
    """Have hypercorn use these classes; yields the connection class.

    limit    number of connections served at once
    direct   the broadcaster writes to the transports of HTTP/1.1 websockets and pings them too
    """

    class LimitedConnection(Connection):
        open: ClassVar[set[Connection]] = set()

    class MetricsConnection(Connection):
        open: ClassVar[set[Connection]] = set()

    def connection(app: Any, loop: Any, config: Config, *rest: Any) -> Connection:
        kind = MetricsConnection if isinstance(config, MetricsConfig) else LimitedConnection
        return kind(app, loop, config, *rest)

    class H11WSStream(BoundedWSStream):
        sends_pings = not direct

    LimitedConnection.limit, MetricsConnection.limit = limit, METRICS_LIMIT
    with (
        patched(run, "TCPServer", connection),
        patched(tcp_server, "TaskGroup", UnblockedTaskGroup),
        patched(protocol, "H11Protocol", ProblemH11Protocol),
        patched(protocol, "H2Protocol", CheckedH2Protocol),
        patched(h11, "WSStream", H11WSStream),
        patched(h2, "WSStream", BoundedWSStream),
        patched(ws_stream, "Handshake", NoExtensionsHandshake),
    ):
        yield LimitedConnection
