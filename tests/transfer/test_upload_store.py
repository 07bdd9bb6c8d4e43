"""The files of imports: how long they stay on the server."""

import asyncio
from pathlib import Path

import pytest

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.transfer import upload_store
from tests.support import import_jobs
from tests.support.import_jobs import ended_job, notes_file, start_job

core = import_jobs.core


async def test_files_stay_while_they_can_be_of_use(core: Core):
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


async def test_what_is_being_received_is_not_swept_away(core: Core):
    with core.uploads.receiving(1000) as upload:
        upload.start_file("a")
        assert core.uploads.finished() == set()
        upload.write(b"x")
        upload.finish()

    assert core.uploads.finished() == {upload.folder.name}


async def test_what_another_process_discards_before_is_none_of_those_that_are_kept(
    core: Core, monkeypatch: pytest.MonkeyPatch
):
    for name in ("kept", "discarded"):
        (core.settings.data / "imports" / name).mkdir(parents=True)
    looked_at = upload_store._is_locked

    def late(folder: Path) -> bool:
        if folder.name == "discarded":
            folder.rmdir()
        return looked_at(folder)

    monkeypatch.setattr(upload_store, "_is_locked", late)

    assert core.uploads.finished() == {"kept"}
