"""The broadcaster: random operations."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import MAX_WAITING, MAX_WAITING_BYTES, FeedMessage
from quart_notes.live.subscriber import Subscriber
from tests.support.broadcaster_fixtures import BOARD, OTHER, attached, note
from tests.support.clients.fake_outlet import Wire, numbers, plain
from tests.support.clients.raw_connection import until


class Broadcasting(RuleBasedStateMachine):
    """Readers of every kind connect, stall, fall behind, are held and leave, while messages are published."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.broadcaster = self.now(Broadcaster)
        self.published: list[FeedMessage] = []
        self.pulling: list[tuple[Subscriber, int, list[int]]] = []
        self.outlets: list[tuple[Subscriber, int, Wire]] = []
        self.held: dict[Subscriber, int] = {}  # how much was published when it was held
        self.ever_held: set[Subscriber] = set()

    def now(self, act: Callable[..., Any], *args: Any) -> Any:
        async def run() -> Any:
            return act(*args)

        return self.runner.run(run())

    def teardown(self) -> None:
        for reader in list(self.held):
            self.let_go(reader)
        for _, _, wire in self.outlets:
            wire.takes = None
        self.turn_until_quiet()
        for reader, begin, wire in self.outlets:
            if not reader.ended.is_set():
                assert wire.numbers == self.expected(reader, begin)
        self.now(self.broadcaster.close)
        self.runner.close()

    def expected(self, reader: Subscriber, begin: int) -> list[int]:
        recent = self.published[begin : self.held.get(reader)]
        return [m.number or 0 for m in recent if m.topic in reader.channel.topics]

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
        published = [m.number or 0 for m in self.published[begin:] if m.topic in reader.channel.topics]
        late = published[len(got) :]
        got += numbers(self.now(reader.drain_bytes))
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
    @precondition(lambda self: self.outlets or self.pulling)
    def hold(self, data: st.DataObject) -> None:
        reader, *_ = data.draw(st.sampled_from([*self.outlets, *self.pulling]))
        self.held.setdefault(reader, len(self.published))
        self.ever_held.add(reader)
        self.now(reader.hold)

    @rule(data=st.data())
    @precondition(lambda self: self.held)
    def release(self, data: st.DataObject) -> None:
        self.let_go(data.draw(st.sampled_from(list(self.held))))

    def let_go(self, reader: Subscriber) -> None:
        if not reader.ended.is_set():
            del self.held[reader]
        self.now(self.broadcaster.release, reader)

    @rule(data=st.data())
    @precondition(lambda self: self.outlets)
    def leave(self, data: st.DataObject) -> None:
        reader, _, wire = data.draw(st.sampled_from(self.outlets))
        self.now(self.broadcaster.unsubscribe, reader)
        self.outlets = [entry for entry in self.outlets if entry[0] is not reader]
        wire.write = lambda data: pytest.fail("written to after it left")  # type: ignore[method-assign]

    def quiet(self) -> bool:
        aside = {reader for channel in self.broadcaster._channels.values() for reader in channel.aside}
        stuck = {reader for reader, _, wire in self.outlets if wire.buffered_bytes()}
        return self.broadcaster._flush_task is None and aside <= stuck

    @rule()
    def turn_until_quiet(self) -> None:
        async def turn() -> None:
            await until(self.quiet, "everything has been flushed")

        self.runner.run(turn())

    @invariant()
    def every_outlet_has_a_gapless_beginning_and_a_bounded_rest(self) -> None:
        for reader, begin, wire in self.outlets:
            got = wire.numbers
            assert got == self.expected(reader, begin)[: len(got)]
            recent = deque((len(write) for write in wire.writes), maxlen=1)
            assert wire.buffered_bytes() <= max(MAX_WAITING_BYTES, *recent, 0)
            if reader not in self.ever_held:
                assert not (reader.lagged and wire.takes is None and not wire.buffered_bytes() and wire.writes == [])


TestBroadcasting = Broadcasting.TestCase
TestBroadcasting.settings = settings(
    max_examples=50, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
