"""Housekeeping: rows deleted long ago and old events are purged, and nothing else."""

import asyncio
import os
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quart_notes.background.import_runner import ImportRunner
from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY, SHARED_BOARD
from quart_notes.domain.history.trash import PURGE_CHUNK
from quart_notes.domain.jobs import UploadedJob
from quart_notes.errors import DatabaseUnavailableError, NotFoundError
from quart_notes.models import Job, Note
from quart_notes.schemas import ImportOptions, NoteCreate
from quart_notes.settings import Settings
from quart_notes.storage.sqlite import file as sqlite_file
from tests.support.servers.empty_database import database_file
from tests.support.servers.in_process import fresh, rows, update_rows

DAYS = Settings().trash_days


async def _deleted(core: Core, days_ago: float, count: int = 1) -> list[int]:
    """Notes that were deleted this long ago."""
    added = await asyncio.gather(
        *(core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title=f"gone {n}")) for n in range(count))
    )
    ids = [written.result.id for written in added]
    await asyncio.gather(*(core.notes.delete(ANYBODY, SHARED_BOARD, note_id) for note_id in ids))
    await update_rows(core, Note, {"id__in": ids}, deleted_at=datetime.now(UTC) - timedelta(days=days_ago))
    return ids


async def test_a_note_deleted_long_ago_is_purged_and_a_recent_one_can_be_restored(core: Core):
    kept = (await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title="kept"))).result
    (recent,) = await _deleted(core, DAYS - 0.1)
    (old,) = await _deleted(core, DAYS + 0.1)
    before = await fresh(core)

    await core.run_chores()

    assert rows(core, "SELECT id FROM note ORDER BY id") == [(kept.id,), (recent,)]
    assert await fresh(core) == before, "it changed what people see, or told them something"
    with pytest.raises(NotFoundError):
        await core.notes.restore(ANYBODY, SHARED_BOARD, old)
    assert (await core.notes.restore(ANYBODY, SHARED_BOARD, recent)).result.id == recent


async def test_the_id_of_a_purged_note_is_not_reused(core: Core):
    (last,) = await _deleted(core, DAYS + 1)

    await core.run_chores()

    assert rows(core, "SELECT count(*) FROM note") == [(0,)]
    assert (await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title="next"))).result.id == last + 1


async def test_many_rows_are_purged_completely_in_chunks(core: Core):
    await _deleted(core, DAYS + 1, PURGE_CHUNK + 20)

    assert (await core.trash.delete_old()).result
    assert rows(core, "SELECT count(*) FROM note") == [(20,)]
    assert not (await core.trash.delete_old()).result
    assert rows(core, "SELECT count(*) FROM note") == [(0,)]


async def test_old_events_are_purged_and_the_newest_number_stays(core: Core):
    for n in range(130):
        await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title=str(n)))
    core.settings = core.settings.model_copy(update={"log_rows": 100})

    await core.run_chores()

    assert rows(core, "SELECT min(number), max(number) FROM event_log") == [(31, 130)]
    assert rows(core, "SELECT newest, pruned FROM log_head") == [(130, 30)]


async def _job(core: Core, folder: str, state: str, days_ago: float) -> int:
    """An import that was last active this long ago."""
    job_id = (
        await core.jobs.start(ANYBODY, SHARED_BOARD, ImportOptions(), UploadedJob("notes.json", folder, 1))
    ).result.id
    moment = datetime.now(UTC) - timedelta(days=days_ago)
    await update_rows(core, Job, {"id": job_id}, state=state, updated_at=moment)
    return job_id


async def test_only_imports_of_a_dead_machine_are_interrupted(core: Core):
    with core.uploads.receiving(1) as upload:
        here, away = upload.folder.name, "elsewhere-1"
    core.import_runner = ImportRunner(core.broadcaster, core.jobs, core.imports, core.uploads, trusted=True, sole=False)
    lost = {await _job(core, away, state, 1.1) for state in ("waiting", "running")}
    others = [(away, "waiting", 0.9), (away, "done", 1.1), (away, "failed", 1.1), (here, "waiting", 1.1)]
    kept = {await _job(core, *other): other[1] for other in others}
    before = await core.log.newest()

    await core.run_chores()

    assert dict(rows(core, "SELECT id, state FROM job")) == {**dict.fromkeys(lost, "interrupted"), **kept}
    assert (await core.log.newest()).number - before.number == len(lost), "the people who asked for them are told"
    (again, _) = sorted(lost)
    assert (await core.jobs.retry(ANYBODY, again)).result.state == "waiting"


def _in_the_file_itself(core: Core, copy: Path) -> int:
    """How many notes the database file holds without its write-ahead log."""
    shutil.copyfile(database_file(core.settings), copy)
    with closing(sqlite3.connect(copy)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'note'").fetchall():
            return 0
        (count,) = connection.execute("SELECT count(*) FROM note").fetchone()
    return int(count)


@pytest.mark.sqlite_only("its write-ahead log")
async def test_a_large_write_ahead_log_is_checkpointed_during_writes(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for number in range(30):
        await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title=f"note {number}", description="x" * 5000))
    await core.database.checkpoint()
    assert _in_the_file_itself(core, tmp_path / "before") < 30, "it is done before the log has grown"

    monkeypatch.setattr(sqlite_file, "CHECKPOINT_SIZE", 50_000)
    writing = asyncio.gather(*(core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title="during it")) for _ in range(50)))
    await core.database.checkpoint()
    await writing

    assert _in_the_file_itself(core, tmp_path / "after") >= 30
    assert rows(core, "SELECT count(*) FROM note") == [(80,)]


@pytest.mark.sqlite_only("its write-ahead log")
async def test_the_write_ahead_log_is_used_again_while_writes_go_on(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sqlite_file, "CHECKPOINT_SIZE", 50_000)
    file = database_file(core.settings)
    wal = file.with_name(file.name + "-wal")
    salts = set()

    async def write() -> None:
        await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title="long", description="x" * 5000))

    async def go_on_writing() -> None:
        while True:
            await write()

    writing = [asyncio.create_task(go_on_writing()) for _ in range(4)]
    for _ in range(10):
        for _ in range(5):
            await write()
        await core.database.checkpoint()
        await write()
        salts.add(wal.read_bytes()[16:24])
    for task in writing:
        task.cancel()
    await asyncio.gather(*writing, return_exceptions=True)

    assert len(salts) == 10, "each checkpoint lets the log start over, with a new salt"


@pytest.mark.sqlite_only("its write-ahead log")
async def test_an_unchanged_log_is_checkpointed_again_only_while_its_time_may_hide_a_change(
    core: Core, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sqlite_file, "CHECKPOINT_SIZE", 50_000)
    for number in range(15):
        await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title=f"note {number}", description="x" * 5000))
    checkpoint, done = sqlite_file._checkpoint, list[Path]()

    def count(file: Path) -> None:
        done.append(file)
        checkpoint(file)

    monkeypatch.setattr(sqlite_file, "_checkpoint", count)
    file = database_file(core.settings)
    for _ in range(2):
        await core.database.checkpoint()
    assert len(done) == 2, "the log has changed a moment ago"

    longer_ago = time.time_ns() - 2 * sqlite_file.CLOCK_TICK
    os.utime(file.with_name(file.name + "-wal"), ns=(longer_ago, longer_ago))
    for _ in range(3):
        await core.database.checkpoint()
    assert len(done) == 3, "then only a change of the log makes it necessary"


@pytest.mark.sqlite_only("its file goes away")
async def test_housekeeping_does_not_create_a_missing_database(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title="here"))
    monkeypatch.setattr(sqlite_file, "CHECKPOINT_SIZE", 0)
    file = database_file(core.settings)
    file.rename(tmp_path / "away")

    with pytest.raises(DatabaseUnavailableError):
        await core.database.checkpoint()

    assert not file.exists()
    (tmp_path / "away").rename(file)
