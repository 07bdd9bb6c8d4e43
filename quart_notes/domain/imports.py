"""Notes that come in from a file: many in one change, each of them once."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import Caller, must_have
from quart_notes.domain.jobs import TEXT_MAX, UNDER_WAY, keep, settle
from quart_notes.domain.notes import search_text
from quart_notes.domain.service import Service
from quart_notes.domain.users import by_id
from quart_notes.live.events import NoteEvent, board
from quart_notes.live.writer import Change
from quart_notes.models import Job, Note
from quart_notes.schemas import Entry, ImportOptions, JobOut, JobState, LeftOut, NoteOut, Outcome

INSERT = (
    "INSERT INTO note (board_id, title, description, search_text, created_at, updated_at, done, version, origin)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8)"
)
INTERRUPTED = "The server stopped during the import. Run it again: no note is imported twice."
LOST = timedelta(days=1)  # after which a machine that does nothing for a job has gone, or its data folder
AWAY = "The server that has the file is not running. Send the file again, or run the import again when it is back."
LOST_NAMES = 2  # of what could not be kept, in a line for people; all are in the outcome
LOST_NAME_MAX = 30  # characters
NOBODYS = "This import belongs to nobody, and people sign in on this server now."


Ours = Callable[[str], bool]  # whether the files of a folder are on this machine


class Sourced(NamedTuple):
    """An entry, and where it came from first: its own word for it, or one made of what it says."""

    entry: Entry
    origin: str


class Task(NamedTuple):
    """A job whose turn has come: where its file is, and in whose name it is done."""

    job: JobOut
    folder: str
    caller: Caller


class Progress(NamedTuple):
    """Where a job stands before a batch of entries; `done` is with them."""

    done: int
    total: int | None
    outcome: Outcome


class Imports(Service):
    """The work on imports.

    1. A batch of notes and the progress of its job commit together: an interrupted job knows exactly what came in.
    2. Nothing is changed for a job that is not running any more.
    3. Within a board an origin comes in once, among the notes that are there now.
    """

    async def recover(self, ours: Ours) -> None:
        """After a start: what was running when the process before ended is marked as interrupted.

        ours   where several machines share the database, each goes on with what was sent to it
        """

        async def work(change: Change) -> None:
            for job in await Job.filter(state="running").using_db(change.connection):
                if ours(job.folder):
                    await settle(change, job, "interrupted", INTERRUPTED)

        await self._write(work)

    async def interrupt_lost(self, ours: Ours) -> None:
        """Mark as interrupted what is to be done on another machine and has not been touched for LOST."""
        oldest = datetime.now(UTC) - LOST

        async def work(change: Change) -> None:
            old = Job.filter(state__in=UNDER_WAY, updated_at__lt=oldest)
            for job in await old.using_db(change.connection).order_by("id"):
                if not ours(job.folder):
                    await settle(change, job, "interrupted", AWAY)

        await self._write(work)

    async def waiting(self) -> list[int]:
        """The jobs that wait for their turn, the oldest first."""
        async with self._database.snapshot() as connection:
            rows = await Job.filter(state="waiting").using_db(connection).order_by("id").values("id")
        return [row["id"] for row in rows]

    async def take(self, job_id: int, ours: Ours, *, trusted: bool) -> Task | None:
        """Begin a job; None when it does not wait any more, or is for another machine.

        One that is running counts as waiting: the caller runs the jobs of this machine, and does not run this one.
        Beginning it has been committed before, and the answer to that was lost.

        trusted   as in open mode; otherwise it is done in the name of the person who asked for it, and of nobody else
        """

        async def work(change: Change) -> Task | None:
            job = await Job.get_or_none(id=job_id, state__in=UNDER_WAY, using_db=change.connection)
            if job is None or not ours(job.folder):
                return None
            people = await by_id(change.connection, [job.user_id])
            if not (trusted or any(not person.deactivated for person in people.values())):
                await settle(change, job, "failed", NOBODYS)
                return None
            caller = Caller(people[job.user_id] if job.user_id else None, trusted)
            return Task(await settle(change, job, "running", "Reading the file"), job.folder, caller)

        return (await self._write(work)).result

    async def advance(
        self, task: Task, entries: Sequence[Sourced], progress: Progress, *, quietly: bool
    ) -> Outcome | None:
        """Bring a batch in and note how far the job is; None when it is not running any more.

        quietly   tell nobody how far it is; the notes are always told
        raises    NotFoundError, ForbiddenError: the person who asked for it may not do it any more
        """

        async def work(change: Change) -> Outcome | None:
            job = await Job.get_or_none(id=task.job.id, state="running", using_db=change.connection)
            if job is None:
                return None
            dry_run = task.job.options.dry_run
            created = await bring_in(change, task.caller, job.board_id, entries, self._log.epoch, dry_run=dry_run)
            outcome = counted(progress.outcome, entries, created)
            job.done, job.total = progress.done, progress.total
            job.text, job.outcome = summary(outcome, dry_run=dry_run), outcome.model_dump_json()
            await keep(change, job, quietly=quietly)
            return outcome

        return (await self._write(work)).result

    async def bring(self, caller: Caller, board_id: int, entries: Sequence[Sourced], *, dry_run: bool) -> int:
        """Bring entries in without a job; returns how many were not there yet."""

        async def work(change: Change) -> int:
            return await bring_in(change, caller, board_id, entries, self._log.epoch, dry_run=dry_run)

        return (await self._write(work)).result

    async def end(self, job_id: int, state: JobState, text: str = "") -> None:
        """Say that a job has ended, and how; nothing when it is not running any more. Without a text the last stays."""

        async def work(change: Change) -> None:
            job = await Job.get_or_none(id=job_id, state="running", using_db=change.connection)
            if job is not None:
                if state == "done" and not ImportOptions.model_validate_json(job.options).dry_run:
                    job.folder = ""  # there is nothing left to be done with its files
                await settle(change, job, state, (text or job.text)[:TEXT_MAX])

        await self._write(work)


async def bring_in(
    change: Change, caller: Caller, board_id: int, entries: Sequence[Sourced], epoch: str, *, dry_run: bool
) -> int:
    """Put those entries on the board that are not there yet, and tell everyone watching it; returns how many.

    epoch   of this database: an origin `{epoch}/{id}` is this board's own note of that id
    """
    await must_have(change.connection, caller, board_id, "editor")
    known = await _known(change.connection, board_id, [one.origin for one in entries], epoch)
    now = datetime.now(UTC)
    created = 0
    for entry, origin in entries:
        if origin in known:
            continue
        known.add(origin)
        created += 1
        if not dry_run:
            await _put(change, board_id, entry, origin, now)
    return created


async def _known(connection: BaseDBAsyncClient, board_id: int, origins: Collection[str], epoch: str) -> set[str]:
    present = Note.filter(board_id=board_id, deleted_at__isnull=True).using_db(connection)
    known = {row["origin"] for row in await present.filter(origin__in=list(origins)).values("origin")}
    own = {origin: number for origin in origins if (number := _own_id(origin, epoch)) is not None}
    rows = await present.filter(id__in=list(own.values())).values("id") if own else []
    there = {row["id"] for row in rows}
    return known | {origin for origin, note_id in own.items() if note_id in there}


def _own_id(origin: str, epoch: str) -> int | None:
    prefix, _, number = origin.partition("/")
    return int(number) if prefix == epoch and number.isascii() and number.isdigit() and len(number) < 19 else None


async def _put(change: Change, board_id: int, entry: Entry, origin: str, now: datetime) -> None:
    created_at = entry.created_at or entry.updated_at or now
    updated_at = entry.updated_at or created_at
    texts = [entry.title, entry.description, search_text(entry)]
    values = [board_id, *texts, created_at, updated_at, entry.done, origin]
    told = NoteOut.model_construct(
        id=await change.connection.execute_insert(INSERT, values),
        board_id=board_id,
        title=entry.title,
        description=entry.description,
        done=entry.done,
        version=1,
        created_at=created_at,
        updated_at=updated_at,
    )
    change.record(NoteEvent(topic=board(board_id), action="create", note=told))


def counted(before: Outcome, entries: Sequence[Sourced], created: int) -> Outcome:
    """What came of an import, with a further batch of which `created` were not there yet."""
    return before.model_copy(
        update={"created": before.created + created, "known": before.known + len(entries) - created}
    )


def summary(outcome: Outcome, *, dry_run: bool) -> str:
    """What came of it, in a line for people of at most TEXT_MAX characters."""
    came = "can be imported" if dry_run else "imported"
    parts = [f"{notes(outcome.created)} {came}"]
    if outcome.known:
        parts.append(f"{outcome.known:,} {_were(outcome.known)} there already")
    if outcome.left_out:
        parts.append(
            f"{_listed([_left_out(one) for one in outcome.left_out_reasons])} {_were(outcome.left_out)} left out"
        )
    if outcome.skipped:
        parts.append(f"{outcome.skipped:,} could not be read")
    if outcome.lost:
        names = [f"“{one.what[:LOST_NAME_MAX]}”" for one in outcome.lost[:LOST_NAMES]]
        more = len(outcome.lost) - len(names)
        parts.append(f"without {_listed([*names, *[f'{more} more'] * bool(more)])}")
    return ", ".join(parts)[:TEXT_MAX]


def notes(number: int) -> str:
    """So many notes, in words."""
    return "1 note" if number == 1 else f"{number:,} notes"


def _left_out(one: LeftOut) -> str:
    ones = "one" if one.entries == 1 else "ones"
    return f"{one.entries:,} from the trash" if one.reason == "trashed" else f"{one.entries:,} {one.reason} {ones}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _listed(words: list[str]) -> str:
    *first, last = words or [""]
    return f"{', '.join(first)} and {last}" if first else last
