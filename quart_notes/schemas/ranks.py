"""Ranks: the keys that order the notes of a board, compared byte by byte.

A rank has twelve decimal digits, its base, and a fraction in base 62. A note that was never moved has no fraction, and
its base falls as its id grows, so that a new note precedes all older ones without a query. A note that was moved has a
fraction, never one that ends in `0`, and the base of a neighbour. So there is a rank between any two ranks.

source   D. Greenspan, "Implementing Fractional Indexing", https://observablehq.com/@dgreensp/implementing-fractional-indexing
"""

import string

RANK_MAX = 64  # characters; a longer one is rebalanced in the change that needs it
BASE_LENGTH = 12  # decimal digits
ID_LIMIT = 10**BASE_LENGTH - 1  # ids are smaller
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase  # in the order of their bytes
BEYOND = chr(ord(DIGITS[-1]) + 1)  # follows every digit


def initial_rank(note_id: int) -> str:
    """The rank of a note that was never moved."""
    return str(ID_LIMIT - note_id).zfill(BASE_LENGTH)


def base_of(rank: str) -> str:
    """The base of a rank; as a rank it precedes all ranks with this base."""
    return rank[:BASE_LENGTH]


def rank_between(low: str | None, high: str | None) -> str:
    """A rank between two.

    low    None: it precedes `high`, and no note added later follows it
    high   None: it follows `low`
    """
    if low is None:
        if high is None:
            raise ValueError("At least one neighbour is needed.")
        base = base_of(high)
        low = base if base != high else str(int(base) - 1).zfill(BASE_LENGTH)
    if high is not None and low >= high:
        raise ValueError(f"{low} does not precede {high}.")
    base = base_of(low)
    end = high[BASE_LENGTH:] if high is not None and base_of(high) == base else ""
    return base + _midpoint(low[BASE_LENGTH:], end)


def spread(low: str, high: str | None, count: int) -> list[str]:
    """That many ranks between two, in order and about equally far apart, so that they are short."""
    if not count:
        return []
    middle = rank_between(low, high)
    left = count // 2
    return [*spread(low, middle, left), middle, *spread(middle, high, count - left - 1)]


def _midpoint(low: str, high: str) -> str:
    """A fraction between two; an empty `low` is 0, an empty `high` is 1. Neither ends in `0`."""
    same = 0
    while same < len(high) and low[same : same + 1].ljust(1, "0") == high[same]:
        same += 1
    if same:
        return high[:same] + _midpoint(low[same:], high[same:])
    first = DIGITS.index(low[0]) if low else 0
    last = DIGITS.index(high[0]) if high else len(DIGITS)
    if last - first > 1:
        return DIGITS[(first + last) // 2]
    if len(high) > 1:
        return high[0]
    return DIGITS[first] + _midpoint(low[1:], "")
