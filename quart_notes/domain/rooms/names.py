"""The names of rooms. A thread is called as its note is; the name is not kept, so that no event and no log has it."""

import json
from collections.abc import Sequence
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.text.snippets import opening
from quart_notes.models import Note, Room
from quart_notes.schemas import ROOM_NAME_MAX

CUT = "…"


async def names_of(connection: BaseDBAsyncClient, rooms: Sequence[Room]) -> dict[int, str | None]:
    """What rooms are called, by id, in one query for the threads among them; None for conversations."""
    about = [room.note_id for room in rooms if room.note_id is not None]
    notes = Note.filter(id__in=about).using_db(connection)
    found: Any = await notes.values("id", "title", "description", "content_json") if about else ()
    names = {row["id"]: note_name(row["title"], row["description"], row["content_json"]) for row in found}
    return {room.id: names.get(room.note_id or 0, room.name) for room in rooms}


def note_name(title: str | None, description: str | None, content_json: str | None) -> str:
    """The name of a note's thread: its title, or the beginning of its text."""
    name = title or opening(description or "", json.loads(content_json) if content_json else None)
    return name if len(name) <= ROOM_NAME_MAX else name[: ROOM_NAME_MAX - len(CUT)] + CUT
