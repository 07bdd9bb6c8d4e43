"""The event log: contiguous numbers, complete results or none, pruning in chunks."""

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quart_notes.core import Core
from quart_notes.errors import DatabaseUnavailableError
from quart_notes.live import event_log as module
from quart_notes.live.event_log import PAGE_EVENTS, PRUNE_CHUNK
from quart_notes.live.recent_events import RecentEvents
from quart_notes.models import LoggedEvent, LogHead
from quart_notes.schemas.event_ids import EventId
from tests.support.servers.in_process import opened, rows

BOARD, OTHER = "board:1", "board:2"
EVER = 1 << 62


async def append(core: Core, count: int, topic: str = BOARD) -> list[int]:
    """Append events in one transaction; returns their numbers."""
    async with core.database.transaction() as connection:
        messages = await core.log.commit(connection, [(topic, b'{"topic":"%s"}' % topic.encode())] * count)
    return [message.number or 0 for message in messages]


async def prune(core: Core, days: int = 3650, rows: int = EVER) -> bool:
    async with core.database.transaction() as connection:
        return await core.log.prune(connection, days, rows)


async def age(core: Core, up_to: int, days: int) -> None:
    """Make the events up to a number older."""
    async with core.database.transaction() as connection:
        old = datetime.now(UTC) - timedelta(days=days, seconds=1)
        await LoggedEvent.filter(number__lte=up_to).using_db(connection).update(created_at=old)


async def test_a_start_reads_a_bounded_number_of_events(core: Core, monkeypatch: pytest.MonkeyPatch):
    (old,), (new,) = await append(core, 1, OTHER), await append(core, 1)
    pruned, ends = await core.log.ends()
    assert (pruned, ends[OTHER], ends[BOARD]) == (0, old, new)
    monkeypatch.setattr(module, "LOOKBACK_EVENTS", 1)

    assert await core.log.ends() == (old, {BOARD: new})


async def since(core: Core, number: int, topic: str = BOARD) -> list[int] | None:
    """The numbers of all later events; None if the log does not contain the number. Memory and disk agree."""
    remembered = await pages(core, number, topic)
    recent, core.log._recent_events = core.log._recent_events, RecentEvents()
    logged = await pages(core, number, topic)
    core.log._recent_events = recent
    assert remembered == logged
    return logged


async def pages(core: Core, number: int, topic: str) -> list[int] | None:
    """The numbers, page by page."""
    got: list[int] = []
    place = number
    while True:
        page = await core.log.since({topic}, EventId(core.log.epoch, place), EVER)
        if page is None:
            return None
        got += [message.number or 0 for message in page]
        if len(page) < PAGE_EVENTS:
            return got
        place = got[-1]


async def test_numbers_are_contiguous_over_transactions_and_topics(core: Core):
    assert await append(core, 3) == [1, 2, 3]
    assert await append(core, 1, OTHER) == [4]
    assert await append(core, 2) == [5, 6]
    assert (await core.log.newest()).number == 6


async def test_a_rollback_leaves_no_event_and_no_gap(core: Core):
    await append(core, 2)

    no_topic: Any = None
    with pytest.raises(DatabaseUnavailableError):
        async with core.database.transaction() as connection:
            await core.log.commit(connection, [(BOARD, b"{}")] * 5 + [(no_topic, b"{}")])

    assert await append(core, 1) == [3]
    assert rows(core, "SELECT number FROM event_log ORDER BY number") == [(1,), (2,), (3,)]


async def test_since_returns_every_event_of_the_topic_in_order_in_pages(core: Core):
    expected = []
    for _ in range(PAGE_EVENTS):
        expected += await append(core, 2)
        await append(core, 1, OTHER)

    assert await since(core, 0) == expected
    assert await since(core, expected[100]) == expected[101:]
    page = await core.log.since({BOARD}, EventId(core.log.epoch, 0), EVER)
    assert page is not None
    assert len(page) == PAGE_EVENTS


async def test_since_stops_at_its_upper_limit(core: Core):
    await append(core, 5)

    page = await core.log.since({BOARD}, EventId(core.log.epoch, 1), 3)

    assert [message.number for message in page or []] == [2, 3]


async def test_since_the_newest_event_is_empty_and_no_reset(core: Core):
    assert await since(core, 0) == []
    await append(core, 2)
    assert await since(core, 2) == []


async def test_a_position_outside_the_log_is_none(core: Core):
    await append(core, 2)
    assert await since(core, 0) == [1, 2]

    assert await core.log.since({BOARD}, EventId("0other0", 1), EVER) is None
    assert await since(core, 3) is None
    assert await since(core, 9_999_999_999_999_999_999) is None


async def test_epoch_and_numbers_survive_a_restart(tmp_path: Path):
    async with opened(tmp_path / "data") as core:
        epoch = core.log.epoch
        await append(core, 2)

    async with opened(tmp_path / "data") as core:
        assert core.log.epoch == epoch
        assert await append(core, 1) == [3]


async def test_each_database_has_its_own_epoch(tmp_path: Path):
    epochs = set()
    for name in "ab":
        async with opened(tmp_path / name) as core:
            epochs.add(core.log.epoch)

    assert len(epochs) == 2


async def test_old_events_are_pruned_and_a_reader_before_them_has_to_reload(core: Core):
    await append(core, 10)
    await age(core, up_to=10, days=6)
    assert not await prune(core, days=7)
    assert await since(core, 0) == list(range(1, 11))
    await age(core, up_to=4, days=7)

    assert await prune(core, days=7)
    assert not await prune(core, days=7)

    assert await since(core, 3) is None
    assert await since(core, 4) == [5, 6, 7, 8, 9, 10]


async def test_the_number_of_events_is_bounded(core: Core):
    await append(core, 130)

    assert await prune(core, rows=100)
    assert not await prune(core, rows=100)

    assert rows(core, "SELECT min(number), count(*) FROM event_log") == [(31, 100)]
    assert await since(core, 29) is None
    assert await since(core, 30) == list(range(31, 131))


async def test_an_emptied_log_continues_its_numbers(core: Core):
    await append(core, 3)
    await age(core, up_to=3, days=7)

    assert await prune(core, days=7)

    assert await since(core, 3) == []
    assert await append(core, 1) == [4]
    assert await since(core, 3) == [4]


@pytest.mark.parametrize("reason", ["days", "rows"])
async def test_pruning_deletes_one_chunk_at_a_time(core: Core, reason: str):
    total = 2 * PRUNE_CHUNK + 7
    await append(core, total)
    if reason == "days":
        await age(core, up_to=total, days=7)
    limits = {"days": 7} if reason == "days" else {"rows": 0}

    left = [total]
    while await prune(core, **limits):
        left.append(rows(core, "SELECT count(*) FROM event_log")[0][0])

    assert left == [total, total - PRUNE_CHUNK, total - 2 * PRUNE_CHUNK, 0]


async def test_a_write_runs_between_two_chunks(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "PRUNE_CHUNK", 3)
    await append(core, 60)
    await age(core, up_to=60, days=30)
    keeping = asyncio.create_task(core.run_chores())
    seen = set()

    async def look(change: object) -> int:
        return int(rows(core, "SELECT count(*) FROM event_log")[0][0])

    while not keeping.done():
        seen.add((await core.writer(look)).result)

    await keeping
    assert rows(core, "SELECT count(*) FROM event_log") == [(0,)]
    assert len(seen) > 3, "writes ran while events were being pruned"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 9)),
        st.tuples(st.just("age"), st.integers(1, 30)),
        st.tuples(st.just("prune days"), st.just(7)),
        st.tuples(st.just("prune rows"), st.integers(0, 12)),
    ),
    max_size=14,
)


@settings(max_examples=8)
@given(STEPS, st.sampled_from([1, 2, 5, 500]))
def test_after_any_appends_and_prunings_since_is_complete_or_none(steps: list[tuple[str, int]], chunk: int):
    async def run(folder: Path) -> None:
        kept, newest, old = [], 0, 0
        async with opened(folder) as core:
            for step, value in steps:
                if step == "append":
                    kept += await append(core, value)
                    newest += value
                elif step == "age":
                    old = max(old, min(value, newest))
                    await age(core, up_to=old, days=7)
                else:
                    while await prune(core, **({"days": value} if step == "prune days" else {"rows": value})):
                        pass
                    kept = [n for n in kept if (n > old if step == "prune days" else n > newest - value)]
                pruned = newest - len(kept)
                for place in range(newest + 2):
                    expected = [n for n in kept if n > place] if pruned <= place <= newest else None
                    assert await since(core, place) == expected, (step, place)

    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(module, "PRUNE_CHUNK", chunk)
        asyncio.run(run(Path(folder)))


@pytest.mark.parametrize("change", [{"newest": 5}, {"pruned": 7}, {"epoch": "another0"}])
async def test_a_position_with_a_gap_differs_from_one_without_later_events(core: Core, change: dict[str, Any]):
    await append(core, 6)
    page = await core.log.read_after(6)
    assert (page.messages, page.up_to, page.more, page.gap) == ([], 6, False, False)

    async with core.database.transaction() as connection:
        # A database that was restored to an earlier state, or a process that was suspended.
        await LogHead.filter(id=1).using_db(connection).update(**{"newest": 9, **change})

    assert (await core.log.read_after(6)).gap
