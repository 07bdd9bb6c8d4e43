"""Readers of the broadcaster that end: too slow, failed, or unsubscribed; and heartbeats."""

import asyncio

import pytest

from quart_notes.live import broadcaster as module
from quart_notes.live.broadcaster import CATCH_UP_BYTES, Broadcaster
from quart_notes.live.channel import MAX_WAITING, MAX_WAITING_BYTES, FeedMessage
from tests.support import broadcaster_fixtures
from tests.support.broadcaster_fixtures import BOARD, OTHER, attached, note
from tests.support.clients.fake_outlet import Wire, plain
from tests.support.clients.raw_connection import until

broadcaster = broadcaster_fixtures.broadcaster


async def test_a_reader_may_be_256_messages_behind_and_is_cut_off_at_one_more(broadcaster: Broadcaster):
    reader = broadcaster.subscribe({BOARD}, plain)
    broadcaster.publish(note(number) for number in range(MAX_WAITING))

    assert (len(reader.drain()), reader.lagged) == (MAX_WAITING, False)
    broadcaster.publish(note(number) for number in range(MAX_WAITING + 1))

    assert reader.drain() == []
    assert reader.lagged
    assert reader.ended.is_set()


async def test_a_reader_that_falls_a_mebibyte_behind_is_cut_off(broadcaster: Broadcaster):
    reader = broadcaster.subscribe({BOARD}, plain)
    half = MAX_WAITING_BYTES // 2
    broadcaster.publish([note(1, size=half), note(2, size=half)])
    assert len(reader.drain()) == 2

    broadcaster.publish([note(3, size=half), note(4, size=half), note(5)])

    assert reader.drain_bytes() == b""
    assert reader.lagged


async def test_deliveries_and_disconnected_readers_are_counted(broadcaster: Broadcaster):
    slow, other = broadcaster.subscribe({BOARD}, plain), broadcaster.subscribe({BOARD, OTHER}, plain)
    broadcaster.publish([note(1), note(2, OTHER), note(3, "user:9"), FeedMessage(BOARD, None, "", b"{}")])
    assert broadcaster.published == {"durable": 3, "volatile": 1}
    assert broadcaster.deliveries == 2 * 2 + 1
    assert broadcaster.encoder_counts() == {plain: 2}

    broadcaster.publish(note(number) for number in range(4, MAX_WAITING + 4))
    assert slow.drain() == []
    for _ in range(2):
        broadcaster.unsubscribe(slow)
    broadcaster.unsubscribe(other)

    assert broadcaster.cut_off == 1
    assert broadcaster.encoder_counts() == {}


async def test_one_message_larger_than_the_limit_still_reaches_everybody(broadcaster: Broadcaster):
    wire, pulling = Wire(), broadcaster.subscribe({BOARD}, plain)
    attached(broadcaster, wire)

    broadcaster.publish([note(1, size=3 * MAX_WAITING_BYTES)])

    await until(lambda: wire.numbers == [1], "the large message")
    assert len(pulling.drain()) == 1


@pytest.mark.parametrize("size", [10, 4000, 100_000])
async def test_a_stalled_outlet_is_cut_off_without_affecting_others(broadcaster: Broadcaster, size: int):
    stuck, fast = Wire(takes=0), Wire()
    slow = attached(broadcaster, stuck)
    quick = attached(broadcaster, fast)

    for number in range(1, 601):
        broadcaster.publish([note(number, size=size)])
        if number % 7 == 0:
            await asyncio.sleep(0.001)

    await until(lambda: fast.numbers == list(range(1, 601)), "the fast reader has everything")
    assert slow.lagged
    assert not quick.lagged
    assert stuck.numbers == list(range(1, len(stuck.numbers) + 1))
    assert len(stuck.numbers) <= MAX_WAITING
    assert stuck.written <= MAX_WAITING_BYTES


async def test_a_slow_but_steady_outlet_is_not_cut_off(broadcaster: Broadcaster):
    wire = Wire(takes=0)
    reader = attached(broadcaster, wire)
    for number in range(1, 1001, 10):
        broadcaster.publish(note(n, size=1000) for n in range(number, number + 10))
        await flushed(broadcaster)
        wire.takes = max(number * 1000 - 200_000, 0)  # always about two hundred messages late

    wire.takes = None
    await until(lambda: wire.numbers == list(range(1, 1001)), "it has everything")
    assert not reader.lagged


async def flushed(broadcaster: Broadcaster) -> None:
    """Return once published messages have been written to every outlet that accepts them."""
    assert broadcaster._flush_task is not None
    await broadcaster._flush_task


async def test_a_stalled_reader_costs_nothing_at_a_publish(broadcaster: Broadcaster):
    stuck, fast = Wire(takes=0), Wire()
    reader = attached(broadcaster, stuck)
    attached(broadcaster, fast)
    broadcaster.publish([note(1)])
    await until(lambda: fast.numbers == [1], "both have been written to")
    assert stuck.numbers == [1]
    asked, offers = stuck.asked, fast.asked

    for number in range(2, MAX_WAITING + 1):
        broadcaster.publish([note(number)])
        await flushed(broadcaster)

    assert stuck.asked == asked
    assert fast.asked >= offers + MAX_WAITING - 1
    stuck.takes = None
    await until(lambda: stuck.numbers == fast.numbers == list(range(1, MAX_WAITING + 1)), "it has everything")
    broadcaster.publish([note(MAX_WAITING + 1)])
    await until(lambda: stuck.numbers == fast.numbers == list(range(1, MAX_WAITING + 2)), "what came then too")
    assert not reader.lagged


async def test_a_reader_that_resumes_gets_its_backlog_in_portions(broadcaster: Broadcaster):
    wire = Wire(takes=0)
    attached(broadcaster, wire)
    broadcaster.publish(note(number, size=10_000) for number in range(1, 51))
    await until(lambda: wire.writes, "the first have been written")
    broadcaster.publish(note(number, size=10_000) for number in range(51, 101))

    first, wire.takes = len(wire.writes), None

    await until(lambda: wire.numbers == list(range(1, 101)), "it has everything")
    assert all(len(write) < CATCH_UP_BYTES + 20_000 for write in wire.writes[first:])


async def test_readers_that_fell_behind_together_are_cut_off_one_at_a_time(
    broadcaster: Broadcaster, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "CUT_OFF_INTERVAL", 60.0)
    slow = [attached(broadcaster, Wire(takes=0)) for _ in range(5)]
    fast = Wire()
    attached(broadcaster, fast)

    for number in range(1, 2 * MAX_WAITING):
        broadcaster.publish([note(number)])
        await flushed(broadcaster)

    assert [reader.lagged for reader in slow].count(True) == 1
    assert fast.numbers == list(range(1, 2 * MAX_WAITING))
    monkeypatch.setattr(module, "CUT_OFF_INTERVAL", 0.0)


@pytest.mark.parametrize("flood", [1, 2 * MAX_WAITING], ids=["at a flush", "at a publish"])
async def test_a_failing_outlet_does_not_affect_others(broadcaster: Broadcaster, flood: int):
    class Broken(Wire):
        def write(self, data: bytes | memoryview) -> None:
            raise RuntimeError("Cannot call write() after write_eof()")

    wires = [Wire() for _ in range(5)]
    readers = []
    for wire in wires:
        attached(broadcaster, wire)
        readers.append(attached(broadcaster, Broken()))

    broadcaster.publish(note(number) for number in range(flood))

    await until(lambda: all(len(wire.numbers) == flood for wire in wires), "the others have everything")
    assert all(reader.ended.is_set() for reader in readers)


@pytest.mark.parametrize("by", ["message", "heartbeat"])
async def test_a_reader_with_a_closed_connection_ends(
    broadcaster: Broadcaster, monkeypatch: pytest.MonkeyPatch, by: str
):
    monkeypatch.setattr(module, "HEARTBEAT", 0.04 if by == "heartbeat" else 60.0)
    wire = Wire()
    reader = attached(broadcaster, wire)
    wire.gone = True

    if by == "message":
        broadcaster.publish([note(1)])

    await asyncio.wait_for(reader.ended.wait(), 10)
    assert wire.writes == []


async def test_a_connection_that_fails_at_a_heartbeat_does_not_affect_others(
    broadcaster: Broadcaster, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "HEARTBEAT", 0.04)
    broken, sound = Wire(), Wire()

    def fail(now: float) -> None:
        raise RuntimeError(f"broken at {now}")

    monkeypatch.setattr(broken, "heartbeat", fail)
    reader = attached(broadcaster, broken)
    attached(broadcaster, sound)

    await asyncio.wait_for(reader.ended.wait(), 10)
    beats = sound.beats
    await until(lambda: sound.beats >= beats + 3, "the others are kept alive")


async def test_unsubscribed_readers_get_nothing_and_are_released(broadcaster: Broadcaster):
    wire, still = Wire(), Wire()
    reader = attached(broadcaster, wire)
    attached(broadcaster, still)
    broadcaster.publish([note(1)])
    await until(lambda: wire.numbers == [1], "it was written to before")

    broadcaster.publish([note(2)])
    broadcaster.unsubscribe(reader)

    await until(lambda: still.numbers == [1, 2], "the other one has both")
    assert wire.numbers == [1]
    assert broadcaster.encoder_counts().total() == 1


async def test_closing_flushes_and_ends_every_reader(broadcaster: Broadcaster):
    wire, pulling = Wire(), broadcaster.subscribe({BOARD}, plain)
    direct = attached(broadcaster, wire)
    waiting = asyncio.create_task(broadcaster.wait(pulling))
    await asyncio.sleep(0)

    broadcaster.publish([note(1)])
    broadcaster.close()

    await asyncio.wait_for(waiting, 10)
    assert wire.numbers == [1]
    assert all(reader.closing and reader.ended.is_set() and not reader.lagged for reader in (direct, pulling))


async def test_a_reader_that_subscribes_after_closing_ends_at_once(broadcaster: Broadcaster):
    broadcaster.close()

    reader = broadcaster.subscribe({BOARD}, plain)

    await asyncio.wait_for(broadcaster.wait(reader), 10)
    assert reader.closing
    assert reader.ended.is_set()


async def test_silent_and_busy_readers_get_heartbeats(broadcaster: Broadcaster, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "HEARTBEAT", 0.04)
    silent, busy = Wire(), Wire()
    attached(broadcaster, silent, frozenset({OTHER}))
    attached(broadcaster, busy)

    for number in range(1, 10_000):
        broadcaster.publish([note(number)])
        await asyncio.sleep(0.001)
        if min(silent.beats, busy.beats) >= 3:
            break

    assert silent.beats >= 3
    assert busy.beats >= 3
