"""A transport in the test's own process, which loses, duplicates and delays datagrams on demand."""

import asyncio
import random
from collections.abc import Iterable

from quart_notes.cluster.presence_replication import PresenceReplication


class LossyWire:
    """All ends of a transport. Lossless and fast by default."""

    def __init__(self, limit: int = 7900) -> None:
        self.limit = limit
        self.chance: random.Random | None = None
        self.carried: list[bytes] = []
        self.cut: set[str] = set()  # ids of disconnected processes
        self._ends: dict[str, PresenceReplication] = {}

    def join(self, process: PresenceReplication) -> None:
        """Connect a process to the transport."""
        self._ends[process.id] = process
        process.start(End(self, process.id))

    def kill(self, process: PresenceReplication) -> None:
        """Remove a process abruptly."""
        self.cut.add(process.id)
        process.stop()

    def carry(self, sender: str, datagram: bytes) -> None:
        """Deliver a datagram to all ends, the sender's own too."""
        assert len(datagram) <= self.limit
        assert datagram.isascii()
        if sender not in self.cut:
            self.carried.append(datagram)
            for end in self._ends:
                for delay in self._delays():
                    asyncio.get_running_loop().call_later(delay, self._bring, end, datagram)

    def _delays(self) -> Iterable[float]:
        if self.chance is None:
            return [0.001]
        return [self.chance.choice([0.001, 0.01, 0.3, 2]) for _ in range(self.chance.choice([0, 0, 1, 1, 1, 2]))]

    def _bring(self, process_id: str, datagram: bytes) -> None:
        if process_id not in self.cut:
            self._ends[process_id].receive(datagram)


class End:
    """One end of the transport."""

    def __init__(self, wire: LossyWire, process_id: str) -> None:
        self.limit = wire.limit
        self._wire, self._id = wire, process_id

    def send(self, datagram: bytes) -> None:
        """Send to all others."""
        self._wire.carry(self._id, datagram)


MOMENT = 0.2  # seconds until a change is known everywhere, on a lossless transport
LATE = 2.1  # seconds after which no delayed datagram arrives any more
