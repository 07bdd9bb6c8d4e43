"""The feed: history, then live events, without gap or duplicate, from any position; state plus events is current."""

import asyncio
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.live import event_log, feed
from quart_notes.live.channel import MAX_WAITING
from quart_notes.live.events import SHARED_BOARD
from quart_notes.schemas import NoteCreate
from quart_notes.schemas.event_ids import EventId
from tests.support.clients.log_follower import Follower
from tests.support.clients.raw_connection import until
from tests.support.servers.in_process import State, apply, fresh, mutate, opened


async def add(core: Core, count: int) -> None:
    await asyncio.gather(*(core.notes.add(ANYBODY, 1, NoteCreate(title="x")) for _ in range(count)))


@pytest.mark.parametrize("direct", [True, False], ids=["outlet", "pulling"])
async def test_every_position_in_the_log_continues_without_gap_or_duplicate(core: Core, direct: bool):
    await add(core, 20)
    followers = [Follower(core, place, direct=direct) for place in range(21)]

    await add(core, 5)

    for place, follower in enumerate(followers):
        await follower.reached(25)
        assert follower.numbers == list(range(place + 1, 26))
        await follower.close()


async def test_without_a_position_the_feed_starts_now(core: Core):
    await add(core, 3)
    follower = Follower(core, None)
    await asyncio.sleep(0)

    await add(core, 2)

    assert (await follower.reached(5)).numbers == [4, 5]
    await follower.close()


@pytest.mark.parametrize(("after", "epoch"), [(1, "0other0"), (99, ""), (0, "")], ids=["epoch", "future", "pruned"])
async def test_an_unknown_position_gets_one_reset_and_then_live_events(core: Core, after: int, epoch: str):
    await add(core, 5)
    async with core.database.transaction() as connection:
        assert await core.log.prune(connection, 3650, 2)
    follower = Follower(core, after, epoch=epoch)
    await follower.reached(5)

    await add(core, 2)

    await follower.reached(7)
    assert [event["action"] for event in follower.events] == ["reset", "create", "create"]
    assert follower.events[0] == {"id": f"{core.log.epoch}-5", "action": "reset"}
    assert follower.numbers == [5, 6, 7]
    await follower.close()


@pytest.mark.parametrize("direct", [True, False], ids=["outlet", "pulling"])
@pytest.mark.parametrize("page", [1, 7, 128])
async def test_writes_during_the_catch_up_cause_no_gap_or_duplicate(
    core: Core, monkeypatch: pytest.MonkeyPatch, direct: bool, page: int
):
    monkeypatch.setattr(feed, "PAGE_EVENTS", page)
    monkeypatch.setattr(event_log, "PAGE_EVENTS", page)
    chance = random.Random(page)
    await add(core, 30)
    writing = asyncio.gather(*(add(core, 5) for _ in range(20)))
    followers = []
    for _ in range(25):
        place = chance.randint(0, core.broadcaster.newest)
        followers.append((place, Follower(core, place, direct=direct)))
        await asyncio.sleep(chance.random() * 0.004)
    await writing

    for place, follower in followers:
        await follower.reached(130)
        assert follower.numbers == list(range(place + 1, 131))
        await follower.close()


@pytest.mark.parametrize("page", [40, 128])
async def test_a_reader_with_a_slow_history_misses_nothing_of_a_burst(
    core: Core, monkeypatch: pytest.MonkeyPatch, page: int
):
    monkeypatch.setattr(feed, "PAGE_EVENTS", page)
    monkeypatch.setattr(event_log, "PAGE_EVENTS", page)
    await add(core, 10)
    follower = Follower(core, 0)
    follower.may_go_on.clear()
    await until(lambda: follower.messages, "it has had its first page")

    await add(core, MAX_WAITING + 50)  # more than a channel holds, while the page is being sent
    follower.may_go_on.set()

    await follower.reached(MAX_WAITING + 60)
    assert follower.numbers == list(range(1, MAX_WAITING + 61))
    await follower.close()


async def test_events_pruned_during_a_replay_cause_a_reset(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(feed, "PAGE_EVENTS", 5)
    monkeypatch.setattr(event_log, "PAGE_EVENTS", 5)
    await add(core, 50)
    follower = Follower(core, 0, pause=0.05)
    await until(lambda: follower.messages, "it has had its first page")

    async with core.database.transaction() as connection:
        await core.log.prune(connection, 3650, 3)
    await add(core, 2)

    await follower.reached(52)
    actions = [event["action"] for event in follower.events]
    assert actions.count("reset") == 1
    reset = actions.index("reset")
    assert follower.numbers[:reset] == list(range(1, reset + 1))
    assert follower.numbers[reset:] == list(range(follower.numbers[reset], 53))
    assert follower.numbers[reset] >= 50
    await follower.close()


async def test_a_committed_position_that_is_not_published_yet_causes_no_gap_or_duplicate(core: Core):
    await add(core, 3)
    async with core.database.transaction() as connection:
        messages = await core.log.commit(connection, [(SHARED_BOARD, b'{"topic":"board:1"}')] * 2)
    follower = Follower(core, 4)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(follower.task), 0.05)

    core.broadcaster.publish(messages)

    await follower.reached(5)
    await add(core, 1)
    assert (await follower.reached(6)).numbers == [5, 6]
    await follower.close()


async def test_closing_ends_readers_at_every_stage(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(feed, "PAGE_EVENTS", 1)
    monkeypatch.setattr(event_log, "PAGE_EVENTS", 1)
    await add(core, 30)
    followers = [Follower(core, place, direct=direct) for place in (0, 30, None) for direct in (True, False)]
    await asyncio.sleep(0.005)

    core.broadcaster.close()

    async with asyncio.timeout(10):
        await asyncio.gather(*(follower.task for follower in followers))
    for follower in followers:
        await follower.close()
    assert core.broadcaster.encoder_counts().total() == 0


@settings(max_examples=8)
@given(st.integers(0, 1 << 32), st.integers(1, 60))
def test_state_plus_later_events_equals_the_current_state(seed: int, changes: int):
    chance = random.Random(seed)

    async def run(folder: Path) -> None:
        async with opened(folder) as core:
            snapshots: list[tuple[State, EventId]] = [await fresh(core)]
            for _ in range(changes):
                answers = await asyncio.gather(*(mutate(core, chance) for _ in range(chance.randint(1, 3))))
                snapshots.append(await fresh(core))
                newest = snapshots[-1][1]
                assert all(answer.position <= newest for answer in answers if answer is not None)
            final, end = snapshots[-1]
            for state, place in snapshots:
                follower = Follower(core, place.number)
                if place != end:
                    await follower.reached(end.number)
                rebuilt = dict(state)
                for event in follower.events:
                    apply(rebuilt, event)
                assert rebuilt == final, place
                await follower.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


async def test_state_read_during_writes_continues_with_the_events_after_it(core: Core):
    chance = random.Random(5)
    writing = asyncio.gather(*(mutate(core, chance) for _ in range(400)))
    snapshots = []
    while not writing.done():
        snapshots.append(await fresh(core))
    await writing
    final, end = await fresh(core)

    assert len({place for _, place in snapshots}) > 3, "snapshots fell between writes"
    for state, place in chance.sample(snapshots, min(len(snapshots), 25)):
        follower = Follower(core, place.number)
        if place != end:
            await follower.reached(end.number)
        for event in follower.events:
            apply(state, event)
        assert state == final
        await follower.close()
