"""The notes of the boards: their rules and queries."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from quart_notes.domain.access import Caller, require_role, role_on
from quart_notes.domain.history.groups import GROUP_COLUMNS, RESTORED, begin_or_join_group, names_of
from quart_notes.domain.idempotency import make_once, request_of
from quart_notes.domain.labels.note_labels import assign_labels, relabel, require_labels
from quart_notes.domain.notifications.of_notes import mentioned_in_title, mentions_on_board, notify_of_note
from quart_notes.domain.notifications.recording import record_inboxes_with
from quart_notes.domain.order.note_rows import COLUMNS, FORMATTED, MADE, KnownNotes, stored_rows
from quart_notes.domain.rooms.note_threads import delete_thread, rename_thread, restore_thread
from quart_notes.domain.service import Listed, Precondition, Service, transactional
from quart_notes.domain.text.markdown import Formatted, format_text, tree_json
from quart_notes.domain.text.mentions import users_in
from quart_notes.domain.text.normalization import searchable, searched_words
from quart_notes.domain.users import require_users
from quart_notes.errors import NotFoundError, StaleVersionError, ValidationFailedError
from quart_notes.live.event_log import EventLog
from quart_notes.live.events import Action, NoteEvent, board
from quart_notes.live.writer import Change, Committed, Write
from quart_notes.models import Note, NoteLabel
from quart_notes.schemas import (
    NOTE_FIELDS,
    ImportedNote,
    NoteCreate,
    NoteFilter,
    NoteOut,
    NoteQuery,
    NoteUpdate,
    UserOut,
    label_key,
)
from quart_notes.schemas.event_ids import EventId
from quart_notes.schemas.ranks import initial_rank
from quart_notes.storage.database import Database, execute_briefly

ON_BOARD = NoteFilter()
NAMING = {"title", "description"}  # columns of what its thread is called
STORED = tuple(name for name in NOTE_FIELDS if name not in MADE)
TYPED = attrgetter(*STORED)  # their values in a new note
# Columns of a new note, in the order of `insert`: those that each has, and those that are empty in most of them.
ALWAYS = ("board_id", *STORED, "created_at", "created_by", "search_text")
SELDOM = ("done_at", "done_by", "archived_at", *FORMATTED, "origin", "imported_at")


def _insertion(given: Sequence[str], same: Mapping[str, str] = MappingProxyType({})) -> str:
    """The statement for a note with these columns; `same` has others, by the column whose value they get."""
    columns = (*given, *same.values())
    values = ", ".join(f"?{given.index(name) + 1}" for name in (*given, *same))
    return f"INSERT INTO note (version, {', '.join(columns)}) VALUES (1, {values})"  # noqa: S608 - our own names


# Plain SQL here too: Tortoise takes 150 µs to make the query for a note.
READ = f"SELECT {', '.join(Note._meta.db_fields)} FROM note WHERE id = ?1 AND board_id = ?2 AND deleted_at IS NULL"  # noqa: S608 - our own names
INSERT = _insertion((*ALWAYS, "updated_at", "updated_by", *SELDOM))
INSERT_BRIEFLY = _insertion(ALWAYS, {"created_at": "updated_at", "created_by": "updated_by"})


class Notes(Service):
    """All notes.

    Every method takes the caller and the board: NotFoundError for what the caller may not see, ForbiddenError for what
    they see but may not do.
    """

    def __init__(self, database: Database, log: EventLog, write: Write) -> None:
        super().__init__(database, log, write)
        self._known = KnownNotes()

    async def add(self, caller: Caller, board_id: int, data: NoteCreate) -> Committed[NoteOut]:
        """Add a note to the board; AlreadyMade when its client key has done so before."""
        formatted = format_text(data.description)  # not in the transaction: all writers wait for that

        async def work(change: Change) -> NoteOut:
            await require_role(change.connection, caller, board_id, "editor")
            now = datetime.now(UTC)
            text, mentioned = formatted, await mentioned_in_title(change.connection, board_id, data.title)
            if formatted.tree is not None:
                found = await mentions_on_board(change.connection, board_id, formatted)
                text, mentioned = formatted._replace(content=found.tree), mentioned | found.user_ids
            return await insert(change, board_id, data, text, mentioned, created_at=now, updated_at=now)

        async def made(connection: BaseDBAsyncClient, note_id: int) -> NoteOut | None:
            await require_role(connection, caller, board_id, "editor")
            note = await Note.get_or_none(id=note_id, using_db=connection)
            if note is None or await role_on(connection, caller, note.board_id) is None:  # it was moved away
                return None
            return note_out(note)

        return await make_once(
            self._write, request_of("note", caller.id, data, data.client_key, board_id), work, made, caller.id
        )

    async def change(
        self, caller: Caller, board_id: int, note_id: int, data: NoteUpdate, allowed: Precondition = None
    ) -> Committed[NoteOut]:
        """Change the fields that were sent; without a difference the version stays and no event is sent.

        allowed   checks the current version; StaleVersionError, with the current note, when it says no
        """
        formatted = format_text(data.description)  # not in the transaction: all writers wait for that

        async def work(change: Change) -> NoteOut:
            ticks_only = data.model_fields_set <= {"done"}
            await require_role(change.connection, caller, board_id, "ticker" if ticks_only else "editor")
            note = await require_note(change.connection, board_id, note_id, allowed)
            sent = data.changes()
            if "labels" in sent:
                labels = await require_labels(change, board_id, sent["labels"])
                sent["labels"] = [label.name for label in labels]
            sent = {name: value for name, value in sent.items() if getattr(note, name) != value}
            if not sent:
                return note_out(note)
            if "labels" in sent:
                await relabel(change, note, labels)
            return await save_fields(change, note, sent, formatted)

        return await self._write(work, caller.id)

    @transactional
    async def delete(
        self, change: Change, caller: Caller, board_id: int, note_id: int, allowed: Precondition = None
    ) -> NoteOut:
        """Delete a note; `restore` can undo it for a while."""
        await require_role(change.connection, caller, board_id, "editor")
        return await delete_note(change, await require_note(change.connection, board_id, note_id, allowed))

    @transactional
    async def restore(self, change: Change, caller: Caller, board_id: int, note_id: int) -> NoteOut:
        """Restore a deleted note, under its id; NotFoundError when it was not deleted or is deleted for good."""
        await require_role(change.connection, caller, board_id, "editor")
        note = await _deleted(change.connection, board_id, note_id)
        if note is None:
            raise NotFoundError(f"There is no deleted note {note_id}")
        return await restore_note(change, note)

    async def get(self, caller: Caller, board_id: int, note_id: int) -> tuple[NoteOut, EventId]:
        """A note, and the newest event that it includes."""
        async with self._snapshot() as (connection, position):
            await require_role(connection, caller, board_id, "viewer")
            note = await require_note(connection, board_id, note_id)
        return note_out(note), position

    async def editor(self, caller: Caller, board_id: int, note_id: int, *, author_id: int) -> UserOut:
        """A user who may change a note; ValidationFailedError when there is no such user."""
        caller.require_self(author_id)
        async with self._database.snapshot() as connection:
            await require_role(connection, caller, board_id, "editor")
            await require_note(connection, board_id, note_id)
            (author,) = await require_users(connection, author_id=author_id)
        return author

    async def deleted(self, caller: Caller, board_id: int, note_id: int) -> NoteOut | None:
        """A note that can be restored, or None."""
        async with self._database.snapshot() as connection:
            await require_role(connection, caller, board_id, "viewer")
            note = await _deleted(connection, board_id, note_id)
        return None if note is None else note_out(note)

    async def find(self, caller: Caller, board_id: int, query: NoteQuery) -> Listed[NoteOut]:
        """Notes by id ascending, search results newest first, `query.limit` at most."""
        async with self._snapshot() as (connection, position):
            await require_role(connection, caller, board_id, "viewer")
            matching = matching_notes(connection, board_id, query.q, query).filter(id__gt=query.after_id)
            if query.before_id is not None:
                matching = matching.filter(id__lt=query.before_id)
            order = "-id" if query.searches else "id"
            rows = await stored_rows(matching.order_by(order).limit(query.limit + 1).values(*COLUMNS))
        return Listed([self._known.note(row) for row in rows[: query.limit]], position, len(rows) > query.limit)


async def insert(
    change: Change,
    board_id: int,
    content: NoteCreate | ImportedNote,
    formatted: Formatted,
    mentioned: Collection[int] = (),
    *,
    created_at: datetime,
    updated_at: datetime,
    done_at: datetime | None = None,
    archived_at: datetime | None = None,
    origin: str | None = None,
    imported_at: datetime | None = None,
) -> NoteOut:
    """Put a note into the table and record its event.

    formatted   its description, which was parsed before the transaction, with its mentions
    mentioned   ids of the users who are notified
    """
    # Plain SQL: through a model it takes 60 µs instead of 20, a fifth of the whole request. A column costs 0.1 µs, a
    # time 0.7.
    tasks, by = formatted.task_count, change.by
    row = [board_id, *TYPED(content), created_at, by, search_text(content)]
    done_by = None if done_at is None else by
    formatted_row = tree_json(formatted.content), tasks["done"], tasks["total"]
    seldom = [done_at, done_by, archived_at, *formatted_row, origin, imported_at]
    if created_at == updated_at and not any(seldom):
        note_id = await change.connection.execute_insert(INSERT_BRIEFLY, row)
    else:
        note_id = await change.connection.execute_insert(INSERT, [*row, updated_at, by, *seldom])
    labels = await require_labels(change, board_id, content.labels) if content.labels else []
    if labels:
        await assign_labels(change, {note_id: labels})
    note = NoteOut.of_valid(
        {
            **dict(zip(ALWAYS, row, strict=True)),
            "id": note_id,
            "version": 1,
            "updated_at": updated_at,
            "updated_by": by,
            "done_at": done_at,
            "done_by": done_by,
            "archived_at": archived_at,
            "content": formatted.content,
            "tasks": tasks,
            "thread": None,
            "rank": initial_rank(note_id),
            "labels": [label.name for label in labels],
        }
    )
    if mentioned:
        await notify_of_note(change, note_id, mentioned)
    return record_note(change, "create", note)


async def save_fields(change: Change, note: Note, sent: dict[str, Any], formatted: Formatted | None = None) -> NoteOut:
    """Save new values of a note as a new version.

    sent        by the names of NoteUpdate, at least one; labels were assigned before (`relabel`)
    formatted   the description, if it was sent
    """
    columns = {name: value for name, value in sent.items() if name != "labels"}
    if "archived" in columns:
        columns["archived_at"] = datetime.now(UTC) if columns.pop("archived") else None
    if columns.get("title"):
        mentioned = await mentioned_in_title(change.connection, note.board_id, columns["title"])
        await notify_of_note(change, note.id, mentioned)
    note.update_from_dict(columns)
    if "description" in columns and formatted is not None:
        await set_formatted(change, note, formatted)
        columns |= dict.fromkeys(FORMATTED)
    if note.title is None and note.description is None:
        raise ValidationFailedError.of_field("", "A note needs a title or a description.")
    return await save_note(change, "update", note, *columns, changed=names_of(note, sent))


async def delete_note(change: Change, note: Note) -> NoteOut:
    """Delete a note, so that it can be restored."""
    note.deleted_at, note.deleted_by = datetime.now(UTC), change.by
    await note.save(using_db=change.connection, update_fields=["deleted_at", "deleted_by"])
    await delete_thread(change, note)
    await record_inboxes_with(change, note_id=note.id)
    return record_note(change, "delete", note_out(note))


async def restore_note(change: Change, note: Note) -> NoteOut:
    """Restore a deleted note, with its thread."""
    note.deleted_at = note.deleted_by = None
    await restore_thread(change, note)
    restored = await save_note(change, "create", note, "deleted_at", "deleted_by", changed=[RESTORED])
    await record_inboxes_with(change, note_id=note.id)
    return restored


async def set_formatted(change: Change, note: Note, formatted: Formatted) -> None:
    """Change the FORMATTED columns of a note, whose description is another one; notify whom it newly mentions."""
    count = formatted.task_count
    before, content = note.content, formatted.content
    new: Collection[int] = ()
    if formatted.tree is not None:
        found = await mentions_on_board(change.connection, note.board_id, formatted, before)
        content, new = found.tree, found.user_ids - users_in(before)
    columns = (tree_json(content), count["done"], count["total"])
    note.update_from_dict(dict(zip(FORMATTED, columns, strict=True)))
    note.content = content
    if new:
        await notify_of_note(change, note.id, new)


def matching_notes(
    connection: BaseDBAsyncClient, board_id: int, q: str | None, chosen: NoteFilter = ON_BOARD
) -> QuerySet[Note]:
    """The notes of a board with all words of `q` that a filter allows."""
    notes = Note.filter(board_id=board_id, deleted_at__isnull=True, **_conditions(chosen)).using_db(connection)
    for name in chosen.label:
        having = NoteLabel.filter(label__board_id=board_id, label__name_key=label_key(name)).values("note_id")
        notes = notes.filter(id__in=Subquery(having))
    for word in searched_words(q or "", NoteQuery.MAX_WORDS):
        notes = notes.filter(search_text__contains=word)
    return notes


def _conditions(chosen: NoteFilter) -> dict[str, Any]:
    """The conditions of a filter, as the ORM takes them."""
    wanted = {
        "done_at__isnull": None if chosen.done is None else chosen.done == "false",  # as the indexes have it
        "pinned": None if chosen.pinned is None else chosen.pinned == "true",
        "archived_at__isnull": None if chosen.archived == "any" else chosen.archived == "false",
        "colour": chosen.colour,
        "created_by": chosen.created_by,
        "updated_at__gt": chosen.updated_after,
        "updated_at__lt": chosen.updated_before,
    }
    return {name: value for name, value in wanted.items() if value is not None}


async def _deleted(connection: BaseDBAsyncClient, board_id: int, note_id: int) -> Note | None:
    return await Note.get_or_none(id=note_id, board_id=board_id, deleted_at__isnull=False, using_db=connection)


async def require_note(
    connection: BaseDBAsyncClient, board_id: int, note_id: int, allowed: Precondition = None
) -> Note:
    """The note, if it is on this board and not deleted; NotFoundError, and StaleVersionError when `allowed` says no."""
    rows = await execute_briefly(connection, READ, note_id, board_id)
    if not rows:
        raise NotFoundError(f"Note {note_id} not found")
    note = Note.of_row(rows[0])
    if allowed is not None and not allowed(note.version):
        current = note_out(note).model_dump(mode="json")
        raise StaleVersionError(
            f"Note {note_id} is at version {note.version}: somebody changed it first.", extra={"note": current}
        )
    return note


async def save_note(change: Change, action: Action, note: Note, *fields: str, changed: Sequence[str]) -> NoteOut:
    """Write the named columns as a new version of the note, and record its event.

    fields    with `description` the FORMATTED columns: see `set_formatted`
    changed   what is changed, for the history: see `names_of`
    """
    now = datetime.now(UTC)
    if note.thread_id is not None and not NAMING.isdisjoint(fields):
        await rename_thread(change, note)
    await begin_or_join_group(change, note, now, changed)
    note.version += 1
    note.updated_at, note.updated_by = now, change.by
    if "done" in fields:
        note.done_at, note.done_by = (note.updated_at, change.by) if note.done else (None, None)
    if "archived_at" in fields and note.archived_at is not None:
        note.archived_at = note.updated_at
    note.search_text = search_text(note)
    also = ("version", "updated_at", "updated_by", "done_at", "done_by", "search_text", *GROUP_COLUMNS)
    columns = tuple(sorted({*fields, *also}))
    values = [getattr(note, name) for name in columns]
    await execute_briefly(change.connection, _update(columns), note.id, *values)
    return record_note(change, action, note_out(note))


@cache
def _update(columns: Sequence[str]) -> str:
    """The statement that saves these columns, sorted. Tortoise makes one for each note, which takes 100 µs."""
    assignments = ", ".join(f"{name} = ?{number}" for number, name in enumerate(columns, 2))
    return f"UPDATE note SET {assignments} WHERE id = ?1"  # noqa: S608 - our own names


def note_out(note: Note) -> NoteOut:
    """A stored note as everybody sees it: what is stored was checked before."""
    return NoteOut.of_valid({name: getattr(note, name) for name in NoteOut.model_fields})


def record_note(change: Change, action: Action, note: NoteOut) -> NoteOut:
    """Record the event of a note on the topic of its board; returns the note."""
    change.record(NoteEvent(topic=board(note.board_id), action=action, note=note))
    return note


def search_text(note: Note | NoteCreate | ImportedNote) -> str:
    """The text that is searched."""
    return searchable(f"{note.title or ''}\n{note.description or ''}")
