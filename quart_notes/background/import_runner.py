"""Runs imports beside the requests: some at once, the rest in order."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import TypeVar

from quart_notes.background.work_queue import WorkQueue, retry_until_available
from quart_notes.domain.imports import ImportEntry, Imports, IsLocal, Progress, Task
from quart_notes.domain.jobs import Jobs
from quart_notes.errors import ProblemError
from quart_notes.live.broadcaster import Broadcaster
from quart_notes.schemas import JobState, Outcome
from quart_notes.transfer.errors import UnreadableError
from quart_notes.transfer.import_batches import Batch, ImportSource
from quart_notes.transfer.upload_store import UploadStore

T = TypeVar("T")
IMPORTS_AT_ONCE = 2  # jobs
PROGRESS_INTERVAL = 0.2  # seconds between two events of a job: half as many as are allowed
REST_FACTOR = 0.5  # of the time that a batch took, before the next: requests are served in between
STOPPED = "The server stopped during the import. Run it again: no note is imported twice."
GONE = "The file is no longer on the server. Send it again."
FAILED = "Something went wrong on the server. It has been logged."

log = logging.getLogger(__name__)


class ImportRunner:
    """Works on the jobs.

    1. Nothing here decides whether a job may go on: each of its changes looks at its row, in the same transaction. What
       is heard of its end only spares work.
    2. Files are read in threads, a batch at a time; the loop waits for none of them.
    3. Stopping ends every job between two batches and marks it as interrupted.

    trusted   in open mode: jobs may be done in nobody's name
    sole      there is no other machine to which files may have been sent
    ours      whether the files of a folder are on this machine
    """

    def __init__(
        self,
        broadcaster: Broadcaster,
        jobs: Jobs,
        imports: Imports,
        spool: UploadStore,
        *,
        trusted: bool,
        sole: bool = True,
    ) -> None:
        self.ours: IsLocal = (lambda _: True) if sole else spool.is_local
        self._jobs = jobs
        self._imports = imports
        self._uploads = spool
        self._trusted = trusted
        self._queue = WorkQueue(broadcaster, "job", self._run, self._cancel, at_once=IMPORTS_AT_ONCE)
        self._cancelled: set[int] = set()  # running ones that have been cancelled or put away
        self._sweeping: asyncio.Task[None] | None = None
        self._unswept = False
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Mark what was interrupted when the process before ended, and begin what waits."""
        self._stopping.clear()
        await self._imports.interrupt_running(self.ours)
        await self._queue.start(self._imports.waiting)
        await self._delete_orphans()

    async def stop(self) -> None:
        """Return when no job runs any more."""
        self._stopping.set()
        await self._queue.stop()
        if self._sweeping is not None:
            await self._sweeping

    def _cancel(self, job_id: int, task: asyncio.Task[None] | None) -> None:
        if task is not None:
            self._cancelled.add(job_id)
        else:
            self._delete_orphans_soon()

    async def _run(self, job_id: int) -> None:
        try:
            task = await self._retry(partial(self._imports.claim, job_id, self.ours, trusted=self._trusted))
            if task is not None:
                state, text = await self._result(task)
                await self._retry(partial(self._imports.finish, job_id, state, text))
        except Exception:
            log.exception("Job %d could not be begun or ended", job_id)
        self._cancelled.discard(job_id)
        self._delete_orphans_soon()

    async def _retry(self, act: Callable[[], Awaitable[T]]) -> T:
        return await retry_until_available(act, self._stopping)

    async def _result(self, task: Task) -> tuple[JobState, str]:
        """Work on a job; returns how it ended and, unless its progress says it, why."""
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
        job_id = task.job.id
        sources = await asyncio.to_thread(self._uploads.sources, task.folder)
        source = await asyncio.to_thread(ImportSource, sources, task.job.options)
        total = await self._last(job_id, source.counts())
        batches = source.batches()
        loop = asyncio.get_running_loop()
        outcome, done, told = Outcome(), 0, 0.0
        try:
            while self._should_continue(job_id):
                began = loop.time()
                batch = await asyncio.to_thread(next, batches, None)
                if batch is None:
                    return "done", ""
                done += batch.done
                quietly = began - told < PROGRESS_INTERVAL
                told = told if quietly else began
                kept = await self._import_batches(
                    task, batch, Progress(done, total, batch.add_to(outcome)), quietly=quietly
                )
                if kept is None:
                    break
                outcome = kept
                await asyncio.sleep((loop.time() - began) * REST_FACTOR)
        finally:
            await asyncio.to_thread(batches.close)
        return "interrupted", STOPPED

    async def _import_batches(self, task: Task, batch: Batch, progress: Progress, *, quietly: bool) -> Outcome | None:
        entries = [ImportEntry(entry, origin) for entry, origin in batch.entries]
        return await self._imports.import_batch(task, entries, progress, quietly=quietly)

    async def _last(self, job_id: int, numbers: Generator[int, None, None]) -> int | None:
        """The last of the numbers; None when the job is to end before."""
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
        self._unswept = True
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.create_task(self._swept(), name="sweep imports")

    async def _swept(self) -> None:
        try:
            while self._unswept:
                await self._delete_orphans()
        except Exception:
            log.exception("The files of imports could not be swept away")

    async def _delete_orphans(self) -> None:
        """Remove the files that no job needs. Those that are there are looked up first: a new one may come."""
        self._unswept = False
        there = await asyncio.to_thread(self._uploads.finished)
        await asyncio.to_thread(self._uploads.remove, there - await self._jobs.folders())
