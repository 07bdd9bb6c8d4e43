"""Jobs that import notes, in an application without a server."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY, Caller
from quart_notes.domain.jobs import UploadedJob
from quart_notes.schemas import ImportOptions, JobOut
from quart_notes.transfer.import_batches import ImportSource
from tests.support.servers.in_process import opened, rows

Json = dict[str, Any]
ENDED = {"done", "failed", "cancelled", "interrupted"}


def notes_file(count: int, size: int = 1) -> bytes:
    """A file of so many different notes, as JSON."""
    return json.dumps([{"title": f"note {n}", "description": "x" * size} for n in range(count)]).encode()


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    """The services, with a runner of imports."""
    async with opened(tmp_path / "data") as core:
        await core.import_runner.start()
        yield core
        await core.import_runner.stop()


async def start_job(core: Core, data: bytes, who: Caller = ANYBODY, board_id: int = 1, **options: Any) -> JobOut:
    """Send a file and start its import."""
    with core.uploads.receiving(1 << 30) as upload:
        upload.start_file("notes.json")
        upload.write(data)
        upload.finish()
        started = await core.jobs.start(
            who, board_id, ImportOptions(**options), UploadedJob("notes.json", upload.folder.name, upload.size)
        )
    return started.result


async def job_until(core: Core, job_id: int, holds: Callable[[JobOut], bool], who: Caller = ANYBODY) -> JobOut:
    """The job, as soon as this holds of it."""
    async with asyncio.timeout(30):
        while True:
            job, _ = await core.jobs.get(who, job_id)
            if holds(job):
                return job
            await asyncio.sleep(0.002)


async def ended_job(core: Core, job: JobOut, who: Caller = ANYBODY) -> JobOut:
    """The job, once it has ended."""
    return await job_until(core, job.id, lambda now: now.state in ENDED, who)


async def count_notes(core: Core) -> int:
    """Number of notes."""
    return int(rows(core, "SELECT count(*) FROM note WHERE deleted_at IS NULL")[0][0])


class Gate:
    """Holds reading before a batch, so that a test has its time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
        self.reached, self.open = threading.Event(), threading.Event()
        original = ImportSource.batches

        def held(source: Any) -> Any:
            for number, found in enumerate(original(source)):
                if number == batch:
                    self.reached.set()
                    assert self.open.wait(20)
                yield found

        monkeypatch.setattr(ImportSource, "batches", held)

    async def wait(self) -> None:
        """Return once reading is held."""
        assert await asyncio.to_thread(self.reached.wait, 20)
