"""Presence across processes: who is in a room wherever they are connected, over a wire that may lose any word."""

import asyncio
import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from quart_notes.cluster.peers import LOOK, SILENT
from quart_notes.cluster.presence_replication import PACE
from quart_notes.live.presence import INTERVAL, LINGER, TYPING
from tests.support.presence_fixtures import ADA, BOB, EVE, GONE, Process, connected, nicks, now_in, user
from tests.support.servers.lossy_wire import MOMENT
from tests.support.virtual_time import in_virtual_time


@in_virtual_time
async def test_who_comes_at_one_process_is_here_at_all_of_them():
    _, (first, second, third) = await connected(3)

    first.presence.join(5, ADA)
    second.presence.join(5, BOB)
    third.presence.join_as_guest(5, "Client 1")
    first.presence.join_as_guest(5, "Client 1")
    await asyncio.sleep(MOMENT)

    for one in (first, second, third):
        assert one.now == (["Ada", "bob"], ["Client 1"], [])
    await asyncio.sleep(INTERVAL + PACE)
    for one in (first, second, third):
        assert one.last == one.now
    assert now_in(first.presence, 6) == ([], [], [])


@in_virtual_time
async def test_a_process_that_comes_later_is_told_of_everybody():
    exchange, (first, second) = await connected()
    for number in range(1, 300):
        first.presence.join(number, user(number))
        second.presence.join(number, ADA)
    third = Process(exchange)
    await asyncio.sleep(2)

    for number in range(1, 300):
        assert len(third.presence.now(number).here) == (1 if number == 1 else 2)


@in_virtual_time
async def test_somebody_is_here_while_one_of_their_connections_is_at_whichever_process():
    _, (first, second) = await connected()
    leave_first, leave_second = first.presence.join(5, ADA), second.presence.join(5, ADA)
    guest_first = first.presence.join_as_guest(5, "Client 1")
    guest_second = second.presence.join_as_guest(5, "Client 1")
    await asyncio.sleep(2)
    heard = len(first.listener.heard), len(second.listener.heard)

    leave_first()
    guest_second()
    await asyncio.sleep(20)

    assert first.now == second.now == (["Ada"], ["Client 1"], [])
    assert first.hears(heard[0]) + second.hears(heard[1]) == [["Ada"]] * 4, "and nobody is told more than once of each"
    leave_second()
    guest_first()
    await asyncio.sleep(GONE + PACE + INTERVAL)
    assert first.now == second.now == first.last == second.last == ([], [], [])


@pytest.mark.parametrize("away", [0, 0.5, 1.5, LINGER - 0.01])
@in_virtual_time
async def test_a_reload_that_lands_on_another_process_is_no_leaving(away: float):
    _, (first, second) = await connected()
    leave = first.presence.join(5, ADA)
    first.presence.join(5, BOB)
    await asyncio.sleep(3)
    begin = len(first.listener.heard), len(second.listener.heard)
    leave()
    await asyncio.sleep(max(away - 0.1, 0))
    second.presence.join(5, BOB)  # so that the next word of the room has to wait
    await asyncio.sleep(min(away, 0.1))
    leave = second.presence.join(5, ADA)
    for _ in range(200):
        await asyncio.sleep(0.05)
        assert "Ada" in first.now[0]

    assert all("Ada" in here for here in first.hears(begin[0]) + second.hears(begin[1]))
    leave()
    await asyncio.sleep(GONE + PACE + INTERVAL)
    assert first.last == second.last == (["bob"], [], [])


@in_virtual_time
async def test_nobody_is_here_through_a_process_that_has_gone():
    exchange, (first, second, third) = await connected(3)
    first.presence.join(5, ADA)
    second.presence.join(5, BOB)
    third.presence.join(5, EVE)
    third.presence.typing(5, EVE)
    await asyncio.sleep(2)
    assert first.now == (["Ada", "bob", "eve"], [], ["eve"])

    third.stop()
    await asyncio.sleep(MOMENT)
    assert first.now == second.now == (["Ada", "bob"], [], [])

    exchange.kill(second.peers.me)
    second.presence.close()
    await asyncio.sleep(SILENT + 2 * LOOK + INTERVAL)
    assert first.now == first.last == (["Ada"], [], [])
    first.stop()
    assert first.now == ([], [], [])


@in_virtual_time
async def test_typing_is_told_everywhere_for_as_long_as_it_goes_on():
    _, (first, second) = await connected()
    for _ in range(5):
        first.presence.typing(5, ADA)
        await asyncio.sleep(3)
        assert second.now == ([], [], ["Ada"])
    assert all(nicks(heard, "typing") == ["Ada"] for _, heard in second.listener.heard)
    assert len(second.listener.heard) == 1, "typing that goes on is told once"

    await asyncio.sleep(TYPING - 3 + MOMENT)
    assert first.now == second.now == ([], [], [])
    await asyncio.sleep(INTERVAL)
    assert first.last == second.last == ([], [], [])


@pytest.mark.parametrize("after", [0, 0.01, 0.1, 1, 3])
@in_virtual_time
async def test_a_message_by_another_process_ends_the_typing_at_all(after: float):
    _, (first, second, third) = await connected(3)
    first.presence.typing(5, BOB)
    first.presence.typing(5, ADA)
    await asyncio.sleep(after)
    first.presence.typing(5, BOB)

    second.presence.stopped_typing(5, ADA.id)

    await asyncio.sleep(MOMENT)
    assert first.now == ([], [], ["bob"])
    await asyncio.sleep(PACE)
    for one in (first, second, third):
        assert one.now == ([], [], ["bob"])
    await asyncio.sleep(INTERVAL)
    for one in (first, second, third):
        assert one.last == ([], [], ["bob"])
    first.presence.typing(5, ADA)
    await asyncio.sleep(PACE + MOMENT)
    assert third.now == ([], [], ["Ada", "bob"])


@in_virtual_time
async def test_one_who_types_at_two_processes_stops_at_both():
    _, (first, second, third) = await connected(3)
    first.presence.typing(5, ADA)
    second.presence.typing(5, ADA)
    await asyncio.sleep(2)
    third.presence.stopped_typing(5, ADA.id)
    await asyncio.sleep(PACE + MOMENT)

    for one in (first, second, third):
        assert one.now == ([], [], [])


@in_virtual_time
async def test_a_busy_room_is_said_and_told_once_a_second():
    exchange, (first, second) = await connected()
    chance = random.Random(3)
    leaves: list[Callable[[], None]] = []
    begin, began = len(exchange.carried), asyncio.get_running_loop().time()
    for _ in range(400):
        await asyncio.sleep(chance.random() * 0.05)
        if leaves and chance.random() < 0.5:
            leaves.pop()()
        else:
            leaves.append(first.presence.join(5, user(chance.randint(1, 6))))
    busy = asyncio.get_running_loop().time() - began
    said = sum(b'["parts"' in datum for datum in exchange.carried[begin:])
    await asyncio.sleep(10)

    assert busy / 2 < said <= busy / PACE + 2
    times = second.listener.times
    assert min(later - earlier for earlier, later in pairwise(times)) >= INTERVAL - 0.01
    assert second.last == second.now == first.now
