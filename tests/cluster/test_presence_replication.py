"""Presence across processes: users are present wherever they are connected, over a lossy transport."""

import asyncio
import random
from collections.abc import Callable, Collection
from itertools import pairwise

import pytest

from quart_notes.cluster.presence_replication import BROADCAST_INTERVAL, TIME_TO_LIVE
from quart_notes.errors import DatabaseUnavailableError
from quart_notes.live.channel import FeedMessage
from quart_notes.live.events import USERS, UserEvent, encode
from quart_notes.live.presence import LEAVE_DELAY, PUBLISH_INTERVAL, TYPING_DURATION
from quart_notes.schemas import UserOut
from tests.support.presence_fixtures import ADA, BOB, EVE, GONE, Process, connected, load_users, nicks, now_in, user
from tests.support.servers.lossy_wire import MOMENT, LossyWire
from tests.support.virtual_time import in_virtual_time, suspend


@in_virtual_time
async def test_a_user_is_present_while_connected_to_any_process():
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
    await asyncio.sleep(GONE + PUBLISH_INTERVAL + MOMENT)
    assert first.now == second.now == first.last == second.last == ([], [], [])


@pytest.mark.parametrize("away", [0, 0.5, 1.5, LEAVE_DELAY - 0.01])
@in_virtual_time
async def test_a_reload_at_another_process_does_not_count_as_leaving(away: float):
    _, (first, second) = await connected()
    leave = first.presence.join(5, ADA)
    first.presence.join(5, BOB)
    await asyncio.sleep(3)
    begin = len(first.listener.heard), len(second.listener.heard)
    leave()
    await asyncio.sleep(max(away - 0.1, 0))
    second.presence.join(5, BOB)  # so that the room's next event is delayed by the rate limit
    await asyncio.sleep(min(away, 0.1))
    leave = second.presence.join(5, ADA)
    for _ in range(200):
        await asyncio.sleep(0.05)
        assert "Ada" in first.now[0]

    assert all("Ada" in here for here in first.hears(begin[0]) + second.hears(begin[1]))
    leave()
    await asyncio.sleep(GONE + PUBLISH_INTERVAL + MOMENT)
    assert first.last == second.last == (["bob"], [], [])


@in_virtual_time
async def test_users_of_a_stopping_process_have_time_to_reconnect_to_another():
    _, (first, second, third) = await connected(3)
    first.presence.join(5, ADA)
    third.presence.join(5, BOB)
    third.presence.join(5, EVE)
    await asyncio.sleep(MOMENT)

    third.stop()
    await asyncio.sleep(LEAVE_DELAY)
    second.presence.join(5, BOB)
    await asyncio.sleep(MOMENT)
    assert first.now == second.now == (["Ada", "bob", "eve"], [], [])
    await asyncio.sleep(GONE - LEAVE_DELAY + PUBLISH_INTERVAL)

    assert first.now == second.now == first.last == second.last == (["Ada", "bob"], [], [])
    for one in (first, second):
        times = [index for index, here in enumerate(one.hears()) if "bob" in here]
        assert times == list(range(times[0], len(one.hears()))), "bob was not shown to have left"


@in_virtual_time
async def test_the_state_of_a_dead_process_expires_after_its_time_to_live():
    wire, (first, second) = await connected()
    second.presence.join(5, ADA)
    second.presence.typing(5, ADA)
    await asyncio.sleep(60)
    second.presence.typing(5, ADA)
    await asyncio.sleep(MOMENT)

    wire.kill(second.replication)

    await asyncio.sleep(TIME_TO_LIVE - BROADCAST_INTERVAL - MOMENT)
    assert first.now == (["Ada"], [], ["Ada"])
    await asyncio.sleep(BROADCAST_INTERVAL + MOMENT)
    assert first.now == first.last == ([], [], [])
    assert not first.replication._processes


@in_virtual_time
async def test_typing_is_published_at_every_process_while_it_continues():
    _, (first, second) = await connected()
    for _ in range(5):
        first.presence.typing(5, ADA)
        await asyncio.sleep(3)
        assert second.now == ([], [], ["Ada"])
    assert all(nicks(heard, "typing") == ["Ada"] for _, heard in second.listener.heard)
    assert len(second.listener.heard) == 1, "typing that goes on is told once"

    await asyncio.sleep(TYPING_DURATION - 3 + MOMENT)
    assert first.now == second.now == ([], [], [])
    await asyncio.sleep(PUBLISH_INTERVAL)
    assert first.last == second.last == ([], [], [])


@pytest.mark.parametrize("after", [0, 0.01, 0.1, 1, 3])
@in_virtual_time
async def test_a_message_at_one_process_ends_typing_at_all(after: float):
    _, (first, second, third) = await connected(3)
    first.presence.typing(5, BOB)
    first.presence.typing(5, ADA)
    await asyncio.sleep(after)
    first.presence.typing(5, BOB)

    second.presence.stopped_typing(5, ADA.id)

    await asyncio.sleep(MOMENT)
    assert first.now == ([], [], ["bob"])
    await asyncio.sleep(MOMENT)
    for one in (first, second, third):
        assert one.now == ([], [], ["bob"])
    await asyncio.sleep(PUBLISH_INTERVAL)
    for one in (first, second, third):
        assert one.last == ([], [], ["bob"])
    first.presence.typing(5, ADA)
    await asyncio.sleep(MOMENT)
    assert third.now == ([], [], ["Ada", "bob"])


@in_virtual_time
async def test_a_user_who_types_at_two_processes_stops_at_both():
    _, (first, second, third) = await connected(3)
    first.presence.typing(5, ADA)
    second.presence.typing(5, ADA)
    await asyncio.sleep(2)
    third.presence.stopped_typing(5, ADA.id)
    await asyncio.sleep(MOMENT)

    for one in (first, second, third):
        assert one.now == ([], [], [])


@in_virtual_time
async def test_a_busy_room_is_broadcast_ten_times_a_second_and_published_once():
    wire, (first, second) = await connected()
    chance = random.Random(3)
    leaves: list[Callable[[], None]] = []
    begin, began = len(wire.carried), asyncio.get_running_loop().time()
    for _ in range(400):
        await asyncio.sleep(chance.random() * 0.05)
        if leaves and chance.random() < 0.5:
            leaves.pop()()
        else:
            leaves.append(first.presence.join(5, user(chance.randint(11, 16))))
    busy = asyncio.get_running_loop().time() - began

    assert len(wire.carried) - begin <= 10 * busy + 10
    await asyncio.sleep(10)
    times = second.listener.times
    assert min(later - earlier for earlier, later in pairwise(times)) >= PUBLISH_INTERVAL - 0.01
    assert second.last == second.now == first.now


@in_virtual_time
async def test_a_lost_broadcast_is_repaired_by_the_next():
    wire, (first, second) = await connected()
    leave = first.presence.join(6, BOB)
    await asyncio.sleep(2)
    leave()
    await asyncio.sleep(GONE - MOMENT)
    wire.cut.add(first.replication.id)
    first.presence.join(5, ADA)
    await asyncio.sleep(2 * MOMENT)
    wire.cut.clear()
    assert (second.now, now_in(second.presence, 6)) == (([], [], []), (["bob"], [], []))

    await asyncio.sleep(BROADCAST_INTERVAL)

    assert (second.now, now_in(second.presence, 6)) == ((["Ada"], [], []), ([], [], []))


@in_virtual_time
async def test_a_resumed_process_does_not_consider_the_others_dead():
    _, (first, second) = await connected()
    first.presence.join(5, ADA)
    await asyncio.sleep(2)

    suspend(600)
    await asyncio.sleep(BROADCAST_INTERVAL)

    assert second.hears() == [["Ada"]]


@in_virtual_time
async def test_a_large_state_is_split_and_broadcast_less_often():
    wire, (first, second) = await connected()
    for number in range(1, 1500):
        first.presence.join(number, user(10_000 + number))
    begin = len(wire.carried)
    for number in range(1500, 1600):
        first.presence.join(number, user(10_000 + number))
        await asyncio.sleep(0.1)
    await asyncio.sleep(BROADCAST_INTERVAL)

    assert all(len(second.presence.now(number).here) == 1 for number in range(1, 1600))
    assert len(wire.carried) - begin <= 10 * (10 + BROADCAST_INTERVAL) + 20


@in_virtual_time
async def test_a_single_process_broadcasts_rarely():
    wire = LossyWire()
    alone = Process(wire)
    for _ in range(60):
        leave = alone.presence.join(5, ADA)
        alone.presence.typing(5, ADA)
        alone.presence.stopped_typing(5, ADA.id)
        await asyncio.sleep(1)
        leave()
    await asyncio.sleep(LEAVE_DELAY + MOMENT)

    assert alone.now == ([], [], [])
    assert len(wire.carried) <= 1 + 65 / BROADCAST_INTERVAL


@in_virtual_time
async def test_a_malformed_old_or_foreign_datagram_is_ignored():
    wire, (first, second) = await connected()
    first.presence.join_as_guest(5, "Client 1")()
    first.presence.join(5, ADA)
    await asyncio.sleep(MOMENT)
    sender = first.replication.id.encode()
    former = b"fedcba9876543210 1 0 1 "  # of the previous version
    bodies = [
        b"",
        b"{",
        b"null",
        b"[]",
        b"1" * 5000,
        b"[" * 100_000,
        b'{"rooms":{"0":[[],[],[]]}}',
        b'{"rooms":{"5":[]}}',
    ]
    bodies += [b'{"rooms":{"5":[["x"],[],[]]}}', b'{"stopped":[1]}', b'[["alive",{}]]', b'{"rooms":\xff}']
    heads = [b"presence3 %s %d 0 1 " % (one, 9**9) for one in (b"fedcba9876543210", sender)]
    datagrams = [b"", b" ", b"x" * 10_000, former + b'[["alive",{}]]', former + b'[["goodbye",null]]', sender]
    datagrams += [b"presence3 %s 1 0 0 {}" % sender, b"presence3 %s 1 0 99999999 {}" % sender, *wire.carried]

    for datagram in datagrams + [head + body for body in bodies for head in heads]:
        second.replication.receive(datagram)
        await asyncio.sleep(0)

    await asyncio.sleep(MOMENT)
    assert second.now == (["Ada"], [], [])
    assert first.replication._processes.keys() == {second.replication.id}


@in_virtual_time
async def test_a_user_who_cannot_be_loaded_is_shown_once_the_database_answers():
    _, (first, second) = await connected()
    available = second.presence._load_users
    second.presence._load_users = unavailable
    first.presence.join(5, ADA)
    first.presence.join_as_guest(5, "Client 1")
    await asyncio.sleep(MOMENT)
    assert second.now == ([], ["Client 1"], [])

    second.presence._load_users = available
    await asyncio.sleep(BROADCAST_INTERVAL + PUBLISH_INTERVAL)

    assert second.now == second.last == (["Ada"], ["Client 1"], [])


async def unavailable(_: Collection[int]) -> dict[int, UserOut]:
    raise DatabaseUnavailableError("The database does not answer.")


@in_virtual_time
async def test_a_name_that_changes_while_it_is_loaded_is_current():
    _, (first, second) = await connected()
    loading = asyncio.Event()

    async def load_slowly(ids: Collection[int]) -> dict[int, UserOut]:
        await loading.wait()
        return await load_users(ids)

    second.presence._load_users = load_slowly
    first.presence.join(5, ADA)
    await asyncio.sleep(MOMENT)
    event = UserEvent(topic=USERS, action="update", user=user(ADA.id, "Countess"))
    for one in (first, second):
        one.broadcaster.publish([FeedMessage(USERS, 1, "e-1", encode(event))])
    loading.set()
    await asyncio.sleep(PUBLISH_INTERVAL)

    assert first.now == second.now == second.last == (["Countess"], [], [])
