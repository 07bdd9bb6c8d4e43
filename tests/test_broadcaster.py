"""The broadcaster: ordered, bounded, never waiting."""

import asyncio
import inspect
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from quart_notes import broadcaster as module
from quart_notes.broadcaster import Broadcaster
from quart_notes.channel import MAX_WAITING, MAX_WAITING_BYTES, Message
from quart_notes.reader import Reader
from tests.fake_outlet import Wire, numbers, plain
from tests.raw_connection import until

BOARD, OTHER = "board:1", "board:2"


def note(number: int, topic: str = BOARD, size: int = 10) -> Message:
    """A message of `size` bytes that begins with its number."""
    return Message(topic, number, f"e-{number}", (b"%d " % number).ljust(size, b"."))


@pytest.fixture
async def broadcaster() -> AsyncIterator[Broadcaster]:
    broadcaster = Broadcaster()
    yield broadcaster
    broadcaster.close()
    await asyncio.sleep(0)


def attached(broadcaster: Broadcaster, wire: Wire, topics: frozenset[str] = frozenset({BOARD})) -> Reader:
    """A reader that the broadcaster writes to."""
    reader = broadcaster.subscribe(topics, plain)
    broadcaster.attach(reader, wire)
    return reader


async def pulled(broadcaster: Broadcaster, reader: Reader, count: int) -> list[int]:
    """The numbers of the next `count` messages of a reader that pulls."""
    got: list[int] = []
    async with asyncio.timeout(10):
        while len(got) < count:
            await broadcaster.wait(reader)
            got += [message.number or 0 for message in reader.take()]
    return got


async def test_every_reader_gets_every_message_in_order(broadcaster: Broadcaster):
    wire, pulling = Wire(), broadcaster.subscribe({BOARD}, plain)
    attached(broadcaster, wire)

    for number in range(1, 101):
        broadcaster.publish([note(number)])

    assert await pulled(broadcaster, pulling, 100) == list(range(1, 101))
    await until(lambda: wire.numbers == list(range(1, 101)), "the outlet has everything")


async def test_a_reader_hears_its_topics_and_no_others(broadcaster: Broadcaster):
    one, both = Wire(), Wire()
    attached(broadcaster, one)
    attached(broadcaster, both, frozenset({BOARD, OTHER}))

    broadcaster.publish([note(1), note(2, OTHER), note(3), note(4, "user:9")])

    await until(lambda: both.numbers == [1, 2, 3], "the reader of both topics")
    assert one.numbers == [1, 3]


async def test_publishing_neither_awaits_nor_writes_before_the_writers_answer_has_left(broadcaster: Broadcaster):
    wire = Wire()
    attached(broadcaster, wire)

    broadcaster.publish([note(1)])

    assert not inspect.iscoroutinefunction(Broadcaster.publish)
    assert wire.writes == []
    await until(lambda: wire.numbers == [1], "the message leaves a moment later")


async def test_a_flood_in_one_turn_of_the_loop_reaches_outlets_whole(broadcaster: Broadcaster):
    wire = Wire()
    reader = attached(broadcaster, wire)

    broadcaster.publish(note(number) for number in range(1, 5001))

    await until(lambda: wire.numbers == list(range(1, 5001)), "everything, in order")
    assert not reader.lagged


async def test_a_reader_may_be_256_messages_behind(broadcaster: Broadcaster):
    reader = broadcaster.subscribe({BOARD}, plain)
    broadcaster.publish(note(number) for number in range(MAX_WAITING))

    assert len(reader.take()) == MAX_WAITING
    assert not reader.lagged


async def test_a_reader_that_falls_further_behind_is_cut_off(broadcaster: Broadcaster):
    reader = broadcaster.subscribe({BOARD}, plain)
    broadcaster.publish(note(number) for number in range(MAX_WAITING + 1))

    assert reader.take() == []
    assert reader.lagged
    assert reader.ended.is_set()


async def test_a_reader_that_falls_a_mebibyte_behind_is_cut_off(broadcaster: Broadcaster):
    reader = broadcaster.subscribe({BOARD}, plain)
    half = MAX_WAITING_BYTES // 2
    broadcaster.publish([note(1, size=half), note(2, size=half)])
    assert len(reader.take()) == 2

    broadcaster.publish([note(3, size=half), note(4, size=half), note(5)])

    assert reader.take_framed() == b""
    assert reader.lagged


async def test_what_is_handed_out_and_who_is_cut_off_is_counted(broadcaster: Broadcaster):
    slow, other = broadcaster.subscribe({BOARD}, plain), broadcaster.subscribe({BOARD, OTHER}, plain)
    broadcaster.publish([note(1), note(2, OTHER), note(3, "user:9"), Message(BOARD, None, "", b"{}")])
    assert broadcaster.published == {"durable": 3, "volatile": 1}
    assert broadcaster.deliveries == 2 * 2 + 1
    assert broadcaster.framings() == {plain: 2}

    broadcaster.publish(note(number) for number in range(4, MAX_WAITING + 4))
    assert slow.take() == []
    for _ in range(2):
        broadcaster.unsubscribe(slow)
    broadcaster.unsubscribe(other)

    assert broadcaster.cut_off == 1
    assert broadcaster.framings() == {}


async def test_one_message_larger_than_the_limit_still_reaches_everybody(broadcaster: Broadcaster):
    wire, pulling = Wire(), broadcaster.subscribe({BOARD}, plain)
    attached(broadcaster, wire)

    broadcaster.publish([note(1, size=3 * MAX_WAITING_BYTES)])

    await until(lambda: wire.numbers == [1], "the large message")
    assert len(pulling.take()) == 1


@pytest.mark.parametrize("size", [10, 4000, 100_000])
async def test_an_outlet_that_takes_nothing_is_cut_off_and_nobody_else_notices(broadcaster: Broadcaster, size: int):
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


async def test_an_outlet_that_takes_slowly_but_steadily_is_not_cut_off(broadcaster: Broadcaster):
    wire = Wire(takes=0)
    reader = attached(broadcaster, wire)
    for number in range(1, 1001, 10):
        broadcaster.publish(note(n, size=1000) for n in range(number, number + 10))
        await until(lambda: broadcaster._flush_task is None, "it has been flushed")
        wire.takes = max(wire.written - 200_000, 0)  # always about two hundred messages late

    assert not reader.lagged
    assert wire.numbers == list(range(1, 1001))


async def test_all_readers_share_one_encoded_copy(broadcaster: Broadcaster):
    framed: list[int] = []

    def counting(message: Message) -> bytes:
        framed.append(message.number or 0)
        return plain(message)

    wires = [Wire() for _ in range(50)]
    for wire in wires:
        broadcaster.attach(broadcaster.subscribe({BOARD}, counting), wire)

    broadcaster.publish([note(1), note(2)])

    await until(lambda: all(wire.numbers == [1, 2] for wire in wires), "everybody has both")
    assert framed == [1, 2]
    assert len({id(write) for wire in wires for write in wire.writes}) == 1


async def test_readers_that_pull_share_it_too(broadcaster: Broadcaster):
    readers = [broadcaster.subscribe({BOARD}, plain) for _ in range(5)]
    broadcaster.publish([note(1), note(2)])

    assert len({id(reader.take_framed()) for reader in readers}) == 1


async def test_what_gathered_before_an_outlet_is_attached_goes_first(broadcaster: Broadcaster):
    reader, wire = broadcaster.subscribe({BOARD}, plain), Wire()
    broadcaster.publish([note(1), note(2)])

    broadcaster.attach(reader, wire)
    broadcaster.publish([note(3)])

    await until(lambda: wire.numbers == [1, 2, 3], "all three in order")


@pytest.mark.parametrize("flood", [1, 2 * MAX_WAITING], ids=["in a sweep", "while publishing"])
async def test_an_outlet_that_fails_harms_nobody(broadcaster: Broadcaster, flood: int):
    class Broken(Wire):
        def write(self, data: bytes) -> None:
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
async def test_a_reader_whose_connection_has_gone_ends(
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


async def test_a_connection_that_fails_at_a_heartbeat_ends_alone(
    broadcaster: Broadcaster, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "HEARTBEAT", 0.04)
    broken, sound = Wire(), Wire()

    def fail(now: float) -> None:
        raise RuntimeError(f"broken at {now}")

    monkeypatch.setattr(broken, "beat", fail)
    reader = attached(broadcaster, broken)
    attached(broadcaster, sound)

    await asyncio.wait_for(reader.ended.wait(), 10)
    beats = sound.beats
    await until(lambda: sound.beats >= beats + 3, "the others are kept alive")


async def test_unsubscribed_readers_are_written_to_no_more_and_forgotten(broadcaster: Broadcaster):
    wire, still = Wire(), Wire()
    reader = attached(broadcaster, wire)
    attached(broadcaster, still)
    broadcaster.publish([note(1)])
    await until(lambda: wire.numbers == [1], "it was written to before")

    broadcaster.publish([note(2)])
    broadcaster.unsubscribe(reader)

    await until(lambda: still.numbers == [1, 2], "the other one has both")
    assert wire.numbers == [1]
    assert broadcaster.readers() == 1


async def test_nothing_is_kept_for_topics_without_readers(broadcaster: Broadcaster):
    for number in range(50):
        topics = frozenset({f"board:{number}", BOARD})
        reader = broadcaster.subscribe(topics, plain)
        broadcaster.publish([note(number)])
        broadcaster.unsubscribe(reader)
        broadcaster.unsubscribe(reader)

    assert broadcaster.readers() == 0
    assert not broadcaster._channels
    assert not broadcaster._by_topic
    assert not broadcaster._dirty


async def test_closing_brings_what_has_gathered_and_ends_every_reader(broadcaster: Broadcaster):
    wire, pulling = Wire(), broadcaster.subscribe({BOARD}, plain)
    direct = attached(broadcaster, wire)
    waiting = asyncio.create_task(broadcaster.wait(pulling))
    await asyncio.sleep(0)

    broadcaster.publish([note(1)])
    broadcaster.close()

    await asyncio.wait_for(waiting, 10)
    assert wire.numbers == [1]
    assert all(reader.closing and reader.ended.is_set() and not reader.lagged for reader in (direct, pulling))


async def test_a_reader_that_comes_after_closing_is_ended_at_once(broadcaster: Broadcaster):
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


async def test_what_is_volatile_takes_no_number(broadcaster: Broadcaster):
    wire = Wire()
    attached(broadcaster, wire)
    broadcaster.publish([note(7)])

    broadcaster.publish([Message(BOARD, None, "", b"0 typing")])

    await until(lambda: len(wire.numbers) == 2, "both have come")
    assert broadcaster.newest == 7
    assert broadcaster.positions == {BOARD: 7}


async def test_waiting_for_a_number_ends_when_it_is_published(broadcaster: Broadcaster):
    waiting = asyncio.create_task(broadcaster.reached(2))
    broadcaster.publish([note(1)])
    await asyncio.sleep(0.01)
    assert not waiting.done()

    broadcaster.publish([note(2)])

    await asyncio.wait_for(waiting, 10)


class Broadcasting(RuleBasedStateMachine):
    """Readers of every kind come, stall, fall behind and go, while messages are published."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.broadcaster = self.now(Broadcaster)
        self.published: list[Message] = []
        self.pulling: list[tuple[Reader, int, list[int]]] = []
        self.outlets: list[tuple[Reader, int, Wire]] = []

    def now(self, act: Callable[..., Any], *args: Any) -> Any:
        async def run() -> Any:
            return act(*args)

        return self.runner.run(run())

    def teardown(self) -> None:
        self.turn_until_quiet()
        for reader, begin, wire in self.outlets:
            if not reader.ended.is_set():
                assert wire.numbers == self.expected(reader, begin)
        self.now(self.broadcaster.close)
        self.runner.close()

    def expected(self, reader: Reader, begin: int) -> list[int]:
        return [m.number or 0 for m in self.published[begin:] if m.topic in reader.channel.topics]

    @rule(
        count=st.sampled_from([1, 2, 5, 100, 300]),
        size=st.sampled_from([10, 1000, 9000, 400_000]),
        topic=st.sampled_from([BOARD, OTHER]),
    )
    def publish(self, count: int, size: int, topic: str) -> None:
        count = min(count, 2_000_000 // size)
        first = len(self.published) + 1
        messages = [note(number, topic, size) for number in range(first, first + count)]
        self.published += messages
        self.now(self.broadcaster.publish, messages)

    @rule(topics=st.sampled_from([{BOARD}, {OTHER}, {BOARD, OTHER}]), stuck=st.booleans())
    def attach(self, topics: set[str], stuck: bool) -> None:
        wire = Wire(takes=0 if stuck else None)
        begin = len(self.published)
        self.outlets.append((self.now(attached, self.broadcaster, wire, frozenset(topics)), begin, wire))

    @rule(topics=st.sampled_from([{BOARD}, {OTHER}, {BOARD, OTHER}]))
    def subscribe(self, topics: set[str]) -> None:
        reader = self.now(self.broadcaster.subscribe, topics, plain)
        self.pulling.append((reader, len(self.published), []))

    @rule(data=st.data())
    @precondition(lambda self: self.pulling)
    def take(self, data: st.DataObject) -> None:
        reader, begin, got = data.draw(st.sampled_from(self.pulling))
        expected = self.expected(reader, begin)
        late = expected[len(got) :]
        got += numbers(self.now(reader.take_framed))
        if reader.lagged:
            assert len(late) > MAX_WAITING or sum(len(self.published[n - 1].data) for n in late) > MAX_WAITING_BYTES
        elif not reader.ended.is_set():
            assert got == expected

    @rule(data=st.data(), takes=st.sampled_from([None, 0, 1000, 1_000_000]))
    @precondition(lambda self: self.outlets)
    def unstick(self, data: st.DataObject, takes: int | None) -> None:
        _, _, wire = data.draw(st.sampled_from(self.outlets))
        wire.takes = None if takes is None or wire.takes is None else min(wire.takes + takes, wire.written)

    @rule(data=st.data())
    @precondition(lambda self: self.outlets)
    def leave(self, data: st.DataObject) -> None:
        reader, _, wire = data.draw(st.sampled_from(self.outlets))
        self.now(self.broadcaster.unsubscribe, reader)
        self.outlets = [entry for entry in self.outlets if entry[0] is not reader]
        wire.write = lambda data: pytest.fail("written to after it left")  # type: ignore[method-assign]

    @rule()
    def turn_until_quiet(self) -> None:
        async def turn() -> None:
            await until(lambda: self.broadcaster._flush_task is None, "everything has been flushed")

        self.runner.run(turn())

    @invariant()
    def every_outlet_has_a_gapless_beginning_and_a_bounded_rest(self) -> None:
        for reader, begin, wire in self.outlets:
            got = wire.numbers
            assert got == self.expected(reader, begin)[: len(got)]
            recent = deque((len(write) for write in wire.writes), maxlen=1)
            assert wire.waiting() <= max(MAX_WAITING_BYTES, *recent, 0)
            assert not (reader.lagged and wire.takes is None and not wire.waiting() and wire.writes == [])


TestBroadcasting = Broadcasting.TestCase
TestBroadcasting.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
