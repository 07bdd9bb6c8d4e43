"""A rate limit: a burst, then a steady rate.

source   the generic cell rate algorithm: one number for each key, the time at which all its attempts are refilled
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`burst` attempts at once, then one in `seconds`. Times are in seconds of one clock."""

    burst: int
    seconds: float

    def wait(self, forgiven_at: float, now: float) -> float:
        """Seconds until the next attempt is allowed; 0 when it is allowed now."""
        return max(forgiven_at - now - (self.burst - 1) * self.seconds, 0.0)

    def counted(self, forgiven_at: float, now: float) -> float:
        """The time at which all is refilled after one more attempt."""
        return max(forgiven_at, now) + self.seconds

    def corrected(self, forgiven_at: float, now: float) -> float:
        """The time, or that of a whole burst when the clock was far ahead.

        Nobody waits longer than a burst takes. Smaller differences stay: the clocks of machines differ a little.
        """
        whole = self.burst * self.seconds
        return now + whole if self.wait(forgiven_at, now) > whole else forgiven_at


@dataclass(slots=True)
class Meter:
    """How much one client has used of a rate limit."""

    limit: RateLimit
    refilled_at: float = float("-inf")

    def use(self, now: float) -> float:
        """Count an attempt; returns the seconds to wait before it."""
        wait = self.limit.wait(self.refilled_at, now)
        self.refilled_at = self.limit.counted(self.refilled_at, now)
        return wait
