"""How often something may be tried: a burst, then at a pace; in bounded memory."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_notes import throttle
from quart_notes.throttle import Pace, Throttle
from tests.virtual_time import in_virtual_time


@in_virtual_time
async def test_a_burst_is_free_and_then_one_at_a_time():
    tries = Throttle(Pace(burst=3, seconds=10))
    for _ in range(3):
        assert tries.wait("ada") == 0
        tries.count("ada")

    assert tries.wait("ada") == 10
    assert tries.wait("bob") == 0
    await asyncio.sleep(9)
    assert tries.wait("ada") == 1
    await asyncio.sleep(1)
    assert tries.wait("ada") == 0
    tries.count("ada")
    assert tries.wait("ada") == 10


@in_virtual_time
async def test_after_a_rest_there_is_a_whole_burst_again_and_no_more():
    tries = Throttle(Pace(burst=3, seconds=10))
    for _ in range(3):
        tries.count("ada")
    await asyncio.sleep(10_000)

    for _ in range(3):
        assert tries.wait("ada") == 0
        tries.count("ada")
    assert tries.wait("ada") == 10


@in_virtual_time
async def test_what_is_forgiven_is_forgotten():
    tries = Throttle(Pace(burst=1, seconds=10))
    tries.count("ada")
    assert tries.wait("ada") == 10

    tries.forgive("ada")
    tries.forgive("nobody")

    assert tries.wait("ada") == 0


@in_virtual_time
async def test_asking_counts_nothing():
    tries = Throttle(Pace(burst=1, seconds=10))

    assert {tries.wait("ada") for _ in range(10)} == {0}


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(throttle, "MAX_KEPT", 3)

    @in_virtual_time
    async def scenario() -> None:
        tries = Throttle(Pace(burst=1, seconds=10))
        for key in ("a", "b", "c", "a", "d"):
            tries.count(key)
        assert [tries.wait(key) > 0 for key in "abcd"] == [True, False, True, True]
        assert len(tries._forgiven_at) == 3

    scenario()


@given(burst=st.integers(1, 5), seconds=st.integers(1, 20), rests=st.lists(st.integers(0, 40), max_size=60))
def test_in_no_span_is_more_let_through_than_the_pace_allows(burst: int, seconds: int, rests: list[int]):
    @in_virtual_time
    async def scenario() -> None:
        tries, let_through = Throttle(Pace(burst, seconds)), []
        for rest in rests:
            await asyncio.sleep(rest)
            if tries.wait("x") == 0:
                tries.count("x")
                let_through.append(asyncio.get_running_loop().time())
        for first, begin in enumerate(let_through):
            for last, end in enumerate(let_through[first:], 1):
                assert last <= burst + (end - begin) / seconds + 1e-6

    scenario()
