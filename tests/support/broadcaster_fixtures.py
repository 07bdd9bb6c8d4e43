"""A broadcaster for a test, with messages and readers."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import FeedMessage
from quart_notes.live.subscriber import Subscriber
from tests.support.clients.fake_outlet import Wire, plain

BOARD, OTHER = "board:1", "board:2"


def note(number: int, topic: str = BOARD, size: int = 10) -> FeedMessage:
    """A message of `size` bytes that begins with its number."""
    return FeedMessage(topic, number, f"e-{number}", (b"%d " % number).ljust(size, b"."))


@pytest.fixture
async def broadcaster() -> AsyncIterator[Broadcaster]:
    """A broadcaster without readers, which is closed afterwards."""
    broadcaster = Broadcaster()
    yield broadcaster
    broadcaster.close()
    await asyncio.sleep(0)


def attached(broadcaster: Broadcaster, wire: Wire, topics: frozenset[str] = frozenset({BOARD})) -> Subscriber:
    """A reader that the broadcaster writes to."""
    reader = broadcaster.subscribe(topics, plain)
    broadcaster.attach(reader, wire)
    return reader
