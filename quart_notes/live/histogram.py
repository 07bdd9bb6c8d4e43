"""Values counted by size, cheaply enough to do it for every write. Standard library only."""

from bisect import bisect_left


class Histogram:
    """How many values lie below each of some bounds.

    bounds   ascending; a value counts for the first bound that is not below it
    counts   by bound, and at the end of what lies above them all
    total    the sum of all values
    """

    def __init__(self, *bounds: float) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value
