"""Statistics of measurements."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

NEVER = math.inf  # milliseconds of a lost delivery
BUSY = 0.9  # share of its core above which the load generator may be the bottleneck


@dataclass
class Measurement:
    """One result of one line on one system.

    values   by the key of the figure, in the unit of its row
    remarks  faults; empty if every expected delivery arrived once and correct
    busy     share of its core that the load generator used, 0 … 1
    others   cores that other programs used during it
    """

    values: dict[str, float]
    remarks: list[str] = field(default_factory=list)
    busy: float = 0.0
    others: float = 0.0


@dataclass(frozen=True)
class Summary:
    """The median of the repeats, with the minimum and the maximum."""

    middle: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Summary":
        """Summarize at least one value."""
        return cls(median(values), min(values), max(values))


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 … 1) of an ascending sequence do not exceed; NaN if it is empty."""
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def percentile_with_lost(ordered: Sequence[float], lost: int, share: float) -> float:
    """As `percentile`, with `lost` additional values of NEVER."""
    rank = max(1, math.ceil(share * (len(ordered) + lost)))
    return ordered[rank - 1] if rank <= len(ordered) else NEVER
