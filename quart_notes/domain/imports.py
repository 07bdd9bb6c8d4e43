"""Imports notes from a file: many in one change, each of them once."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import Caller, require_role
from quart_notes.domain.jobs import ACTIVE, TEXT_MAX, save_job, set_state
from quart_notes.domain.notes import insert
from quart_notes.domain.service import Service, transactional
from quart_notes.domain.text.markdown import PLAIN_TEXT, Formatted, format_text
from quart_notes.domain.users import by_id
from quart_notes.live.writer import Change, Committed
from quart_notes.models import Job, Note
from quart_notes.schemas import ImportedNote, ImportOptions, JobOut, JobState, LeftOut, Outcome

INTERRUPTED = "The server stopped during the import. Run it again: no note is imported twice."
ABANDONED_AFTER = timedelta(days=1)  # without an update of its job, a machine or its data folder counts as lost
FILE_ELSEWHERE = (
    "The server that has the file is not running. Send the file again, or run the import again when it is back."
)
LOST_NAMES = 2  # field names in a line for people; the outcome contains all
LOST_NAME_MAX = 30  # characters
NO_OWNER = "This import belongs to nobody, and people sign in on this server now."

ImportEntry = tuple[ImportedNote, str]  # an entry, and its origin: the file's own, or a digest of its content
ParsedEntry = tuple[ImportedNote, str, Formatted]  # the same, and its description
IsLocal = Callable[[str], bool]  # whether a folder's files are on this machine


class Task(NamedTuple):
    """A job to run: its files, and its user."""

    job: JobOut
    folder: str
    caller: Caller


class Progress(NamedTuple):
    """The progress of a job before a batch of entries; `done` includes the batch."""

    done: int
    total: int | None
    outcome: Outcome


class Imports(Service):
    """Runs imports.

    1. A batch of notes and the progress of its job commit together: an interrupted job knows exactly what was imported.
    2. Nothing is changed for a job that is not running any more.
    3. An origin is imported once into a board, among the notes that exist now.
    """

    @transactional
    async def interrupt_running(self, change: Change, is_local: IsLocal) -> None:
        """At the start: mark the jobs that a former process was running as interrupted.

        is_local   several machines may share the database: each continues with the files that were sent to it
        """
        for job in await Job.filter(state="running").using_db(change.connection):
            if is_local(job.folder):
                await set_state(change, job, "interrupted", INTERRUPTED)

    @transactional
    async def interrupt_abandoned(self, change: Change, is_local: IsLocal) -> None:
        """Mark jobs of other machines as interrupted when they were not updated for ABANDONED_AFTER."""
        oldest = datetime.now(UTC) - ABANDONED_AFTER
        old = Job.filter(state__in=ACTIVE, updated_at__lt=oldest)
        for job in await old.using_db(change.connection).order_by("id"):
            if not is_local(job.folder):
                await set_state(change, job, "interrupted", FILE_ELSEWHERE)

    async def waiting(self) -> dict[int, int | None]:
        """The jobs in the state waiting, oldest first: their users by id."""
        async with self._database.snapshot() as connection:
            rows = await Job.filter(state="waiting").using_db(connection).order_by("id").values("id", "user_id")
        return {row["id"]: row["user_id"] for row in rows}

    @transactional
    async def claim(self, change: Change, job_id: int, is_local: IsLocal, *, trusted: bool) -> Task | None:
        """Start a job; None when it is not waiting any more, or belongs to another machine.

        A running job counts as waiting: the caller runs all jobs of this machine, and does not run this one. Its start
        was committed before, and the response to that was lost.

        trusted   as in open mode; otherwise the job runs with the rights of its user only
        """
        job = await Job.get_or_none(id=job_id, state__in=ACTIVE, using_db=change.connection)
        if job is None or not is_local(job.folder):
            return None
        people = await by_id(change.connection, [job.user_id])
        if not (trusted or any(not user.deactivated for user in people.values())):
            await set_state(change, job, "failed", NO_OWNER)
            return None
        caller = Caller(people[job.user_id] if job.user_id else None, trusted)
        return Task(await set_state(change, job, "running", "Reading the file"), job.folder, caller)

    async def import_batch(
        self, task: Task, entries: Sequence[ImportEntry], progress: Progress, *, quietly: bool
    ) -> Committed[Outcome | None]:
        """Import a batch and save the progress; None when the job is not running any more.

        quietly   send no progress event; the notes' events are always sent
        raises    NotFoundError, ForbiddenError: the job's user may not do this any more
        """
        parsed = await _parsed(entries, dry_run=task.job.options.dry_run)
        return await self._import_batch(task, parsed, progress, quietly=quietly)

    @transactional
    async def _import_batch(
        self, change: Change, task: Task, entries: Sequence[ParsedEntry], progress: Progress, *, quietly: bool
    ) -> Outcome | None:
        job = await Job.get_or_none(id=task.job.id, state="running", using_db=change.connection)
        if job is None:
            return None
        dry_run = task.job.options.dry_run
        created = await _import_notes(change, task.caller, job.board_id, entries, self._log.epoch, dry_run=dry_run)
        outcome = progress_of(progress.outcome, len(entries), created)
        job.done, job.total = progress.done, progress.total
        job.text, job.outcome = summary(outcome, dry_run=dry_run), outcome.model_dump_json()
        await save_job(change, job, quietly=quietly)
        return outcome

    async def import_offline(
        self, caller: Caller, board_id: int, entries: Sequence[ImportEntry], *, dry_run: bool
    ) -> Committed[int]:
        """Import entries without a job; returns how many were new."""
        parsed = await _parsed(entries, dry_run=dry_run)

        async def work(change: Change) -> int:
            return await _import_notes(change, caller, board_id, parsed, self._log.epoch, dry_run=dry_run)

        return await self._write(work, caller.id)

    @transactional
    async def finish(self, change: Change, job_id: int, state: JobState, text: str = "") -> None:
        """Save the final state of a job; do nothing when it is not running any more. Without a text the last stays."""
        job = await Job.get_or_none(id=job_id, state="running", using_db=change.connection)
        if job is not None:
            if state == "done" and not ImportOptions.model_validate_json(job.options).dry_run:
                job.folder = ""  # its files are not needed any more
            await set_state(change, job, state, (text or job.text)[:TEXT_MAX])


async def _parsed(entries: Sequence[ImportEntry], *, dry_run: bool) -> list[ParsedEntry]:
    """The entries with their descriptions parsed, outside of a transaction; other work runs between them.

    A dry run stores no description, so it parses none.
    """
    if dry_run:
        return [(entry, origin, PLAIN_TEXT) for entry, origin in entries]
    parsed = []
    for entry, origin in entries:
        parsed.append((entry, origin, format_text(entry.description)))
        await asyncio.sleep(0)
    return parsed


async def _import_notes(
    change: Change, caller: Caller, board_id: int, entries: Sequence[ParsedEntry], epoch: str, *, dry_run: bool
) -> int:
    """Create the notes of entries that are new on the board, with their events; returns how many.

    epoch   of this database: an origin `{epoch}/{id}` is this board's own note of that id
    """
    change.by = caller.id
    await require_role(change.connection, caller, board_id, "editor")
    existing = await _already_imported(change.connection, board_id, [origin for _, origin, _ in entries], epoch)
    now = datetime.now(UTC)
    created = 0
    for entry, origin, formatted in entries:
        if origin in existing:
            continue
        existing.add(origin)
        created += 1
        if not dry_run:
            created_at = entry.created_at or entry.updated_at or now
            updated_at = entry.updated_at or created_at
            await insert(
                change,
                board_id,
                entry,
                formatted,
                created_at=created_at,
                updated_at=updated_at,
                done_at=(entry.done_at or updated_at) if entry.done else None,
                archived_at=(entry.archived_at or updated_at) if entry.archived else None,
                origin=origin,
                imported_at=now,
            )
    return created


async def _already_imported(
    connection: BaseDBAsyncClient, board_id: int, origins: Collection[str], epoch: str
) -> set[str]:
    present = Note.filter(board_id=board_id, deleted_at__isnull=True).using_db(connection)
    existing = {row["origin"] for row in await present.filter(origin__in=list(origins)).values("origin")}
    own = {origin: number for origin in origins if (number := _own_id(origin, epoch)) is not None}
    rows = await present.filter(id__in=list(own.values())).values("id") if own else []
    existing_ids = {row["id"] for row in rows}
    return existing | {origin for origin, note_id in own.items() if note_id in existing_ids}


def _own_id(origin: str, epoch: str) -> int | None:
    prefix, _, number = origin.partition("/")
    return int(number) if prefix == epoch and number.isascii() and number.isdigit() and len(number) < 19 else None


def progress_of(before: Outcome, entries: int, created: int) -> Outcome:
    """The outcome of an import after a further batch of so many entries, of which `created` were new."""
    return before.model_copy(update={"created": before.created + created, "known": before.known + entries - created})


def summary(outcome: Outcome, *, dry_run: bool) -> str:
    """The outcome in a line for people, of at most TEXT_MAX characters."""
    verb = "can be imported" if dry_run else "imported"
    parts = [f"{notes(outcome.created)} {verb}"]
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
    """A number of notes, in words."""
    return "1 note" if number == 1 else f"{number:,} notes"


def _left_out(one: LeftOut) -> str:
    ones = "one" if one.entries == 1 else "ones"
    return f"{one.entries:,} from the trash" if one.reason == "trashed" else f"{one.entries:,} {one.reason} {ones}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _listed(words: list[str]) -> str:
    *first, last = words or [""]
    return f"{', '.join(first)} and {last}" if first else last
