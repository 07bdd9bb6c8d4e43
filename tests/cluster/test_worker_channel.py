"""Workers tell each other: a number in memory and a word, which a busy one gets later and a stopped one may lose."""

import asyncio
import mmap
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from quart_notes.cluster.worker_channel import LIMIT, Siblings
from quart_notes.cluster.worker_slot import Shared, place_of
from quart_notes.live.channel import Message
from tests.support.clients.raw_connection import until


def _messages(*numbers: int) -> list[Message]:
    return [Message(f"board:{number}", number, f"epoch-{number}", b"x" * (number % 300)) for number in numbers]


@pytest.fixture
def three() -> Iterator[list[Siblings]]:
    """Three workers of one supervisor, within this process."""
    ways = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(3)]
    numbers = mmap.mmap(-1, 3 * 8)
    yield [
        Siblings(slot, numbers, ways[slot][0], [way[1].dup() for other, way in enumerate(ways) if other != slot])
        for slot in range(3)
    ]
    for pair in ways:
        for one in pair:
            one.close()


@asynccontextmanager
async def started(siblings: list[Siblings]) -> AsyncIterator[None]:
    for one in siblings:
        await one.start()
    try:
        yield
    finally:
        for one in siblings:
            await one.stop()
            for outbox in one._outboxes:
                outbox._socket.close()


async def test_a_number_is_seen_by_all_before_it_is_told(three: list[Siblings]):
    async with started(three):
        three[1].tell(_messages(7))
        assert all(one.beyond(6) and not one.beyond(7) for one in three)
        assert [await one.newest() for one in three] == [7, 7, 7]
        three[2].tell(_messages(5))  # of a commit before, by somebody slower
        assert [await one.newest() for one in three] == [7, 7, 7]


async def test_the_others_are_woken_and_oneself_is_not(three: list[Siblings]):
    woken: list[tuple[int, int | None, list[Message]]] = []
    few, many = _messages(1, 2, 3), _messages(*range(4, 500))
    async with started(three):
        await asyncio.sleep(0.05)  # the words of the beginning are gone
        for slot, one in enumerate(three):
            one.listen(lambda number, messages, slot=slot: woken.append((slot, number, list(messages))))  # type: ignore[misc]
        three[0].tell(few)
        await until(lambda: len(woken) == 2, "both others are woken")
        three[0].tell(many)
        await until(lambda: len(woken) == 4, "both others are woken again")
    assert sorted(woken[:2], key=lambda one: one[0]) == [(1, 3, few), (2, 3, few)]
    assert sorted(woken[2:], key=lambda one: one[0]) == [(1, 499, []), (2, 499, [])]


async def test_words_arrive_whole_and_in_order_also_when_there_are_more_than_a_socket_takes(three: list[Siblings]):
    said = [os.urandom(1).hex().encode() * (LIMIT // 2 - 1) for _ in range(60)]
    heard: list[bytes] = []
    async with started(three):
        three[1].carry(heard.append)
        for number, word in enumerate(said):
            three[0].send(word)
            if number % 7 == 0:
                three[0].tell(_messages(number))
        await until(lambda: len(heard) == len(said), "all words are heard")
    assert heard == said


async def test_a_sibling_that_stands_still_costs_a_bounded_memory_and_wakes_up(three: list[Siblings]):
    woken: list[int | None] = []
    asleep = three[2]
    for one in three[:2]:
        await one.start()
    for number in range(5000):
        three[0].tell(_messages(number))
        three[0].send(b"x" * 1000)
    assert all(len(outbox._waiting) <= 1024 for outbox in three[0]._outboxes)
    asleep.listen(lambda number, _: woken.append(number))
    await asleep.start()
    # First it may hear of what a larger socket kept for it; then of all that has happened since.
    await until(lambda: woken[-1:] == [4999], "it is woken")
    for one in three:
        await one.stop()
        for outbox in one._outboxes:
            outbox._socket.close()


def test_a_place_is_made_of_what_was_inherited():
    shared = Shared(2)
    first, second = (
        place_of(slot, [os.dup(each) for each in shared.descriptors(slot)], first=not slot) for slot in range(2)
    )
    assert (first.slot, first.first, first.of) == (0, True, 2)
    assert (second.slot, second.first, second.of) == (1, False, 2)
    first.siblings._numbers[0] = 5
    assert second.siblings.beyond(4)
    for place in (first, second):
        place.siblings._inbox.close()
        for outbox in place.siblings._outboxes:
            outbox._socket.close()
    shared.close()
