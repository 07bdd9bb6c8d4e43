"""Runs imports beside the requests: some at once, the rest in order."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import TypeVar

from quart_notes.background.work_queue import WorkQueue, retry_until_available
from quart_notes.domain.imports import INTERRUPTED, Imports, IsLocal, Progress, Task
from quart_notes.domain.jobs import Jobs
from quart_notes.errors import ProblemError
from quart_notes.live.broadcaster import Broadcaster
from quart_notes.schemas import JobState, Outcome
from quart_notes.transfer.errors import UnreadableError
from quart_notes.transfer.upload_store import UploadStore

T = TypeVar("T")
IMPORTS_AT_ONCE = 2  # jobs
PROGRESS_INTERVAL = 0.2  # seconds between two events of a job: half as many as are allowed
REST_FACTOR = 0.5  # of the time that a batch took, before the next: requests are served in between
GONE = "The file is no longer on the server. Send it again."
FAILED = "Something went wrong on the server. It has been logged."

log = logging.getLogger(__name__)


class ImportRunner:
    """Runs the jobs.

    1. Only its row decides whether a job may continue: each of its changes checks it in the same transaction. Events of
       its end only save work.
    2. Files are read in threads, a batch at a time; the event loop waits for none of them.
    3. Stopping ends every job between two batches and marks it as interrupted.

    trusted   in open mode: jobs may have no user
    sole      no other machine receives files
    is_local  whether the files of a folder are on this machine
    """

    def __init__(
        self,
        broadcaster: Broadcaster,
        jobs: Jobs,
        imports: Imports,
        uploads: UploadStore,
        *,
        trusted: bool,
        sole: bool = True,
    ) -> None:
        self.is_local: IsLocal = (lambda _: True) if sole else uploads.is_local
        self._jobs = jobs
        self._imports = imports
        self._uploads = uploads
        self._trusted = trusted
        self._queue = WorkQueue(broadcaster, "job", self._run, self._cancel, at_once=IMPORTS_AT_ONCE)
        self._cancelled: set[int] = set()  # running ones that were cancelled or deleted
        self._deletion: asyncio.Task[None] | None = None
        self._orphans_left = False
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Mark the jobs that the former process left as interrupted, and start the waiting ones."""
        self._stopping.clear()
        await self._imports.interrupt_running(self.is_local)
        await self._queue.start(self._imports.waiting)
        await self._delete_orphans()

    async def stop(self) -> None:
        """Return when no job runs any more."""
        self._stopping.set()
        await self._queue.stop()
        if self._deletion is not None:
            await self._deletion

    def _cancel(self, job_id: int, task: asyncio.Task[None] | None) -> None:
        if task is not None:
            self._cancelled.add(job_id)
        else:
            self._delete_orphans_soon()

    async def _run(self, job_id: int) -> None:
        try:
            claim = partial(self._imports.claim, job_id, self.is_local, trusted=self._trusted)
            task = (await self._retry(claim)).result
            if task is not None:
                state, text = await self._result(task)
                await self._retry(partial(self._imports.finish, job_id, state, text))
        except Exception:
            log.exception("Job %d could not be started or finished", job_id)
        self._cancelled.discard(job_id)
        self._delete_orphans_soon()

    async def _retry(self, act: Callable[[], Awaitable[T]]) -> T:
        return await retry_until_available(act, self._stopping)

    async def _result(self, task: Task) -> tuple[JobState, str]:
        """Run a job; returns its final state and, unless its progress says it, the reason."""
        try:
            return await self._import(task)
        except UnreadableError as error:
            return "failed", str(error)
        except ProblemError as error:
            return "failed", error.detail
        except FileNotFoundError:
            return "failed", GONE
        except Exception:
            log.exception("Job %d failed", task.job.id)
            return "failed", FAILED

    def _should_continue(self, job_id: int) -> bool:
        return not (self._stopping.is_set() or job_id in self._cancelled)

    async def _import(self, task: Task) -> tuple[JobState, str]:
        # Late: a server starts without the readers of all formats, which take 20 ms.
        from quart_notes.transfer.import_batches import ImportSource

        job_id = task.job.id
        sources = await asyncio.to_thread(self._uploads.sources, task.folder)
        source = await asyncio.to_thread(ImportSource, sources, task.job.options)
        total = await self._last(job_id, source.counts())
        batches = source.batches()
        loop = asyncio.get_running_loop()
        outcome, done, published = Outcome(), 0, 0.0
        try:
            while self._should_continue(job_id):
                began = loop.time()
                batch = await asyncio.to_thread(next, batches, None)
                if batch is None:
                    return "done", ""
                done += batch.done
                quietly = began - published < PROGRESS_INTERVAL
                published = published if quietly else began
                progress = Progress(done, total, batch.add_to(outcome))
                imported, _ = await self._imports.import_batch(task, batch.entries, progress, quietly=quietly)
                if imported is None:
                    break
                outcome = imported
                await asyncio.sleep((loop.time() - began) * REST_FACTOR)
        finally:
            await asyncio.to_thread(batches.close)
        return "interrupted", INTERRUPTED

    async def _last(self, job_id: int, numbers: Generator[int, None, None]) -> int | None:
        """The last of the numbers; None when the job must end before."""
        last = 0
        try:
            while self._should_continue(job_id):
                number = await asyncio.to_thread(next, numbers, None)
                if number is None:
                    return last
                last = number
        finally:
            await asyncio.to_thread(numbers.close)
        return None

    def _delete_orphans_soon(self) -> None:
        self._orphans_left = True
        if self._deletion is None or self._deletion.done():
            self._deletion = asyncio.create_task(self._delete_all_orphans(), name="delete orphans")

    async def _delete_all_orphans(self) -> None:
        try:
            while self._orphans_left:
                await self._delete_orphans()
        except Exception:
            log.exception("The files of imports could not be deleted")

    async def _delete_orphans(self) -> None:
        """Delete the files that no job needs. The files are listed first, because new ones may arrive."""
        self._orphans_left = False
        stored = await asyncio.to_thread(self._uploads.finished)
        await asyncio.to_thread(self._uploads.remove, stored - await self._jobs.folders())
