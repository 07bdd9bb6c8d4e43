"""The history of a note: its earlier states, one for each group of changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import Caller, require_role
from quart_notes.domain.history.groups import REVERTED, changes_in
from quart_notes.domain.notes import note_out, require_note, save_note, set_formatted
from quart_notes.domain.order.note_rows import FORMATTED
from quart_notes.domain.service import DELETE_CHUNK, Listed, Service, transactional
from quart_notes.domain.text.markdown import format_text
from quart_notes.errors import NotFoundError
from quart_notes.live.events import NoteEvent, board
from quart_notes.live.writer import Change
from quart_notes.models import Note, NoteRevision
from quart_notes.schemas import VERSION_MAX, HistoryQuery, NoteOut, RevisionOut


class Revisions(Service):
    """The histories of all notes. Every method raises NotFoundError or ForbiddenError as those of `Notes` do."""

    async def find(self, caller: Caller, board_id: int, note_id: int, query: HistoryQuery) -> Listed[RevisionOut]:
        """The states of a note, the current one first, `query.limit` at most."""
        async with self._snapshot() as (connection, position):
            await require_role(connection, caller, board_id, "viewer")
            note = await require_note(connection, board_id, note_id)
            earlier = NoteRevision.filter(note_id=note_id).using_db(connection).order_by("-version")
            if query.before is not None:
                earlier = earlier.filter(version__lt=query.before)
            found = [_revision_of(row) for row in await earlier.limit(query.limit + 1)]
        if query.before is None or note.version < query.before:
            found.insert(0, _current(note))
        return Listed(found[: query.limit], position, len(found) > query.limit)

    async def compare(
        self, caller: Caller, board_id: int, note_id: int, version: int, other: int | None = None
    ) -> tuple[RevisionOut, RevisionOut | None]:
        """Two states of a note, the newer one first; NotFoundError when there is no such state.

        other   the version of the second one; by default the state before, None if there is none
        """
        newer, older = await self._state(caller, board_id, note_id, version)
        if other is not None:
            older, _ = await self._state(caller, board_id, note_id, other)
            if older.version > newer.version:
                return older, newer
        return newer, older

    async def _state(
        self, caller: Caller, board_id: int, note_id: int, version: int
    ) -> tuple[RevisionOut, RevisionOut | None]:
        """A state of a note, and the one before it."""
        query = HistoryQuery(before=min(version + 1, VERSION_MAX), limit=2)
        found = (await self.find(caller, board_id, note_id, query)).items
        if not found or found[0].version != version:
            raise _no_version(note_id, version)
        return found[0], found[1] if len(found) > 1 else None

    @transactional
    async def restore(self, change: Change, caller: Caller, board_id: int, note_id: int, version: int) -> NoteOut:
        """Give a note the title and the text of an earlier state, as a new version; without a difference, nothing."""
        await require_role(change.connection, caller, board_id, "editor")
        note = await require_note(change.connection, board_id, note_id)
        if version == note.version:
            return note_out(note)
        state = await _require_state(change.connection, note_id, version)
        if (state.title, state.description) == (note.title, note.description):
            return note_out(note)
        note.update_from_dict({"title": state.title, "description": state.description})
        await set_formatted(change, note, format_text(note.description))
        return await save_note(change, "update", note, "title", "description", *FORMATTED, changed=[REVERTED])

    @transactional
    async def delete(self, change: Change, caller: Caller, board_id: int, note_id: int) -> NoteOut:
        """Delete all earlier states of a note, also from the log; returns the note, as a new version.

        In the log it is a deletion, which removes the text from the events before it, and a creation.
        """
        await require_role(change.connection, caller, board_id, "owner")
        note = await require_note(change.connection, board_id, note_id)
        await NoteRevision.filter(note_id=note_id).using_db(change.connection).delete()
        change.record(NoteEvent(topic=board(board_id), action="delete", note=note_out(note)))
        note.version += 1
        await note.save(using_db=change.connection, update_fields=["version"])
        out = note_out(note)
        change.record(NoteEvent(topic=board(board_id), action="create", note=out))
        return out

    @transactional
    async def delete_old(self, change: Change, days: int) -> bool:
        """Delete a chunk of the states replaced more than `days` ago; returns whether there may be more."""
        oldest = NoteRevision.all().using_db(change.connection).order_by("id").limit(DELETE_CHUNK)
        rows: Any = await oldest.values_list("id", "replaced_at")
        limit = datetime.now(UTC) - timedelta(days=days)
        old = [number for number, replaced_at in rows if replaced_at < limit]
        if old:
            await NoteRevision.filter(id__in=old).using_db(change.connection).delete()
        return len(old) == DELETE_CHUNK


def _current(note: Note) -> RevisionOut:
    return RevisionOut(
        version=note.version,
        title=note.title,
        description=note.description,
        changes=changes_in(note.changes),
        by=note.updated_by,
        at=note.updated_at,
    )


def _revision_of(row: NoteRevision) -> RevisionOut:
    return RevisionOut(
        version=row.version,
        title=row.title,
        description=row.description,
        changes=changes_in(row.changes),
        by=row.changed_by,
        at=row.changed_at,
    )


async def _require_state(connection: BaseDBAsyncClient, note_id: int, version: int) -> NoteRevision:
    state = None
    if version <= VERSION_MAX:
        state = await NoteRevision.get_or_none(note_id=note_id, version=version, using_db=connection)
    if state is None:
        raise _no_version(note_id, version)
    return state


def _no_version(note_id: int, version: int) -> NotFoundError:
    return NotFoundError(f"The history of note {note_id} has no version {version}")


async def move_revisions(connection: BaseDBAsyncClient, note_id: int, board_id: int) -> None:
    """Let the history of a note follow it to another board."""
    await NoteRevision.filter(note_id=note_id).using_db(connection).update(board_id=board_id)
