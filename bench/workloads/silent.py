"""Readers beside stalled ones: the latency of some while many others have stopped reading."""

import socket
from contextlib import ExitStack
from dataclasses import dataclass

from bench.figures import NEVER, Measurement
from bench.readers import opened
from bench.server import Server
from bench.workloads.fanout import FanOut

RECEIVE_BUFFER = 4096  # bytes that the kernel buffers for a stalled reader


@dataclass(frozen=True)
class BesideSilent:
    """A fan-out without stalled readers, then with them, on the same server.

    All of them stop reading at once, when the second half starts; it includes the time to detect and disconnect them.
    """

    work: FanOut
    silent: int

    def measure(self, server: Server) -> Measurement:
        """Measure both."""
        alone = self.work.measure(server)
        with ExitStack() as stack:
            for _ in range(self.silent):
                stack.enter_context(_silent(server, self.work.transport))
            beside = self.work.measure(server)
        values = {name: half.values["p99"] for name, half in (("alone", alone), ("beside", beside))}
        if values["alone"] < NEVER:
            values["ratio"] = values["beside"] / values["alone"]
        values["lost"] = beside.values["lost"]
        return Measurement(values, alone.remarks + beside.remarks, max(alone.busy, beside.busy))


def _silent(server: Server, transport: str) -> socket.socket:
    """A subscribed reader that never reads again."""
    connection, rest = opened(server, transport, receive_buffer=RECEIVE_BUFFER)
    server.system.kinds[transport].enter(connection, rest, server, "")
    return connection
