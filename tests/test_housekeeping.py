"""What is done now and then: long deleted notes and old events go, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quart_notes.core import Core
from quart_notes.domain.notes import EMPTY_TRASH_CHUNK
from quart_notes.errors import NotFoundError
from quart_notes.housekeeping import tidy
from quart_notes.models import Note
from quart_notes.schemas import NoteCreate
from quart_notes.settings import Settings
from quart_notes.writer import Change
from tests.in_process import fresh, opened, rows

DAYS = Settings().trash_days


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    async with opened(tmp_path) as parts:
        yield parts


async def _deleted(core: Core, days_ago: float, count: int = 1) -> list[int]:
    """Notes that were deleted so long ago."""
    added = await asyncio.gather(*(core.notes.add(NoteCreate(title=f"gone {n}")) for n in range(count)))
    ids = [written.result.id for written in added]
    await asyncio.gather(*(core.notes.delete(note_id) for note_id in ids))
    moment = datetime.now(UTC) - timedelta(days=days_ago)

    async def work(change: Change) -> None:
        await Note.filter(id__in=ids).using_db(change.connection).update(deleted_at=moment)

    await core.writer(work)
    return ids


async def test_a_note_deleted_long_ago_is_gone_for_good_and_a_recent_one_comes_back(core: Core):
    kept = (await core.notes.add(NoteCreate(title="kept"))).result
    (recent,) = await _deleted(core, DAYS - 0.1)
    (old,) = await _deleted(core, DAYS + 0.1)
    before = await fresh(core)

    await tidy(core)

    assert rows(core, "SELECT id FROM note ORDER BY id") == [(kept.id,), (recent,)]
    assert await fresh(core) == before, "it changed what people see, or told them something"
    with pytest.raises(NotFoundError):
        await core.notes.restore(old)
    assert (await core.notes.restore(recent)).result.id == recent


async def test_the_id_of_a_note_that_is_gone_for_good_is_not_used_again(core: Core):
    (last,) = await _deleted(core, DAYS + 1)

    await tidy(core)

    assert rows(core, "SELECT count(*) FROM note") == [(0,)]
    assert (await core.notes.add(NoteCreate(title="next"))).result.id == last + 1


async def test_much_goes_in_chunks_and_all_of_it(core: Core):
    await _deleted(core, DAYS + 1, EMPTY_TRASH_CHUNK + 20)

    assert (await core.notes.empty_trash(DAYS)).result
    assert rows(core, "SELECT count(*) FROM note") == [(20,)]
    assert not (await core.notes.empty_trash(DAYS)).result
    assert rows(core, "SELECT count(*) FROM note") == [(0,)]


async def test_old_events_go_and_the_newest_number_stays(tmp_path: Path, core: Core):
    for n in range(130):
        await core.notes.add(NoteCreate(title=str(n)))
    few = Core(**{**vars(core), "settings": Settings(data=tmp_path, log_rows=100)})

    await tidy(few)

    assert rows(core, "SELECT min(number), max(number) FROM event_log") == [(31, 130)]
    assert rows(core, "SELECT newest, pruned FROM log_head") == [(130, 30)]
