"""The highest number of deliveries a second that a system sustains: a search over rates."""

import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.figures import BUSY, Measurement
from bench.server import Server, running
from bench.workloads.fanout import FanOut

LIMIT = 50.0  # maximum p99 in milliseconds
LEAST, MOST = 20.0, 20_000.0  # events a second to try
PRECISION = 1.1  # precision: the search ends when the bounds differ by this factor
TRIES = 2  # consecutive failures of a rate before it is too high


def highest(passes: Callable[[float], bool], least: float, most: float, precision: float) -> float:
    """The highest rate that passes, within a factor; 0 if the lowest fails. Doubles the rate, then halves the gap."""
    good, bad = 0.0, least
    while bad <= most and passes(bad):
        good, bad = bad, bad * 2
    if not good or bad > most:
        return good
    while bad / good > precision:
        middle = math.sqrt(good * bad)
        good, bad = (middle, bad) if passes(middle) else (good, middle)
    return good


@dataclass(frozen=True)
class Most:
    """Deliveries a second to `readers` without loss and with a p99 of at most LIMIT, each rate for `seconds`.

    Every trial starts a new system, so that none is affected by another.
    """

    transport: str
    readers: int
    seconds: float
    precision: float = PRECISION

    def measure(self, server: Server) -> Measurement:
        """Run the search; the remarks are those of the best trial, and whether the load generator was the limit."""
        passed: list[Measurement] = []
        failed: list[Measurement] = []

        def passes(rate: float) -> bool:
            for _ in range(TRIES):
                trial = self._trial(server, rate)
                right = not trial.values["lost"] and trial.values["p99"] <= LIMIT
                (passed if right else failed).append(trial)
                if right:
                    return True
            return False

        rate = highest(passes, LEAST, MOST, self.precision)
        best = max(passed, key=lambda trial: trial.values["rate"], default=Measurement({"rate": 0.0, "lost": 1.0}))
        remarks = list(best.remarks) if passed else [f"not even {LEAST:.0f} events a second passed"]
        if failed and min(failed, key=lambda trial: trial.values["rate"]).busy > BUSY:
            remarks.append("the load generator may be the limit: the system itself may do more")
        return Measurement({**best.values, "events": rate}, remarks, best.busy)

    def _trial(self, server: Server, rate: float) -> Measurement:
        work = FanOut(self.transport, self.readers, rate, self.seconds)
        with tempfile.TemporaryDirectory(prefix="bench-") as folder, running(server.system, Path(folder)) as fresh:
            return work.measure(fresh)
