"""The services without a server: a real database, the log, the writer and the feed."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tortoise import Model

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY, SHARED_BOARD
from quart_notes.errors import ProblemError
from quart_notes.live.writer import Change, Committed
from quart_notes.schemas import BulkUpdate, NoteCreate, NoteMove, NoteQuery, NoteUpdate
from quart_notes.schemas.event_ids import EventId
from tests.support.servers.empty_database import no_wait_for_the_disk, settings_for, stored

Json = dict[str, Any]
State = dict[int, Json]


@asynccontextmanager
async def opened(folder: Path, *, alone: bool = True, **settings: Any) -> AsyncIterator[Core]:
    """The services on a database in `folder`, which no other process uses if they are `alone`."""
    core = Core(settings_for(folder, **settings), alone=alone)
    with no_wait_for_the_disk():
        await core.database.open()
    try:
        await core.log.open()
        await core.rooms.open()
        await core.boards.open()
        await core.follower.start()
        core.broadcaster.resume(*await core.log.ends())
        core.writer.start()
        try:
            yield core
        finally:
            core.presence.close()
            core.broadcaster.close()
            await core.reaction_events.stop()
            await core.thread_events.stop()
            await core.writer.stop()
            await core.follower.stop()
    finally:
        await core.database.close()


def rows(core: Core, query: str) -> list[Any]:
    """The rows of a query, read by another process."""
    return stored(core.settings.database, query)


async def update_rows(core: Core, model: type[Model], where: Json, **fields: Any) -> None:
    """Update columns directly: `where` is the filter, {} for all rows."""

    async def work(change: Change) -> None:
        await model.filter(**where).using_db(change.connection).update(**fields)

    await core.writer(work)


async def fresh(core: Core) -> tuple[State, EventId]:
    """All current notes, by id, and the position in the log that they include."""
    found = await core.notes.find(ANYBODY, SHARED_BOARD, NoteQuery(limit=1000))
    return {note.id: note.model_dump(mode="json") for note in found.items}, found.position


def apply(state: State, event: Json) -> None:
    """Apply an event to a board, as a client does."""
    if "note" not in event:
        return  # a label
    note = event["note"]
    if event["action"] == "delete":
        state.pop(note["id"], None)
    else:
        state[note["id"]] = note


async def mutate(core: Core, chance: random.Random) -> Committed[Any] | None:
    """Make one random change of any note; None when it was refused."""
    note_id = chance.randint(1, 12)
    other = chance.randint(1, 12)
    text = f"text {chance.randint(1, 3)}"
    acts = {
        "add": lambda: core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title=text)),
        "change": lambda: core.notes.change(ANYBODY, SHARED_BOARD, note_id, NoteUpdate(title=text)),
        "tick": lambda: core.notes.change(ANYBODY, SHARED_BOARD, note_id, NoteUpdate(done=chance.random() < 0.5)),
        "empty": lambda: core.notes.change(ANYBODY, SHARED_BOARD, note_id, NoteUpdate(title=None)),
        "stale": lambda: core.notes.change(
            ANYBODY, SHARED_BOARD, note_id, NoteUpdate(title=text), lambda version: version == 1
        ),
        "delete": lambda: core.notes.delete(ANYBODY, SHARED_BOARD, note_id),
        "restore": lambda: core.notes.restore(ANYBODY, SHARED_BOARD, note_id),
        "restore version": lambda: core.revisions.restore(ANYBODY, SHARED_BOARD, note_id, chance.randint(1, 3)),
        "delete history": lambda: core.revisions.delete(ANYBODY, SHARED_BOARD, note_id),
        "delete for good": lambda: core.trash.delete(ANYBODY, SHARED_BOARD, note_id),
        "move": lambda: core.note_moves.move(ANYBODY, SHARED_BOARD, note_id, NoteMove(after_id=other)),
        "several": lambda: _several(core, [note_id, other], **{chance.choice(("pinned", "deleted")): bool(other % 2)}),
    }
    try:
        return await acts[chance.choice(list(acts))]()
    except ProblemError:
        return None


async def _several(core: Core, ids: list[int], **change: bool) -> Committed[Any]:
    data = BulkUpdate.model_validate({"ids": ids, "change": change})
    return await core.bulk_changes.change(ANYBODY, SHARED_BOARD, data)
