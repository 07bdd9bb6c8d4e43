"""Ranks: between any two there is a third one, in the order of bytes, and new notes precede all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_notes.schemas.ranks import BASE_LENGTH, DIGITS, initial_rank, rank_between, spread

PLACES = st.lists(st.floats(0, 1), max_size=60)


def _place(share: float, length: int) -> int:
    return min(int(share * (length + 1)), length)


def _is_rank(rank: str) -> bool:
    base, fraction = rank[:BASE_LENGTH], rank[BASE_LENGTH:]
    return len(base) == BASE_LENGTH and base.isdigit() and set(fraction) <= set(DIGITS) and not fraction.endswith("0")


@given(st.sets(st.integers(1, 40), min_size=1), PLACES)
def test_after_any_moves_all_ranks_differ_and_keep_their_order(ids: set[int], places: list[float]):
    ranks = sorted(map(initial_rank, ids))
    for share in places:
        place = _place(share, len(ranks))
        low = ranks[place - 1] if place else None
        ranks.insert(place, rank_between(low, ranks[place] if place < len(ranks) else None))

    assert [rank.encode() for rank in ranks] == sorted({rank.encode() for rank in ranks})
    assert all(map(_is_rank, ranks))
    assert initial_rank(41) < ranks[0], "a new note comes first"


@given(st.sets(st.integers(1, 40), min_size=1), PLACES, st.integers(0, 3000), st.booleans())
def test_spread_ranks_are_short_and_between_their_ends(
    ids: set[int], places: list[float], count: int, to_the_end: bool
):
    ranks = sorted(map(initial_rank, ids))
    low, high = ranks[0], None if to_the_end else rank_between(ranks[0], ranks[1] if len(ranks) > 1 else None)

    found = spread(low, high, count)

    assert len(found) == count
    assert [low, *found, *filter(None, [high])] == sorted({low, *found, *filter(None, [high])})
    assert all(len(rank) <= BASE_LENGTH + 4 for rank in found)


@pytest.mark.parametrize("toward", ["first", "last", "after one", "before one"])
def test_the_same_move_over_and_over_lengthens_ranks_slowly(toward: str):
    low: str | None = None if toward == "first" else initial_rank(2)
    high: str | None = None if toward == "last" else initial_rank(1)
    for _ in range(250):
        rank = rank_between(low, high)
        low, high = (low, rank) if toward in {"first", "after one"} else (rank, high)

    assert len(rank) <= 64


@pytest.mark.parametrize(("low", "high"), [(None, None), ("5" * 12, "5" * 12), ("5" * 12, "4" * 12)])
def test_there_is_nothing_between_neighbours_in_the_wrong_order(low: str | None, high: str | None):
    with pytest.raises(ValueError, match=r"neighbour|precede"):
        rank_between(low, high)
