"""Numbers out of measurements."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

NEVER = math.inf  # milliseconds of a delivery that did not come
BUSY = 0.9  # share of its core above which the load generator may be what was measured


@dataclass
class Measurement:
    """What one line of work gave on one system, once.

    values   by the key of the figure, in the unit of its row
    remarks  what was wrong with it; empty if all that was to come came, once and right
    busy     share of its core the load generator used, 0 … 1
    others   cores that other programs used during it
    """

    values: dict[str, float]
    remarks: list[str] = field(default_factory=list)
    busy: float = 0.0
    others: float = 0.0


@dataclass(frozen=True)
class Summary:
    """The median of the repeats, and the least and the greatest of them."""

    middle: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Summary":
        """Sum up at least one value."""
        return cls(median(values), min(values), max(values))


def percentile(ordered: Sequence[float], share: float) -> float:
    """The least value that `share` (0 … 1) of an ascending sequence do not exceed; NaN of none."""
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def percentile_with_lost(ordered: Sequence[float], lost: int, share: float) -> float:
    """As `percentile`, with `lost` more values that are greater than any: NEVER."""
    rank = max(1, math.ceil(share * (len(ordered) + lost)))
    return ordered[rank - 1] if rank <= len(ordered) else NEVER
