"""SQLite's own rate of inserts that are on the disk, from one loop that does nothing else."""

import json
from dataclasses import dataclass

from bench import http1
from bench.figures import Measurement
from bench.server import Server


@dataclass(frozen=True)
class Inserts:
    """Notes a second, each in a transaction with its event."""

    seconds: float

    def measure(self, server: Server) -> Measurement:
        """Measure once."""
        done = json.loads(server.ask(http1.post("/go", {"seconds": self.seconds})).body)
        return Measurement({"rate": done["notes"] / done["seconds"], "lost": 0})
