"""Publishing the log: in order, each event once, none left out, for own commits and those of other processes."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_notes.errors import DatabaseUnavailableError
from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import FeedMessage
from quart_notes.live.event_log import LogPage
from quart_notes.live.follower import CATCH_UP_TIMEOUT, POLL_INTERVAL, CommitChannel, Follower
from quart_notes.schemas.event_ids import EventId
from tests.support.clients.fake_outlet import plain
from tests.support.virtual_time import in_virtual_time

TOPIC = "board:1"
SLOW = 0.3  # maximum seconds for half a poll of the log


def _message(number: int) -> FeedMessage:
    return FeedMessage(TOPIC, number, f"e-{number}", b"%d" % number)


class FakeLog:
    """The commits of all processes, read slowly in small pages."""

    page = 3

    def __init__(self, chance: random.Random) -> None:
        self.newest_number = 0
        self.pruned = 0
        self.thinned: set[int] = set()
        self.kept: list[int] = []
        self.fails = 0
        self.reads = 0
        self._chance = chance

    async def newest(self) -> EventId:
        return EventId("e", self.newest_number)

    async def read_after(self, number: int) -> LogPage:
        self.reads += 1
        await asyncio.sleep(self._chance.random() * SLOW)
        if self.fails:
            self.fails -= 1
            raise DatabaseUnavailableError("The database does not answer.")
        newest, pruned = self.newest_number, self.pruned
        there = [one for one in range(number + 1, newest + 1) if one not in self.thinned]
        await asyncio.sleep(self._chance.random() * SLOW)
        page = there[: self.page]
        more = len(page) == self.page
        return LogPage([_message(one) for one in page], page[-1] if more else newest, more, number < pruned)

    def remember(self, messages: Sequence[FeedMessage]) -> None:
        self.kept += [message.number or 0 for message in messages]


class FakeCommitChannel(CommitChannel):
    """The other processes, whose announcements may get lost."""

    alone = False

    def __init__(self, log: FakeLog) -> None:
        super().__init__()
        self._log = log
        self.announced: list[int] = []

    def announce(self, messages: Sequence[FeedMessage]) -> None:
        self.announced += [message.number or 0 for message in messages]

    def may_have_newer_than(self, number: int) -> bool:
        return self._log.newest_number > number

    async def newest(self) -> int:
        return self._log.newest_number


class FollowerProcess:
    """A process with a follower, among others."""

    def __init__(self, seed: int = 0) -> None:
        self.log = FakeLog(random.Random(seed))
        self.broadcaster = Broadcaster()
        self.wakes = FakeCommitChannel(self.log)
        self.ended: list[bool] = []
        self.follower = Follower(self.log, self.broadcaster, self.wakes, lambda: self.ended.append(True))  # type: ignore[arg-type]
        self.reader = self.broadcaster.subscribe([TOPIC], plain)

    def commit(self, count: int) -> list[FeedMessage]:
        first = self.log.newest_number + 1
        self.log.newest_number += count
        return [_message(number) for number in range(first, first + count)]

    def heard(self) -> list[int]:
        return [message.number or 0 for message in self.reader.drain()]


@asynccontextmanager
async def following(seed: int = 0) -> AsyncIterator[FollowerProcess]:
    """A process with a running follower."""
    scene = FollowerProcess(seed)
    await scene.follower.start()
    yield scene
    await scene.follower.stop()


steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "own", "own late", "own, heard of", "own fails", "other", "other, handed over", "other, unheard",
                "thinned", "fails",
            ]
        ),
        st.integers(1, 5),
        st.sampled_from([0.0, 0.1, 0.7, 3.0]),
    ),
    max_size=25,
)  # fmt: skip


@given(steps=steps, seed=st.integers(0, 1000))
@in_virtual_time
async def test_readers_get_the_commits_of_all_processes_in_order_and_once(
    steps: list[tuple[str, int, float]], seed: int
):
    async with following(seed) as scene:
        late: list[list[FeedMessage]] = []
        for what, count, pause in steps:
            if what == "fails":
                scene.log.fails += 1
            elif what == "own":
                scene.follower.commit_finished(scene.commit(count))
            elif what == "own late":  # another process's commit is announced before the own one is finished
                late.append(scene.commit(count))
            elif what in {"own, heard of", "own fails"}:  # announced at the latest when this one finishes
                scene.follower.commit_started()
                messages = scene.commit(count)
                scene.wakes.on_commit(messages[-1].number, ())
                late.append(messages if what == "own, heard of" else [])
            else:
                messages = scene.commit(count)
                if what == "thinned":
                    scene.log.thinned |= {message.number or 0 for message in messages[1:]}
                if what == "other, handed over":
                    scene.wakes.on_commit(messages[-1].number, messages)
                elif what != "other, unheard":
                    scene.wakes.on_commit(messages[-1].number, ())
            await asyncio.sleep(pause)
            for messages in late:
                scene.follower.commit_finished(messages)
            late.clear()
        await asyncio.sleep(60)

        everything = set(range(1, scene.log.newest_number + 1))
        heard = scene.heard()
        assert heard == sorted(set(heard))
        assert everything - scene.log.thinned <= set(heard) <= everything
        assert scene.log.kept == heard
        assert scene.broadcaster.newest == scene.log.newest_number


@in_virtual_time
async def test_own_commits_that_are_next_in_order_are_published_at_once():
    async with following() as scene:
        scene.follower.commit_finished(scene.commit(2))
        assert scene.heard() == [1, 2]
        assert scene.wakes.announced == [1, 2]


@in_virtual_time
async def test_own_commits_are_not_read_back_when_their_notification_comes_first():
    async with following() as scene:
        await asyncio.sleep(0.1)
        read = scene.log.reads
        for _ in range(3):
            scene.follower.commit_started()
            messages = scene.commit(2)
            scene.wakes.on_commit(messages[-1].number, ())
            await asyncio.sleep(0.1)
            scene.follower.commit_finished(messages)
        assert scene.heard() == [1, 2, 3, 4, 5, 6]
        assert scene.log.reads == read


@in_virtual_time
async def test_an_unannounced_commit_is_found_by_polling():
    async with following() as scene:
        scene.commit(1)
        await asyncio.sleep(POLL_INTERVAL + 3)
        assert scene.heard() == [1]


@in_virtual_time
async def test_catching_up_waits_for_earlier_commits():
    async with following() as scene:
        assert not scene.follower.may_be_behind()
        scene.commit(7)
        assert scene.follower.may_be_behind()
        assert await scene.follower.catch_up()
        assert scene.heard() == [1, 2, 3, 4, 5, 6, 7]
        assert not scene.follower.may_be_behind()


@in_virtual_time
async def test_catching_up_with_an_unresponsive_log_times_out():
    async with following() as scene:
        scene.log.fails = 100
        scene.commit(1)
        began = asyncio.get_running_loop().time()
        assert not await scene.follower.catch_up()
        assert asyncio.get_running_loop().time() - began == pytest.approx(CATCH_UP_TIMEOUT, abs=0.1)


@in_virtual_time
async def test_a_process_behind_the_pruned_log_gives_up():
    async with following() as scene:
        scene.commit(10)
        scene.log.pruned = 5
        await asyncio.sleep(60)
        assert scene.ended == [True]
        assert scene.heard() == []
