"""What processes say to each other of who is here: lost, late, malformed, too much; and little when nobody is."""

import asyncio
from typing import Any

import pytest

from quart_notes.cluster import presence_replication, remote_presence
from quart_notes.cluster.presence_replication import PACE, REPEAT
from quart_notes.live.presence import LINGER
from tests.support.presence_fixtures import ADA, BOB, GONE, Process, connected, now_in, user
from tests.support.servers.lossy_wire import MOMENT, Exchange
from tests.support.virtual_time import in_virtual_time


@in_virtual_time
async def test_words_that_were_lost_are_missed_and_said_again():
    exchange, (first, second) = await connected()
    leave = first.presence.join(6, BOB)
    await asyncio.sleep(2)
    leave()
    await asyncio.sleep(GONE - 0.01)
    exchange.cut.add(first.peers.me)
    first.presence.join(5, ADA)
    await asyncio.sleep(1)
    exchange.cut.clear()
    assert (second.now, now_in(second.presence, 6)) == (([], [], []), (["bob"], [], []))

    await asyncio.sleep(REPEAT + PACE)

    assert (second.now, now_in(second.presence, 6)) == ((["Ada"], [], []), ([], [], []))


@in_virtual_time
async def test_many_rooms_are_healed_in_a_few_seconds_by_short_words():
    exchange, (first, second) = await connected()
    exchange.cut.add(first.peers.me)
    leaves = [first.presence.join(number, ADA) for number in range(1, 2 * presence_replication.WANTED_MAX)]
    await asyncio.sleep(3)
    exchange.cut.clear()
    begin = len(exchange.carried)
    await asyncio.sleep(3 * REPEAT)

    def here() -> list[int]:
        return [number for number in range(1, 2 * presence_replication.WANTED_MAX) if second.presence.now(number).here]

    assert here() == list(range(1, 2 * presence_replication.WANTED_MAX))
    assert sum(map(len, exchange.carried[begin:])) < 1_000_000
    exchange.cut.add(first.peers.me)
    for leave in leaves[100:]:
        leave()
    await asyncio.sleep(GONE + 1)
    exchange.cut.clear()
    await asyncio.sleep(REPEAT + PACE)
    assert here() == list(range(1, 101))


@in_virtual_time
async def test_an_older_part_never_replaces_a_newer_one():
    exchange, (first, second) = await connected()
    begin = len(exchange.carried)
    leave = first.presence.join_as_guest(5, "Client 1")
    await asyncio.sleep(2)
    leave()
    await asyncio.sleep(2)
    old = exchange.carried[begin:]
    assert second.now == ([], [], [])

    for _ in range(3):
        for datum in old:
            second.peers.received(datum)
            assert second.now == ([], [], [])
        await asyncio.sleep(REPEAT)  # what is known of the room is forgotten by then
    assert all(not rooms for rooms in second.elsewhere._parts._parts.values())


@in_virtual_time
async def test_which_rooms_there_are_says_nothing_of_what_came_later():
    exchange, (first, second) = await connected()
    await asyncio.sleep(REPEAT)
    late = next(
        datum
        for datum in reversed(exchange.carried)
        if b'["rooms"' in datum and datum.startswith(first.peers.me.encode())
    )
    first.presence.join(5, ADA)
    await asyncio.sleep(MOMENT)

    second.peers.received(late)

    assert second.now == (["Ada"], [], [])


@in_virtual_time
async def test_with_nobody_in_any_room_nothing_is_kept_and_little_is_said():
    exchange, (first, second) = await connected()
    for number in range(1, 101):
        leave = first.presence.join(number, ADA)
        first.presence.join_as_guest(number, "Client 1")()
        first.presence.typing(number, BOB)
        second.presence.stopped_typing(number, BOB.id)
        leave()
    await asyncio.sleep(60)
    begin = len(exchange.carried)
    await asyncio.sleep(60)

    for one in (first, second):
        here = one.elsewhere
        assert not one.presence._places
        assert not here._said
        assert not here._unsaid
        assert all(not rooms for rooms in here._parts._parts.values())
    assert sum(map(len, exchange.carried[begin:])) < 60 * 2 * 50
    exchange.kill(second.peers.me)
    await asyncio.sleep(20)
    assert not first.elsewhere._parts._parts
    assert not first.elsewhere._parts._floors
    assert first.elsewhere._repeating is None


@in_virtual_time
async def test_with_no_other_process_nothing_is_said_and_nothing_kept():
    exchange = Exchange()
    alone = Process(exchange)
    leave = alone.presence.join(5, ADA)
    alone.presence.typing(5, ADA)
    alone.presence.stopped_typing(5, ADA.id)
    await asyncio.sleep(1)
    leave()
    await asyncio.sleep(LINGER + 0.01)

    assert alone.now == ([], [], [])
    assert all(b'["alive"' in datum for datum in exchange.carried)
    here = alone.elsewhere
    assert not (here._said or here._unsaid or here._saying or here._stopping or here._repeating)


@in_virtual_time
async def test_what_is_malformed_is_nothing():
    _, (first, second) = await connected()
    first.presence.join(5, ADA)
    await asyncio.sleep(MOMENT)
    part = {"room": 5, "number": 9, "people": [], "guests": [], "typing": []}
    bad: list[Any] = [None, 1, "x", [], {}, [None], [{**part, "room": "x"}], [{**part, "people": [{"id": 1}]}]]
    for subject in ("parts", "rooms", "wanted", "stopped"):
        for words in bad:
            first.peers.say(subject, words)
    first.peers.say("parts", [{**part, "room": 0}, part])
    first.peers.say("rooms", {"newest": 1, "first": 0, "end": None, "rooms": [[5]]})
    first.peers.say("wanted", {"peer": second.peers.me, "rooms": [2**70]})
    first.peers.say("parts", [{**part, "typing": [{"person": {"id": 1}, "seconds": 1e9}]}])
    await asyncio.sleep(2)

    assert second.now == (["Ada"], [], [])


@in_virtual_time
async def test_so_many_rooms_of_a_process_are_remembered_and_no_more():
    _, (first, second) = await connected()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remote_presence, "ROOMS_MAX", 10)
        patch.setattr(presence_replication, "PEOPLE_MAX", 3)
        for number in range(1, 30):
            first.presence.join(number, ADA)
        for number in range(10):
            first.presence.join(1, user(10 + number))
            first.presence.join_as_guest(1, f"Client {number}")
        await asyncio.sleep(20)

        assert len(second.elsewhere._parts._parts[first.peers.me]) == 10
        assert len(second.presence.now(1).here) == 3
        assert len(second.presence.now(1).guests) == 3
