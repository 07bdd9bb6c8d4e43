"""Readers beside silent ones: how soon some hear of changes while many others have stopped reading."""

import socket
from contextlib import ExitStack
from dataclasses import dataclass

from bench.figures import NEVER, Measurement
from bench.readers import opened
from bench.server import Server
from bench.workloads.fanout import FanOut

RECEIVE_BUFFER = 4096  # bytes the kernel keeps for a silent one


@dataclass(frozen=True)
class BesideSilent:
    """A fan-out without the silent ones, then with them, on the same server.

    All of them stop at once, when the second begins; that they are noticed, and their connections ended, is in it.
    """

    work: FanOut
    silent: int

    def measure(self, server: Server) -> Measurement:
        """Run both."""
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
    """A reader that is subscribed and never reads again."""
    connection, rest = opened(server, transport, receive_buffer=RECEIVE_BUFFER)
    server.system.kinds[transport].enter(connection, rest, server, "")
    return connection
