"""A wire in the test's own process, which loses, doubles and delays what it carries when it is told to."""

import asyncio
import random
from collections.abc import Iterable

from quart_notes.cluster.peers import LOOK, Peers


class Exchange:
    """All ends of a wire. Whole and quick, until it is given a chance to be otherwise."""

    def __init__(self, limit: int = 7900) -> None:
        self.limit = limit
        self.chance: random.Random | None = None
        self.carried: list[bytes] = []
        self.cut: set[str] = set()  # names of processes that neither send nor hear
        self._ends: dict[str, Peers] = {}

    def join(self, peers: Peers) -> Peers:
        """Have a process begin to use the wire."""
        self._ends[peers.me] = peers
        peers.start(End(self, peers.me))
        return peers

    def kill(self, *names: str) -> None:
        """Have processes fall silent without a goodbye."""
        for name in names:
            self.cut.add(name)
            peers = self._ends.pop(name)
            peers._wire = None
            peers.stop()

    def freeze(self, peers: Peers) -> None:
        """Stop a process, as far as its words go, until it is thawed."""
        self.cut.add(peers.me)
        for timer in peers._timers.values():
            timer.cancel()

    def thaw(self, peers: Peers) -> None:
        """Let it go on, as if no time had passed."""
        self.cut.discard(peers.me)
        acts = list(peers._timers)
        peers._timers.clear()
        for act in acts:
            act()

    def carry(self, name: str, datum: bytes) -> None:
        """Bring a datum to all ends, the sender's own too."""
        assert len(datum) <= self.limit
        assert datum.isascii()
        self.carried.append(datum)
        if name not in self.cut:
            for end in self._ends:
                for delay in self._delays():
                    asyncio.get_running_loop().call_later(delay, self._bring, end, datum)

    def _delays(self) -> Iterable[float]:
        if self.chance is None:
            return [0.001]
        return [self.chance.choice([0.001, 0.01, 0.3, 2]) for _ in range(self.chance.choice([0, 0, 1, 1, 1, 2]))]

    def _bring(self, name: str, datum: bytes) -> None:
        if name not in self.cut and name in self._ends:
            self._ends[name].received(datum)


class End:
    """One end of the wire."""

    def __init__(self, exchange: Exchange, name: str) -> None:
        self.limit = exchange.limit
        self._exchange, self._name = exchange, name

    def send(self, datum: bytes) -> None:
        """Bring it to all others."""
        self._exchange.carry(self._name, datum)


MOMENT = 0.2  # seconds in which those who come know each other, on a wire that is whole
LATE = 2 + LOOK  # seconds after which nothing that was delayed comes any more
