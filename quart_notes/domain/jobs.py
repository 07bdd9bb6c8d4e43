"""Jobs as their users see them: start, list, cancel, run again, delete."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal, NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from quart_notes.domain.access import Caller, require_role
from quart_notes.domain.idempotency import IdempotentRequest, make_once
from quart_notes.domain.service import Listed, Service, delete_chunk, transactional
from quart_notes.errors import NotFoundError, NotNowError
from quart_notes.live import events
from quart_notes.live.events import Action, JobEvent, WorkEvent, WorkRequest
from quart_notes.live.writer import Change, Committed
from quart_notes.models import Job
from quart_notes.schemas import ImportOptions, JobOut, JobQuery, JobState, Outcome
from quart_notes.schemas.event_ids import EventId

MAX_JOBS = 50  # jobs of a user whose files are kept
ACTIVE: tuple[JobState, ...] = ("waiting", "running")
RETRIABLE: tuple[JobState, ...] = ("failed", "cancelled", "interrupted")  # states of jobs that can be run again
WAITING = "Waiting for its turn"
TEXT_MAX = 200  # characters


class UploadedJob(NamedTuple):
    """An upload: its name, its folder in the folder of imports, its bytes, and a digest of them."""

    file_name: str
    folder: str
    size: int
    digest: str = ""


@dataclass(eq=False)
class Jobs(Service):
    """All jobs.

    kept_bytes   limit for the files of one user's imports together; a single import may be larger

    Users see their own jobs. In open mode everybody may do everything, so a list has the jobs of one user and those
    without one.
    """

    _kept_bytes: int

    async def may_start(self, caller: Caller, board_id: int) -> None:
        """Return if the caller may start an import on the board, before anything is uploaded.

        raises   NotFoundError, ForbiddenError: of the board; NotNowError: they have too many jobs or too large ones
        """
        async with self._database.snapshot() as connection:
            await require_role(connection, caller, board_id, "editor")
            _require_room(
                [job for job in await _jobs_with_files(connection, caller) if not _is_dry_run(job)], 1, self._kept_bytes
            )

    async def start(
        self, caller: Caller, board_id: int, options: ImportOptions, sent: UploadedJob, client_key: str | None = None
    ) -> Committed[JobOut]:
        """Start an import; raises like `may_start`. The oldest dry runs lose their files when there is no room.

        Returns, as AlreadyMade, what the same key has started before; then the new upload is not used.
        """
        wanted = options.model_dump_json(include=set(ImportOptions.model_fields))
        request = None
        if client_key is not None:
            name = "\0".join(("import", str(board_id), str(caller.id or 0), client_key))
            request = IdempotentRequest(name, sha256(f"{wanted}\0{sent.digest}".encode()).hexdigest())

        async def work(change: Change) -> JobOut:
            await require_role(change.connection, caller, board_id, "editor")
            await _make_room(change, caller, sent.size, self._kept_bytes)
            now = datetime.now(UTC)
            job = Job(
                user_id=caller.id,
                board_id=board_id,
                kind="import",
                state="waiting",
                options=wanted,
                file_name=sent.file_name,
                folder=sent.folder,
                size=sent.size,
                text=WAITING,
                outcome=Outcome().model_dump_json(),
                created_at=now,
                updated_at=now,
            )
            await job.save(using_db=change.connection, force_create=True)
            request_work(change, job.id, "begin")
            return record_job_event(change, "create", job)

        async def made(connection: BaseDBAsyncClient, job_id: int) -> JobOut | None:
            await require_role(connection, caller, board_id, "editor")
            job = await Job.get_or_none(id=job_id, using_db=connection)
            return None if job is None else job_out(job)

        return await make_once(self._write, request, work, made, caller.id)

    async def get(self, caller: Caller, job_id: int) -> tuple[JobOut, EventId]:
        """A job, and the newest event that it includes."""
        async with self._snapshot() as (connection, position):
            return job_out(await _own_job(connection, caller, job_id)), position

    async def find(self, caller: Caller, query: JobQuery) -> Listed[JobOut]:
        """A caller's jobs by id ascending, `query.limit` at most; for a trusted caller, those without a user too."""
        async with self._snapshot() as (connection, position):
            jobs = Job.filter(_listed(caller), id__gt=query.after_id).using_db(connection)
            rows = await jobs.order_by("id").limit(query.limit + 1)
        return Listed([job_out(row) for row in rows[: query.limit]], position, len(rows) > query.limit)

    async def latest(self, caller: Caller, board_id: int, limit: int) -> Listed[JobOut]:
        """The same for one board, newest first, `limit` at most."""
        async with self._snapshot() as (connection, position):
            jobs = Job.filter(_listed(caller), board_id=board_id).using_db(connection)
            rows = await jobs.order_by("-id").limit(limit + 1)
        return Listed([job_out(row) for row in rows[:limit]], position, len(rows) > limit)

    async def active(self, caller: Caller) -> list[JobOut]:
        """A caller's unfinished jobs, oldest first: theirs only, or those without a user."""
        async with self._database.snapshot() as connection:
            jobs = Job.filter(user_id=caller.id, state__in=ACTIVE).using_db(connection)
            return [job_out(row) for row in await jobs.order_by("id")]

    @transactional
    async def cancel(self, change: Change, caller: Caller, job_id: int) -> JobOut:
        """Cancel a job; after this commit it changes nothing more. One that has ended stays as it is."""
        job = await _own_job(change.connection, caller, job_id)
        if job.state not in ACTIVE:
            return job_out(job)
        request_work(change, job.id, "end")
        text = f"Cancelled: {job.text}" if job.done else "Cancelled"
        return await set_state(change, job, "cancelled", text[:TEXT_MAX])

    @transactional
    async def retry(self, change: Change, caller: Caller, job_id: int) -> JobOut:
        """Run a job again from the beginning; NotNowError unless it failed or was cancelled or interrupted."""
        job = await _own_job(change.connection, caller, job_id)
        if job.state not in RETRIABLE:
            raise NotNowError(f"Job {job_id} is {job.state}: there is nothing to run again.")
        return await _start_over(change, job)

    @transactional
    async def import_after_dry_run(self, change: Change, caller: Caller, job_id: int) -> JobOut:
        """Import the result of a dry run; NotNowError unless it is one, has ended, and its files are still kept."""
        job = await _own_job(change.connection, caller, job_id)
        if not _is_dry_run(job) or not job.folder:
            raise NotNowError(f"There is nothing to import of job {job_id}: send the file again.")
        options = ImportOptions.model_validate_json(job.options).model_copy(update={"dry_run": False})
        job.options = options.model_dump_json()
        return await _start_over(change, job)

    @transactional
    async def delete(self, change: Change, caller: Caller, job_id: int) -> JobOut:
        """Delete a job, with its file; NotNowError while it runs."""
        job = await _own_job(change.connection, caller, job_id)
        if job.state == "running":
            raise NotNowError(f"Job {job_id} is running: cancel it first.")
        await job.delete(using_db=change.connection)
        request_work(change, job.id, "end")
        return record_job_event(change, "delete", job)

    async def folders(self) -> set[str]:
        """The folders that are still needed, by jobs that run or can be run again."""
        async with self._database.snapshot() as connection:
            rows = await Job.exclude(folder="").using_db(connection).values("folder")
        return {row["folder"] for row in rows}

    @transactional
    async def delete_old(self, change: Change, days: int) -> bool:
        """Delete a chunk of the jobs that did not change for `days`; returns whether there may be more."""
        old: QuerySet[Job] = Job.filter(updated_at__lt=datetime.now(UTC) - timedelta(days=days))
        return await delete_chunk(change, old.exclude(state__in=ACTIVE))


def _listed(caller: Caller) -> Q:
    """The jobs that a caller sees in a list."""
    mine = Q(user_id=caller.id)
    return mine | Q(user_id__isnull=True) if caller.trusted else mine


async def _jobs_with_files(connection: BaseDBAsyncClient, caller: Caller) -> list[Job]:
    """The jobs of a caller whose files are kept, oldest first."""
    return await Job.filter(user_id=caller.id).exclude(folder="").using_db(connection).order_by("id")


def _is_dry_run(job: Job) -> bool:
    """Whether a job is a finished dry run, which can be imported."""
    return job.state == "done" and ImportOptions.model_validate_json(job.options).dry_run


async def _make_room(change: Change, caller: Caller, size: int, limit: int) -> None:
    """Delete the files of the oldest dry runs until there is room; NotNowError when that is not enough."""
    stored = await _jobs_with_files(change.connection, caller)
    dry_runs = [job for job in stored if _is_dry_run(job)]
    while dry_runs and not _has_room(stored, size, limit):
        oldest = dry_runs.pop(0)
        stored.remove(oldest)
        oldest.folder = ""
        request_work(change, oldest.id, "end")
        await save_job(change, oldest)
    _require_room(stored, size, limit)


def _has_room(stored: list[Job], size: int, limit: int) -> bool:
    return not stored or (len(stored) < MAX_JOBS and sum(job.size for job in stored) + size <= limit)


def _require_room(stored: list[Job], size: int, limit: int) -> None:
    if len(stored) >= MAX_JOBS:
        raise NotNowError(
            f"There are {MAX_JOBS} imports that wait, run or have failed: remove some of them from the list first."
        )
    if not _has_room(stored, size, limit):
        used = sum(job.size for job in stored)
        raise NotNowError(
            f"The files of imports that wait, run or have failed take {used:,} bytes, and at most {limit:,} are kept"
            " (max_kept_import_bytes): remove some of them from the list first."
        )


async def _own_job(connection: BaseDBAsyncClient, caller: Caller, job_id: int) -> Job:
    job = await Job.get_or_none(id=job_id, using_db=connection)
    if job is None or not caller.may_act_as(job.user_id):
        raise NotFoundError(f"Job {job_id} not found")
    return job


async def _start_over(change: Change, job: Job) -> JobOut:
    """Have a job run from the beginning."""
    job.done, job.total, job.outcome = 0, None, Outcome().model_dump_json()
    request_work(change, job.id, "begin")
    return await set_state(change, job, "waiting", WAITING)


async def set_state(change: Change, job: Job, state: JobState, text: str) -> JobOut:
    """Change a job's state, and send it to its user."""
    job.state, job.text = state, text
    return await save_job(change, job)


async def save_job(change: Change, job: Job, *, quietly: bool = False) -> JobOut:
    """Save a job, and send it to its user unless an event was sent just before."""
    job.version += 1
    job.updated_at = datetime.now(UTC)
    await job.save(using_db=change.connection)
    return job_out(job) if quietly else record_job_event(change, "update", job)


def record_job_event(change: Change, action: Action, job: Job) -> JobOut:
    """Record the event of a job, for its user."""
    topic = events.board(job.board_id) if job.user_id is None else events.user(job.user_id)
    out = job_out(job)
    change.record(JobEvent(topic=topic, action=action, job=out))
    return out


def request_work(change: Change, job_id: int, wanted: Literal["begin", "end"]) -> None:
    """Notify the process that runs jobs."""
    work = WorkRequest(kind="job", id=job_id, wanted=wanted)
    change.record(WorkEvent(topic=events.WORK, action="update", work=work))


def job_out(job: Job) -> JobOut:
    """A job as the API returns it."""
    return JobOut.model_validate(
        {
            **{name: getattr(job, name) for name in JobOut.model_fields if hasattr(job, name)},
            "person_id": job.user_id,
            "kept": bool(job.folder),
            "options": ImportOptions.model_validate_json(job.options),
            "outcome": Outcome.model_validate_json(job.outcome),
        }
    )
