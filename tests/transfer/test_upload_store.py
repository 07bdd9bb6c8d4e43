"""Uploaded files: how long they stay on the server."""

import asyncio
from pathlib import Path

import pytest

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.transfer import upload_store
from tests.support import import_jobs
from tests.support.import_jobs import ended_job, notes_file, start_job

core = import_jobs.core


async def test_files_stay_while_their_job_may_need_them(core: Core):
    folder = core.settings.data / "imports"
    folder.mkdir()
    (folder / "orphan").mkdir()

    async def left(count: int) -> None:
        async with asyncio.timeout(20):
            while len(list(folder.iterdir())) != count:  # noqa: ASYNC110 - a folder does not say when
                await asyncio.sleep(0.002)

    failed = await ended_job(core, await start_job(core, b"nonsense"))
    await ended_job(core, await start_job(core, notes_file(1)))
    await left(1)
    await core.jobs.delete(ANYBODY, failed.id)
    await left(0)


async def test_an_upload_in_progress_is_not_deleted(core: Core):
    with core.uploads.receiving(1000) as upload:
        upload.start_file("a")
        assert core.uploads.finished() == set()
        upload.write(b"x")
        upload.finish()

    assert core.uploads.finished() == {upload.folder.name}


async def test_a_file_deleted_by_another_process_does_not_count_as_stored(core: Core, monkeypatch: pytest.MonkeyPatch):
    for name in ("kept", "discarded"):
        (core.settings.data / "imports" / name).mkdir(parents=True)
    looked_at = upload_store._is_locked

    def late(folder: Path) -> bool:
        if folder.name == "discarded":
            folder.rmdir()
        return looked_at(folder)

    monkeypatch.setattr(upload_store, "_is_locked", late)

    assert core.uploads.finished() == {"kept"}
