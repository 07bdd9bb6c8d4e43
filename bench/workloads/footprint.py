"""The cost of a system: memory for each connected reader, seconds until its first response."""

import time
from dataclasses import dataclass

from bench.figures import Measurement
from bench.readers import Readers
from bench.server import Server

SETTLE = 1.5  # seconds before memory is read, for allocators and late handshakes


@dataclass
class Memory:
    """Growth of resident memory from `base` idle readers to `more` on top of them, KiB each.

    Afterwards one note is created, and each reader must get it.
    """

    transport: str
    base: int
    more: int

    def measure(self, server: Server) -> Measurement:
        """Measure once."""
        with Readers(server, self.transport) as readers:
            readers.connect(self.base)
            before = self._settled(server, readers)
            readers.connect(self.more)
            after = self._settled(server, readers)
            answer = server.ask(server.post(server.system.create_path(), server.system.note(0)))
            server.system.acknowledged(answer, 0)
            expected = self.base + self.more
            readers.receive(expected, time.monotonic() + 10)
            got = {reader for _, reader, numbers in readers.notes if 0 in numbers}
            remarks = readers.failures[:2]
            if len(got) < expected:
                remarks.append(f"{expected - len(got)} of {expected} idle readers got no event")
        return Measurement({"kb": (after - before) / self.more, "lost": 1 - len(got) / expected}, remarks)

    def _settled(self, server: Server, readers: Readers) -> float:
        """Memory of the server after a pause, KiB; pings are answered during it."""
        readers.receive(1, time.monotonic() + SETTLE)
        return server.memory_kb()


class Start:
    """Seconds from before the process starts to its first complete response, the list of notes."""

    def measure(self, server: Server) -> Measurement:
        """Return what was measured when it started."""
        return Measurement({"seconds": server.start_seconds})
