"""The writer: durable before the response, events in the transaction of their rows, isolated failures."""

import asyncio
import json
import random
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from unittest.mock import AsyncMock

import pytest
from tortoise.exceptions import OperationalError

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.errors import (
    DatabaseUnavailableError,
    NotFoundError,
    OverloadedError,
    StorageFullError,
    ValidationFailedError,
)
from quart_notes.live import writer as module
from quart_notes.live.channel import FeedMessage
from quart_notes.live.event_log import EventLog
from quart_notes.live.events import SHARED_BOARD, NoteEvent
from quart_notes.live.writer import Change, Operation
from quart_notes.models import Note
from quart_notes.schemas import NoteCreate, NoteOut, NoteUpdate
from tests.support.servers.in_process import mutate, rows

TITLES = "SELECT title FROM note ORDER BY title"


def event_titles(core: Core) -> list[Any]:
    """The titles in the events of the log, in the form of `rows` of the notes."""
    return [
        (json.loads(body)["note"]["title"],) for (body,) in rows(core, "SELECT body FROM event_log ORDER BY number")
    ]


@pytest.fixture
def published(core: Core, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of all published messages, in order."""
    numbers: list[int] = []
    publish = core.broadcaster.publish

    def spy(messages: list[FeedMessage]) -> None:
        numbers.extend(message.number or 0 for message in messages)
        publish(messages)

    monkeypatch.setattr(core.broadcaster, "publish", spy)
    return numbers


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of events in each transaction, in order."""
    numbers: list[int] = []
    commit = EventLog.commit

    async def spy(self: EventLog, connection: Any, recorded: list[Any]) -> list[FeedMessage]:
        numbers.append(len(recorded))
        return await commit(self, connection, recorded)

    monkeypatch.setattr(EventLog, "commit", spy)
    return numbers


async def insert(change: Change, title: str) -> NoteOut:
    """A row and its event."""
    now = datetime.now(UTC)
    note = Note(title=title, created_at=now, updated_at=now, search_text="")
    await note.save(using_db=change.connection, force_create=True)
    out = NoteOut.model_validate(note)
    change.record(NoteEvent(topic=SHARED_BOARD, action="create", note=out))
    return out


def adding(title: str) -> Operation[NoteOut]:
    async def work(change: Change) -> NoteOut:
        return await insert(change, title)

    return work


async def together(core: Core, *works: Operation[Any]) -> list[Any]:
    """Run operations in one batch; returns their results or errors."""
    return list(await asyncio.gather(*map(core.writer, works), return_exceptions=True))


async def test_a_write_is_on_the_disk_before_it_returns(core: Core):
    for number in range(10):
        note = (await core.notes.add(ANYBODY, 1, NoteCreate(title=f"n{number}"))).result

        assert rows(core, f"SELECT title FROM note WHERE id = {note.id}") == [(f"n{number}",)]
        assert rows(core, "SELECT max(number) FROM event_log") == [(number + 1,)]


async def test_a_write_is_published_after_it_is_on_the_disk(core: Core, monkeypatch: pytest.MonkeyPatch):
    on_disk: list[tuple[int, int]] = []
    publish = core.broadcaster.publish

    def spy(messages: list[FeedMessage]) -> None:
        on_disk.extend((m.number or 0, rows(core, "SELECT max(number) FROM event_log")[0][0]) for m in messages)
        publish(messages)

    monkeypatch.setattr(core.broadcaster, "publish", spy)
    await asyncio.gather(*(core.notes.add(ANYBODY, 1, NoteCreate(title="x")) for _ in range(100)))

    assert len(on_disk) == 100
    assert all(number <= newest for number, newest in on_disk)


async def test_waiting_writes_share_a_transaction(core: Core, batches: list[int]):
    await asyncio.gather(*(core.notes.add(ANYBODY, 1, NoteCreate(title="x")) for _ in range(100)))

    assert sum(batches) == 100
    assert max(batches) == module.BATCH_SIZE


async def test_writes_of_consecutive_turns_of_the_loop_share_a_transaction(core: Core, batches: list[int]):
    async def write(turn: int) -> None:
        for _ in range(turn):
            await asyncio.sleep(0)
        await core.writer(adding(f"{turn}"))

    await asyncio.gather(*(write(turn) for turn in range(10)))

    assert batches == [10]


async def test_events_are_published_in_the_order_of_their_numbers(core: Core, published: list[int]):
    chance = random.Random(1)
    for _ in range(20):
        await asyncio.gather(*(mutate(core, chance) for _ in range(chance.randint(1, 30))))

    assert published == list(range(1, len(published) + 1))
    assert rows(core, "SELECT number FROM event_log ORDER BY number") == [(number,) for number in published]
    assert core.broadcaster.newest == len(published)


async def test_the_position_of_a_write_is_that_of_its_own_event(core: Core):
    written = await asyncio.gather(*(core.notes.add(ANYBODY, 1, NoteCreate(title=f"{n}")) for n in range(150)))

    for number, one in enumerate(written):
        assert event_titles(core)[one.position.number - 1] == (str(number),)


async def test_the_position_of_an_unchanged_note_includes_its_current_state(core: Core):
    note = (await core.notes.add(ANYBODY, 1, NoteCreate(title="a"))).result
    changed, same, other = await asyncio.gather(
        core.notes.change(ANYBODY, 1, note.id, NoteUpdate(title="b")),
        core.notes.change(ANYBODY, 1, note.id, NoteUpdate(title="b")),
        core.notes.add(ANYBODY, 1, NoteCreate(title="c")),
    )

    assert [one.position.number for one in (changed, same, other)] == [2, 2, 3]


async def refused_at_once(change: Change) -> None:
    raise NotFoundError("There is no such thing")


async def refused_late(change: Change) -> None:
    await insert(change, "never")
    raise ValidationFailedError("No")


async def broken_late(change: Change) -> None:
    await insert(change, "never")
    raise ZeroDivisionError


async def broken_by_the_database(change: Change) -> None:
    await insert(change, "never")
    await change.connection.execute_query("INSERT INTO note (id) VALUES (NULL)")


async def broken_by_bad_sql(change: Change) -> None:
    await insert(change, "never")
    await change.connection.execute_query("SELECT * FROM nothing")


async def broken_by_a_leftover(change: Change) -> None:
    """Ends the transaction of the whole batch."""
    await change.connection.execute_query("ROLLBACK")
    raise OperationalError("no transaction is active")


FAILING: list[tuple[Callable[[Change], Awaitable[None]], type[Exception]]] = [
    (refused_at_once, NotFoundError), (refused_late, ValidationFailedError), (broken_late, ZeroDivisionError),
    (broken_by_the_database, DatabaseUnavailableError), (broken_by_bad_sql, DatabaseUnavailableError),
    (broken_by_a_leftover, DatabaseUnavailableError),
]  # fmt: skip


@pytest.mark.parametrize(("failing", "error"), FAILING, ids=[work.__name__ for work, _ in FAILING])
async def test_a_failing_write_does_not_affect_others_of_its_batch(
    core: Core, published: list[int], failing: Operation[None], error: type[Exception]
):
    results = await together(core, adding("a"), adding("b"), failing, adding("c"), failing, adding("d"))

    assert [type(result) is error for result in results] == [False, False, True, False, True, False]
    assert rows(core, TITLES) == [("a",), ("b",), ("c",), ("d",)]
    assert event_titles(core) == [("a",), ("b",), ("c",), ("d",)]
    assert published == [1, 2, 3, 4]
    assert [result.position.number for result in results if not isinstance(result, Exception)] == [1, 2, 3, 4]


async def test_a_function_for_after_the_commit_is_called_once_then_and_not_after_a_failure(core: Core):
    called: list[tuple[str, list[Any]]] = []

    def calling(name: str, then: Operation[Any]) -> Operation[Any]:
        async def work(change: Change) -> Any:
            change.when_committed(lambda: called.append((name, rows(core, TITLES))))
            return await then(change)

        return work

    await together(core, calling("a", adding("a")), calling("failing", refused_late), calling("b", adding("b")))

    assert called == [("a", [("a",)]), ("b", [("a",), ("b",)])]


@pytest.mark.parametrize(("failing", "error"), FAILING, ids=[work.__name__ for work, _ in FAILING])
async def test_a_failing_write_alone_leaves_nothing(
    core: Core, published: list[int], failing: Operation[None], error: type[Exception]
):
    with pytest.raises(error):
        await core.writer(failing)

    assert (await core.writer(adding("next"))).position.number == 1
    assert rows(core, TITLES) == event_titles(core) == [("next",)]


async def test_a_refusal_without_changes_does_not_repeat_its_batch(core: Core):
    runs: Counter[str] = Counter()

    async def counted(change: Change) -> NoteOut:
        runs["neighbour"] += 1
        return await insert(change, "a")

    await together(core, counted, refused_at_once, counted)
    assert runs["neighbour"] == 2

    await together(core, counted, counted, refused_late)
    assert runs["neighbour"] == 2 + 4, "after a touched row the batch is done again, one by one"
    assert len(rows(core, TITLES)) == len(event_titles(core)) == 4


@pytest.mark.parametrize(
    ("cause", "error"),
    [
        (sqlite3.OperationalError("database or disk is full"), StorageFullError),
        (sqlite3.OperationalError("disk I/O error"), DatabaseUnavailableError),
        (ZeroDivisionError(), ZeroDivisionError),
    ],
)
async def test_without_its_events_no_row_is_stored(
    core: Core, published: list[int], monkeypatch: pytest.MonkeyPatch, cause: Exception, error: type[Exception]
):
    with monkeypatch.context() as broken:
        broken.setattr(EventLog, "commit", AsyncMock(side_effect=cause))
        results = await together(core, adding("a"), adding("b"))

    assert [type(result) for result in results] == [error, error]
    assert rows(core, TITLES) == []
    assert published == []
    await core.writer(adding("c"))
    assert rows(core, TITLES) == event_titles(core) == [("c",)]
    assert published == [1]


async def test_during_a_database_outage_a_batch_waits_once(core: Core, monkeypatch: pytest.MonkeyPatch):
    transaction, begun = core.database.transaction, 0

    def lost_after_the_first() -> Any:
        nonlocal begun
        begun += 1
        if begun == 1:
            return transaction()
        raise DatabaseUnavailableError("The database does not answer; nothing was changed.")

    with monkeypatch.context() as lost:
        lost.setattr(core.database, "transaction", lost_after_the_first)
        results = await together(core, adding("a"), broken_by_the_database, *(adding("b") for _ in range(10)))

    assert {type(result) for result in results} == {DatabaseUnavailableError}
    assert begun == 2
    await core.writer(adding("c"))
    assert rows(core, TITLES) == event_titles(core) == [("c",)]


async def test_a_cancelled_write_is_completed_and_published_once(core: Core, published: list[int]):
    callers = [asyncio.create_task(core.writer(adding(f"{number:03}"))) for number in range(200)]
    await asyncio.sleep(0)
    for caller in callers[::2]:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)

    await core.writer(adding("last"))

    expected = [(f"{number:03}",) for number in range(200)] + [("last",)]
    assert rows(core, TITLES) == event_titles(core) == expected
    assert published == list(range(1, 202))


async def test_callers_cancelled_at_any_moment_leave_no_partial_write(core: Core, published: list[int]):
    chance = random.Random(2)

    async def impatient(number: int) -> str | None:
        title = f"{number:03}"
        try:
            async with asyncio.timeout(chance.random() * 0.02):
                await core.writer(chance.choice([adding(title), adding(title), refused_late]))
        except (TimeoutError, ValidationFailedError):
            return None
        return title

    acknowledged = [title for title in await asyncio.gather(*map(impatient, range(300))) if title]
    await core.writer(adding("last"))

    kept = [title for (title,) in rows(core, TITLES)]
    assert set(acknowledged) <= set(kept)
    assert sorted(title for (title,) in event_titles(core)) == kept
    assert published == list(range(1, len(kept) + 1))


async def test_readers_cancelled_at_any_moment_block_neither_reads_nor_writes(core: Core):
    chance = random.Random(3)
    await core.writer(adding("a"))

    async def impatient() -> None:
        try:
            async with asyncio.timeout(chance.random() * 0.01):
                await core.notes.get(ANYBODY, 1, 1)
        except TimeoutError:
            pass

    for _ in range(10):
        await asyncio.gather(*(impatient() for _ in range(40)), core.writer(adding("b")))

    async with asyncio.timeout(10):
        assert (await core.notes.get(ANYBODY, 1, 1))[0].title == "a"
        assert (await core.log.newest()).number == 11


async def test_writes_beyond_the_queues_limit_are_refused_at_once(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "QUEUE_LIMIT", 5)

    results = await together(core, *(adding(f"{number}") for number in range(8)))

    assert [isinstance(result, OverloadedError) for result in results] == [False] * 5 + [True] * 3
    assert results[-1].headers["Retry-After"]
    assert rows(core, TITLES) == [(f"{number}",) for number in range(5)]


async def test_stopping_completes_waiting_writes_and_accepts_no_more(core: Core):
    waiting = [asyncio.create_task(core.writer(adding(f"{number:03}"))) for number in range(150)]
    await asyncio.sleep(0)

    await core.writer.stop()

    assert [task.exception() for task in waiting] == [None] * 150
    assert len(rows(core, TITLES)) == len(event_titles(core)) == 150
    with pytest.raises(OverloadedError):
        await core.writer(adding("late"))


class HeldLock:
    """A write lock that is acquired when the test allows it."""

    def __init__(self) -> None:
        self.wanted, self.free = asyncio.Event(), asyncio.Event()

    async def __aenter__(self) -> None:
        self.wanted.set()
        await self.free.wait()

    async def __aexit__(self, *_: object) -> None:
        """No other process waits for it."""


async def test_writes_that_arrive_while_the_lock_is_held_join_the_batch(core: Core, published: list[int]):
    turn = HeldLock()
    core.database._write_lock = turn
    writing = [asyncio.create_task(core.notes.add(ANYBODY, 1, NoteCreate(title="0")))]
    await turn.wanted.wait()
    writing += [asyncio.create_task(core.notes.add(ANYBODY, 1, NoteCreate(title=f"{n}"))) for n in range(1, 100)]
    await asyncio.sleep(0)
    turn.free.set()
    written = await asyncio.gather(*writing)

    assert [note.position.number for note in written] == list(range(1, 101))
    assert published == list(range(1, 101))
    assert core.writer.batch_sizes.total == 100
    assert sum(core.writer.batch_sizes.counts) == 2  # one of the maximum size, and the rest
