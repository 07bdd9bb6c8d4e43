"""What a system takes: memory for each reader that is connected, seconds until it answers."""

import time
from dataclasses import dataclass

from bench.figures import Measurement
from bench.readers import Readers
from bench.server import Server

SETTLE = 1.5  # seconds before memory is read, for allocators and late handshakes


@dataclass
class Memory:
    """Growth of resident memory from `base` idle readers to `more` on top of them, KiB each.

    Afterwards one note is created, and each of them must get it.
    """

    transport: str
    base: int
    more: int

    def measure(self, server: Server) -> Measurement:
        """Run it once."""
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
        """Memory of the server after a rest, KiB; pings are answered during it."""
        readers.receive(1, time.monotonic() + SETTLE)
        return server.memory_kb()


class Start:
    """Seconds from before the process is started to its first whole answer, the list of notes."""

    def measure(self, server: Server) -> Measurement:
        """Tell what was seen when it started."""
        return Measurement({"seconds": server.start_seconds})
