"""Workers announce their commits: a number in shared memory and a datagram, which may be late or lost."""

import asyncio
import mmap
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import chain

import pytest

from quart_notes.cluster.worker_channel import DATAGRAM_LIMIT, WorkerChannel
from quart_notes.cluster.worker_slot import SharedMemory, slot_of
from quart_notes.live.channel import FeedMessage
from tests.support.clients.raw_connection import until


def _messages(*numbers: int) -> list[FeedMessage]:
    return [FeedMessage(f"board:{number}", number, f"epoch-{number}", b"x" * (number % 300)) for number in numbers]


@pytest.fixture
def three() -> Iterator[list[WorkerChannel]]:
    """Three workers of one supervisor, within this process."""
    ways = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(3)]
    numbers = mmap.mmap(-1, 3 * 8)
    yield [
        WorkerChannel(slot, numbers, ways[slot][0], [way[1].dup() for other, way in enumerate(ways) if other != slot])
        for slot in range(3)
    ]
    for pair in ways:
        for one in pair:
            one.close()


@asynccontextmanager
async def started(channels: list[WorkerChannel]) -> AsyncIterator[None]:
    for one in channels:
        await one.start()
    try:
        yield
    finally:
        for one in channels:
            await one.stop()
            for outbox in one._outboxes:
                outbox._socket.close()


async def test_a_commit_number_is_visible_before_it_is_announced(three: list[WorkerChannel]):
    async with started(three):
        three[1].announce(_messages(7))
        assert all(one.may_have_newer_than(6) and not one.may_have_newer_than(7) for one in three)
        assert [await one.newest() for one in three] == [7, 7, 7]
        three[2].announce(_messages(5))  # an earlier commit of a slower worker
        assert [await one.newest() for one in three] == [7, 7, 7]


async def test_an_announcement_wakes_only_the_others(three: list[WorkerChannel]):
    woken: list[tuple[int, int | None, list[FeedMessage]]] = []
    few, many = _messages(1, 2, 3), _messages(*range(4, 500))
    async with started(three):
        await asyncio.sleep(0.05)  # the datagrams of the start have been read
        for slot, one in enumerate(three):
            one.on_commit = lambda number, messages, slot=slot: woken.append((slot, number, list(messages)))  # type: ignore[misc]
        three[0].announce(few)
        await until(lambda: len(woken) == 2, "both others are woken")
        three[0].announce(many)
        await until(lambda: len(woken) == 4, "both others are woken again")
    assert sorted(woken[:2], key=lambda one: one[0]) == [(1, 3, few), (2, 3, few)]
    assert sorted(woken[2:], key=lambda one: one[0]) == [(1, 499, []), (2, 499, [])]


async def test_datagrams_arrive_in_order_even_beyond_the_socket_buffer(three: list[WorkerChannel]):
    said = [os.urandom(1).hex().encode() * (DATAGRAM_LIMIT // 2 - 1) for _ in range(60)]
    heard: list[bytes] = []
    async with started(three):
        three[1].on_datagram = heard.append
        for number, word in enumerate(said):
            three[0].send(word)
            if number % 7 == 0:
                three[0].announce(_messages(number))
        await until(lambda: len(heard) == len(said), "all words are heard")
    assert heard == said


async def test_a_suspended_worker_costs_bounded_memory_and_is_woken(three: list[WorkerChannel]):
    woken: list[int | None] = []
    asleep = three[2]
    for one in three[:2]:
        await one.start()
    for number in range(5000):
        three[0].announce(_messages(number))
        three[0].send(b"x" * 1000)
    assert all(len(outbox._waiting) <= 1024 for outbox in three[0]._outboxes)
    asleep.on_commit = lambda number, _: woken.append(number)
    await asleep.start()
    # First it may read what is in the socket's buffer; then everything since.
    await until(lambda: woken[-1:] == [4999], "it is woken")
    for one in three:
        await one.stop()
        for outbox in one._outboxes:
            outbox._socket.close()


def test_a_worker_slot_consists_of_inherited_descriptors():
    shared = SharedMemory(2)
    first, second = (
        slot_of(slot, [os.dup(each) for each in shared.descriptors(slot)], first=not slot) for slot in range(2)
    )
    assert (first.slot, first.first, first.workers) == (0, True, 2)
    assert (second.slot, second.first, second.workers) == (1, False, 2)
    first.channel._numbers[0] = 5
    assert second.channel.may_have_newer_than(4)
    for slot in (first, second):
        slot.channel._inbox.close()
        for outbox in slot.channel._outboxes:
            outbox._socket.close()
    shared.memory.close()
    for end in chain(*shared._socket_pairs):
        end.close()
