"""Long work as whoever asked for it sees it: begun, found, cancelled, run again, put away."""

from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from quart_notes import events
from quart_notes.database import Database
from quart_notes.domain.access import Caller, must_have
from quart_notes.errors import NotFoundError, NotNowError
from quart_notes.event_log import EventLog
from quart_notes.events import Action, EventId, JobEvent, Work, WorkEvent
from quart_notes.models import Job
from quart_notes.schemas import ImportOptions, JobOut, JobQuery, JobState, Outcome
from quart_notes.writer import Change, Write, Written

MAX_KEPT = 50  # jobs of a person whose files are kept: each may be as large as an import can be
UNDER_WAY: tuple[JobState, ...] = ("waiting", "running")
AGAIN: tuple[JobState, ...] = ("failed", "cancelled", "interrupted")  # what can be run again
WAITING = "Waiting for its turn"
TEXT_MAX = 200  # characters
FORGET_CHUNK = 500  # rows deleted in one transaction


class JobList(NamedTuple):
    """Some jobs, whether there are more after them, and the newest event that they include."""

    jobs: list[JobOut]
    more: bool
    position: EventId


class Jobs:
    """What people have asked for.

    Everybody sees their own. In open mode everybody may do everything, so a list there has the jobs of one person, and
    nobody's.
    """

    def __init__(self, database: Database, log: EventLog, write: Write) -> None:
        self._database = database
        self._log = log
        self._write = write

    async def may_start(self, caller: Caller, board_id: int) -> None:
        """Return when a caller may begin an import there, before anything is sent.

        raises   NotFoundError, ForbiddenError: of the board; NotNowError: they have too many as it is
        """
        async with self._database.snapshot() as connection:
            await _must_be_free_to_start(connection, caller, board_id)

    async def start(
        self, caller: Caller, board_id: int, options: ImportOptions, file_name: str, folder: str
    ) -> Written[JobOut]:
        """Have an import begin, of what has been put into `folder`; raises like `may_start`."""

        async def work(change: Change) -> JobOut:
            await _must_be_free_to_start(change.connection, caller, board_id)
            now = datetime.now(UTC)
            job = Job(
                user_id=caller.id,
                board_id=board_id,
                kind="import",
                state="waiting",
                options=options.model_dump_json(include=set(ImportOptions.model_fields)),
                file_name=file_name,
                folder=folder,
                text=WAITING,
                outcome=Outcome().model_dump_json(),
                created_at=now,
                updated_at=now,
            )
            await job.save(using_db=change.connection, force_create=True)
            begin_or_end(change, job.id, "begin")
            return tell(change, "create", job)

        return await self._write(work)

    async def get(self, caller: Caller, job_id: int) -> tuple[JobOut, EventId]:
        """A job, and the newest event that it includes."""
        async with self._database.snapshot() as connection:
            position = await self._log.newest(connection)
            return out(await _theirs(connection, caller, job_id)), position

    async def find(self, caller: Caller, query: JobQuery) -> JobList:
        """A caller's jobs by id ascending, `query.limit` at most; of a trusted one, nobody's too."""
        async with self._database.snapshot() as connection:
            position = await self._log.newest(connection)
            jobs = Job.filter(_of(caller), id__gt=query.after_id).using_db(connection)
            rows = await jobs.order_by("id").limit(query.limit + 1)
        return JobList([out(row) for row in rows[: query.limit]], len(rows) > query.limit, position)

    async def latest(self, caller: Caller, board_id: int, limit: int) -> JobList:
        """What `find` finds of a board, the newest first, `limit` at most."""
        async with self._database.snapshot() as connection:
            position = await self._log.newest(connection)
            jobs = Job.filter(_of(caller), board_id=board_id).using_db(connection)
            rows = await jobs.order_by("-id").limit(limit + 1)
        return JobList([out(row) for row in rows[:limit]], len(rows) > limit, position)

    async def under_way(self, caller: Caller) -> list[JobOut]:
        """What a caller has asked for and has not ended, the oldest first: theirs alone, or nobody's."""
        theirs = Q(user_id=caller.id) if caller.id is not None else Q(user_id__isnull=True)
        async with self._database.snapshot() as connection:
            jobs = Job.filter(theirs, state__in=UNDER_WAY).using_db(connection)
            return [out(row) for row in await jobs.order_by("id")]

    async def cancel(self, caller: Caller, job_id: int) -> Written[JobOut]:
        """End a job; from this commit on it changes nothing more. One that has ended stays as it is."""

        async def work(change: Change) -> JobOut:
            job = await _theirs(change.connection, caller, job_id)
            if job.state not in UNDER_WAY:
                return out(job)
            begin_or_end(change, job.id, "end")
            text = f"Cancelled: {job.text}" if job.done else "Cancelled"
            return await settle(change, job, "cancelled", text[:TEXT_MAX])

        return await self._write(work)

    async def retry(self, caller: Caller, job_id: int) -> Written[JobOut]:
        """Run a job again from the beginning; NotNowError unless it ended before its time."""

        async def work(change: Change) -> JobOut:
            job = await _theirs(change.connection, caller, job_id)
            if job.state not in AGAIN:
                raise NotNowError(f"Job {job_id} is {job.state}: there is nothing to run again.")
            job.done, job.total, job.outcome = 0, None, Outcome().model_dump_json()
            begin_or_end(change, job.id, "begin")
            return await settle(change, job, "waiting", WAITING)

        return await self._write(work)

    async def remove(self, caller: Caller, job_id: int) -> Written[JobOut]:
        """Put a job away, with its file; NotNowError while it runs."""

        async def work(change: Change) -> JobOut:
            job = await _theirs(change.connection, caller, job_id)
            if job.state == "running":
                raise NotNowError(f"Job {job_id} is running: cancel it first.")
            await job.delete(using_db=change.connection)
            begin_or_end(change, job.id, "end")
            return tell(change, "delete", job)

        return await self._write(work)

    async def folders(self) -> set[str]:
        """The folders that are still needed: what is in them can be run, or run again."""
        async with self._database.snapshot() as connection:
            rows = await Job.exclude(state="done").using_db(connection).values("folder")
        return {row["folder"] for row in rows}

    async def forget(self, days: int) -> Written[bool]:
        """Forget a chunk of the jobs of which nothing was heard for `days`; returns whether there may be more."""
        oldest = datetime.now(UTC) - timedelta(days=days)

        async def work(change: Change) -> bool:
            old: QuerySet[Job] = Job.filter(updated_at__lt=oldest).exclude(state__in=UNDER_WAY)
            ids = [row["id"] for row in await old.using_db(change.connection).limit(FORGET_CHUNK).values("id")]
            await Job.filter(id__in=ids).using_db(change.connection).delete()
            return len(ids) == FORGET_CHUNK

        return await self._write(work)


def _of(caller: Caller) -> Q:
    """The jobs that a caller sees in a list."""
    mine = Q(user_id=caller.id) if caller.id is not None else Q(user_id__isnull=True)
    return mine | Q(user_id__isnull=True) if caller.trusted else mine


async def _must_be_free_to_start(connection: BaseDBAsyncClient, caller: Caller, board_id: int) -> None:
    await must_have(connection, caller, board_id, "editor")
    mine = Job.filter(user_id=caller.id) if caller.id is not None else Job.filter(user_id__isnull=True)
    if await mine.exclude(state="done").using_db(connection).count() >= MAX_KEPT:
        raise NotNowError(f"There are {MAX_KEPT} imports that wait, run or have failed: put some of them away first.")


async def _theirs(connection: BaseDBAsyncClient, caller: Caller, job_id: int) -> Job:
    job = await Job.get_or_none(id=job_id, using_db=connection)
    if job is None or not caller.is_person(job.user_id):
        raise NotFoundError(f"Job {job_id} not found")
    return job


async def settle(change: Change, job: Job, state: JobState, text: str) -> JobOut:
    """Give a job another state, and tell whoever asked for it."""
    job.state, job.text = state, text
    return await keep(change, job)


async def keep(change: Change, job: Job, *, quietly: bool = False) -> JobOut:
    """Save a job as it is now, and tell whoever asked for it, unless it is too soon."""
    job.version += 1
    job.updated_at = datetime.now(UTC)
    await job.save(using_db=change.connection)
    return out(job) if quietly else tell(change, "update", job)


def tell(change: Change, action: Action, job: Job) -> JobOut:
    """Record where a job stands, for whoever asked for it."""
    topic = events.board(job.board_id) if job.user_id is None else events.user(job.user_id)
    told = out(job)
    change.record(JobEvent(topic=topic, action=action, job=told))
    return told


def begin_or_end(change: Change, job_id: int, wanted: Literal["begin", "end"]) -> None:
    """Have whoever works on jobs hear of it."""
    work = Work(kind="job", id=job_id, wanted=wanted)
    change.record(WorkEvent(topic=events.WORK, action="update", work=work))


def out(job: Job) -> JobOut:
    """A job as people see it."""
    return JobOut.model_validate(
        {
            **{name: getattr(job, name) for name in JobOut.model_fields if hasattr(job, name)},
            "person_id": job.user_id,
            "options": ImportOptions.model_validate_json(job.options),
            "outcome": Outcome.model_validate_json(job.outcome),
        }
    )
