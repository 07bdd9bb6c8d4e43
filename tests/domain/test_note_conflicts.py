"""Conflicts: many clients that change one note at the same time, each with the version that it has seen."""

import asyncio
import json
from pathlib import Path

from quart_notes.domain.access import ANYBODY, SHARED_BOARD
from quart_notes.errors import StaleVersionError
from quart_notes.schemas import NoteCreate, NoteOut, NoteUpdate
from tests.support.servers.in_process import opened, rows

CLIENTS = 16
EACH = 5  # changes


async def test_no_change_of_sixteen_clients_is_lost_or_overwrites_another(tmp_path: Path):
    conflicts = 0
    async with opened(tmp_path / "data") as core:
        note_id = (await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title="0"))).result.id

        async def count() -> None:
            nonlocal conflicts
            note, _ = await core.notes.get(ANYBODY, SHARED_BOARD, note_id)
            left = EACH
            while left:
                data = NoteUpdate(title=str(int(note.title or "") + 1))
                try:
                    note = (await core.notes.change(ANYBODY, SHARED_BOARD, note_id, data, note.version.__eq__)).result
                    left -= 1
                except StaleVersionError as stale:
                    conflicts += 1
                    note = NoteOut.model_validate_json(json.dumps(stale.extra["note"]))

        await asyncio.gather(*(count() for _ in range(CLIENTS)))
        final, _ = await core.notes.get(ANYBODY, SHARED_BOARD, note_id)
        told = [json.loads(body)["note"] for (body,) in rows(core, "SELECT body FROM event_log ORDER BY number")]

    assert conflicts >= CLIENTS - 1  # all began with the same version
    assert (final.title, final.version) == (str(CLIENTS * EACH), CLIENTS * EACH + 1)
    assert [(note["title"], note["version"]) for note in told] == [
        (str(number), number + 1) for number in range(CLIENTS * EACH + 1)
    ]
