"""How often something may be tried: a burst, then at a pace. In memory, bounded."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

MAX_KEPT = 50_000  # keys; the one used longest ago is forgotten, which forgives it


@dataclass(frozen=True, slots=True)
class Pace:
    """How often: `burst` times at once, then once in `seconds`."""

    burst: int
    seconds: float


class Throttle:
    """Counts tries by key.

    source   the generic cell rate algorithm: one number a key, the moment at which all it has used up is forgiven
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._forgiven_at: OrderedDict[Hashable, float] = OrderedDict()

    def wait(self, key: Hashable) -> float:
        """Seconds until the next try is due; 0 when it may be now. Counts nothing."""
        full = (self._pace.burst - 1) * self._pace.seconds
        now = asyncio.get_running_loop().time()
        return max(self._forgiven_at.get(key, now) - now - full, 0.0)

    def count(self, key: Hashable) -> None:
        """One try was made."""
        now = asyncio.get_running_loop().time()
        self._forgiven_at[key] = max(self._forgiven_at.get(key, now), now) + self._pace.seconds
        self._forgiven_at.move_to_end(key)
        while len(self._forgiven_at) > MAX_KEPT:
            self._forgiven_at.popitem(last=False)

    def forgive(self, key: Hashable) -> None:
        """Forget what a key has used up."""
        self._forgiven_at.pop(key, None)


class Attempts:
    """Tries of passwords: by nickname and address, by address, and by browser that is known."""

    def __init__(self) -> None:
        self.by_account = Throttle(Pace(burst=10, seconds=10))
        self.by_address = Throttle(Pace(burst=100, seconds=1))
        self.by_device = Throttle(Pace(burst=10, seconds=10))
