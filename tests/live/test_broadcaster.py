"""The broadcaster: ordered, bounded, never blocking."""

import asyncio
import inspect

from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import CACHED_WRITES, Channel, FeedMessage
from quart_notes.live.subscriber import Subscriber
from tests.support import broadcaster_fixtures
from tests.support.broadcaster_fixtures import BOARD, OTHER, attached, note
from tests.support.clients.fake_outlet import Wire, numbers, plain
from tests.support.clients.raw_connection import until

broadcaster = broadcaster_fixtures.broadcaster


async def pulled(broadcaster: Broadcaster, reader: Subscriber, count: int) -> list[int]:
    """The numbers of the next `count` messages of a pulling reader."""
    got: list[int] = []
    async with asyncio.timeout(10):
        while len(got) < count:
            await broadcaster.wait(reader)
            got += [message.number or 0 for message in reader.drain()]
    return got


async def test_every_reader_gets_every_message_in_order(broadcaster: Broadcaster):
    wire, pulling = Wire(), broadcaster.subscribe({BOARD}, plain)
    attached(broadcaster, wire)

    for number in range(1, 101):
        broadcaster.publish([note(number)])

    assert await pulled(broadcaster, pulling, 100) == list(range(1, 101))
    await until(lambda: wire.numbers == list(range(1, 101)), "the outlet has everything")


async def test_a_reader_gets_only_messages_of_its_topics(broadcaster: Broadcaster):
    one, both = Wire(), Wire()
    attached(broadcaster, one)
    attached(broadcaster, both, frozenset({BOARD, OTHER}))

    broadcaster.publish([note(1), note(2, OTHER), note(3), note(4, "user:9")])

    await until(lambda: both.numbers == [1, 2, 3], "the reader of both topics")
    assert one.numbers == [1, 3]


async def test_publishing_never_awaits_and_defers_writes(broadcaster: Broadcaster):
    wire = Wire()
    attached(broadcaster, wire)

    broadcaster.publish([note(1)])

    assert not inspect.iscoroutinefunction(Broadcaster.publish)
    assert wire.writes == []
    await until(lambda: wire.numbers == [1], "the message leaves a moment later")


async def test_a_burst_in_one_turn_of_the_event_loop_reaches_outlets_completely(broadcaster: Broadcaster):
    wire = Wire()
    reader = attached(broadcaster, wire)

    broadcaster.publish(note(number) for number in range(1, 5001))

    await until(lambda: wire.numbers == list(range(1, 5001)), "everything, in order")
    assert not reader.lagged


async def test_readers_share_one_encoded_copy(broadcaster: Broadcaster):
    framed: list[int] = []

    def counting(message: FeedMessage) -> bytes:
        framed.append(message.number or 0)
        return plain(message)

    wires = [Wire() for _ in range(50)]
    for wire in wires:
        broadcaster.attach(broadcaster.subscribe({BOARD}, counting), wire)

    broadcaster.publish([note(1), note(2)])

    await until(lambda: all(wire.numbers == [1, 2] for wire in wires), "everybody has both")
    assert framed == [1, 2]
    assert len({id(write) for wire in wires for write in wire.writes}) == 1


def test_few_encoded_copies_are_cached_for_readers_at_different_positions():
    channel = Channel(frozenset({BOARD}))
    for number in range(100):
        channel.append(note(number))

    for cursor in range(100):
        assert numbers(channel.encoded_batch(plain, cursor)[0]) == list(range(cursor, 100))

    assert len(channel._encoded_writes) <= CACHED_WRITES


async def test_pulling_readers_share_the_encoded_copy(broadcaster: Broadcaster):
    readers = [broadcaster.subscribe({BOARD}, plain) for _ in range(5)]
    broadcaster.publish([note(1), note(2)])

    assert len({id(reader.drain_bytes()) for reader in readers}) == 1


async def test_messages_before_the_attachment_of_an_outlet_are_written_first(broadcaster: Broadcaster):
    reader, wire = broadcaster.subscribe({BOARD}, plain), Wire()
    broadcaster.publish([note(1), note(2)])

    broadcaster.attach(reader, wire)
    broadcaster.publish([note(3)])

    await until(lambda: wire.numbers == [1, 2, 3], "all three in order")


async def test_topics_without_readers_buffer_nothing(broadcaster: Broadcaster):
    for number in range(50):
        topics = frozenset({f"board:{number}", BOARD})
        reader = broadcaster.subscribe(topics, plain)
        broadcaster.publish([note(number)])
        broadcaster.unsubscribe(reader)
        broadcaster.unsubscribe(reader)

    assert broadcaster.encoder_counts().total() == 0
    assert not broadcaster._channels
    assert not broadcaster._by_topic
    assert not broadcaster._dirty


async def test_a_volatile_message_has_no_number(broadcaster: Broadcaster):
    wire = Wire()
    attached(broadcaster, wire)
    broadcaster.publish([note(7)])

    broadcaster.publish([FeedMessage(BOARD, None, "", b"0 typing")])

    await until(lambda: len(wire.numbers) == 2, "both have come")
    assert broadcaster.newest == 7
    assert broadcaster.positions == {BOARD: 7}


async def test_waiting_for_a_number_ends_when_it_is_published(broadcaster: Broadcaster):
    waiting = asyncio.create_task(broadcaster.wait_published(2))
    broadcaster.publish([note(1)])
    await asyncio.sleep(0.01)
    assert not waiting.done()

    broadcaster.publish([note(2)])

    await asyncio.wait_for(waiting, 10)
