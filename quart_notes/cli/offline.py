"""What `quart-notes import` and `quart-notes export` do: the work of the jobs and of the API, without a server."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.domain.exports import Exports
from quart_notes.domain.imports import progress_of
from quart_notes.domain.users import all_users
from quart_notes.schemas import ExportedNote, ExportFormat, ImportOptions, Outcome, UserOut
from quart_notes.settings import Settings
from quart_notes.storage.database import Database, exclusive_lock
from quart_notes.storage.schema_version import require_current
from quart_notes.transfer.exporter import ExportInfo, export_stream
from quart_notes.transfer.import_batches import ImportSource
from quart_notes.transfer.source_files import SourcePath

Report = Callable[[int, int], None]  # entries dealt with, and how many there are


async def import_files(
    settings: Settings, board_id: int, paths: Sequence[Path], options: ImportOptions, report: Report
) -> Outcome:
    """Bring the notes of files and folders in; returns what came of it.

    raises   UnreadableError, with what came in before kept; ProblemError; DatabaseOpenError when a server is running
    """
    sources = [SourcePath(path, path.name or str(path)) for path in paths]
    async with offline_core(settings) as core:
        await core.jobs.may_start(ANYBODY, board_id)
        source = ImportSource(sources, options)
        outcome, done, total = Outcome(), 0, max(source.counts())
        for batch in source.batches():
            created, _ = await core.imports.import_offline(ANYBODY, board_id, batch.entries, dry_run=options.dry_run)
            outcome = progress_of(batch.add_to(outcome), len(batch.entries), created)
            done += batch.done
            report(done, total)
    return outcome


@asynccontextmanager
async def offline_core(settings: Settings) -> AsyncIterator[Core]:
    """The parts that write, alone; DatabaseOpenError when a server is running."""
    core = Core(settings, alone=True)
    with exclusive_lock(settings.database):
        await core.database.open()
        try:
            await core.log.open()
            await core.rooms.open()
            await core.boards.open()
            await core.follower.start()
            core.writer.start()
            try:
                yield core
            finally:
                core.passwords.close()
                await core.writer.stop()
        finally:
            await core.database.close()


async def offline_users(settings: Settings) -> list[UserOut]:
    """Everybody by id, with their addresses, also while a server is running.

    raises   DatabaseOpenError for a database of another version
    """
    async with _reading(settings) as database, database.snapshot() as connection:
        return await all_users(connection)


async def export_board(
    settings: Settings, board_id: int, kind: ExportFormat, write: Callable[[bytes], object], report: Report
) -> int:
    """Hand a board's notes to `write`, also while a server is running; returns how many.

    raises   DatabaseOpenError for a database of another version; NotFoundError when there is no such board
    """
    async with _reading(settings) as database:
        exports = Exports(database)
        export = await exports.start(ANYBODY, board_id)
        done = 0

        async def pages() -> AsyncIterator[list[tuple[int, ExportedNote]]]:
            nonlocal done
            async for page in exports.pages(export):
                yield page
                done += len(page)
                report(done, export.total)

        async for piece in export_stream(kind, ExportInfo(export.board_name, export.epoch, datetime.now(UTC)), pages()):
            write(piece)
        return done


@asynccontextmanager
async def _reading(settings: Settings) -> AsyncIterator[Database]:
    """The database, opened only to read; DatabaseOpenError when it is of another version."""
    database = Database(settings.database)
    async with database.read_only() as pending:
        require_current(database.target, pending)
        yield database
