"""Counts values by size, cheaply enough for every write. Standard library only."""

from bisect import bisect_left


class Histogram:
    """Counts of values in buckets.

    bounds   ascending; a value counts for the first bound that is not below it
    counts   by bound; the last one counts the values above all bounds
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
