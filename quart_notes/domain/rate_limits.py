"""How often something may be tried: a burst, then at a pace.

source   the generic cell rate algorithm: one number for each key, the moment at which all it has used up is forgiven
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """How often: `burst` times at once, then once in `seconds`. Moments are in seconds of one clock."""

    burst: int
    seconds: float

    def wait(self, forgiven_at: float, now: float) -> float:
        """Seconds until the next try is due; 0 when it may be now."""
        return max(forgiven_at - now - (self.burst - 1) * self.seconds, 0.0)

    def counted(self, forgiven_at: float, now: float) -> float:
        """The moment at which all is forgiven after one try more."""
        return max(forgiven_at, now) + self.seconds

    def corrected(self, forgiven_at: float, now: float) -> float:
        """The moment, or that of a whole burst when it is of a clock that was far ahead.

        Nobody waits longer than a burst takes. What is less far ahead stays: the clocks of machines differ a little.
        """
        whole = self.burst * self.seconds
        return now + whole if self.wait(forgiven_at, now) > whole else forgiven_at
