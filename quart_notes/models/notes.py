"""Notes."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from tortoise import fields
from tortoise.models import Model

from quart_notes.schemas import ORIGIN_MAX, TITLE_MAX, ContentNode, NoteThread, TaskCount
from quart_notes.schemas.ranks import BASE_LENGTH, ID_LIMIT, RANK_MAX, initial_rank

# A note's rank (`schemas.ranks`), in the words of the indexes on it (0019): a database compares expressions as written.
RANK_SQL = f"COALESCE(moved_rank, substr(CAST({10**BASE_LENGTH + ID_LIMIT} - id AS TEXT), 2))"

CHANGES_MAX = 200  # characters


class Note(Model):
    """A note of a board. A deleted one is kept aside for a while, so that a deletion can be undone."""

    id = fields.BigIntField(primary_key=True)
    # No foreign key: SQLite adds no column to a table that has a default and refers to another.
    board_id = fields.BigIntField(default=1, db_default=1)
    title = fields.CharField(TITLE_MAX, null=True)
    description = fields.TextField(null=True)
    done = fields.BooleanField(default=False)
    pinned = fields.BooleanField(default=False, db_default=False)
    colour = fields.CharField(10, default="none", db_default="none")
    version = fields.IntField(default=1)
    created_at = fields.DatetimeField()
    created_by = fields.BigIntField(null=True)  # a user's id, as in the next ones
    updated_at = fields.DatetimeField()
    updated_by = fields.BigIntField(null=True)
    done_at = fields.DatetimeField(null=True)
    done_by = fields.BigIntField(null=True)
    archived_at = fields.DatetimeField(null=True)
    deleted_at = fields.DatetimeField(null=True)
    deleted_by = fields.BigIntField(null=True)
    changes = fields.CharField(CHANGES_MAX, null=True)  # of the newest group (domain.history.groups); null: created
    changes_since = fields.DatetimeField(null=True)  # when that group began; null: when the note was created
    moved_rank = fields.CharField(RANK_MAX, null=True)  # null: it was never moved, and its rank follows from its id
    labels_json: str | None = fields.TextField(null=True)  # their names (domain.labels.note_labels); null: none
    content_json = fields.TextField(null=True)  # the description's tree (schemas.content); null for a plain text
    tasks_done = fields.IntField(default=0, db_default=0)
    tasks_total = fields.IntField(default=0, db_default=0)
    thread_id = fields.BigIntField(
        null=True
    )  # the room in which people talk about it (domain.rooms.threads); null: none yet
    message_count = fields.IntField(default=0, db_default=0)  # of that room
    last_message_id = fields.BigIntField(null=True)  # the newest message there
    thread_unsent = fields.BooleanField(default=False, db_default=False)  # whether an event with these is to be sent
    search_text = fields.TextField()  # title and description, without case and accents
    origin = fields.CharField(ORIGIN_MAX, null=True)  # of an imported one: what came once comes once (indexed, 0004)
    imported_at = fields.DatetimeField(null=True)  # of an imported one, which may have been created long before

    class Meta:
        table = "note"
        indexes = (
            ("board_id", "deleted_at", "id"),
            ("board_id", "updated_at"),
        )  # those of the order on the page are in 0020

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """The note of a row with all columns."""
        return cls._init_from_db(**row)

    @property
    def rank(self) -> str:
        """Its place on the board."""
        return self.moved_rank or initial_rank(self.id)

    @property
    def archived(self) -> bool:
        """Whether it is in the archive: not on its board, but found there on request."""
        return self.archived_at is not None

    @property
    def labels(self) -> list[str]:
        """The names of its labels."""
        names: list[str] = [] if self.labels_json is None else json.loads(self.labels_json)
        return names

    @cached_property
    def content(self) -> list[ContentNode] | None:
        """The description's tree. What changes `content_json` sets it too."""
        content: list[ContentNode] | None = None if self.content_json is None else json.loads(self.content_json)
        return content

    @property
    def tasks(self) -> TaskCount:
        """How many tasks the description has."""
        return {"done": self.tasks_done, "total": self.tasks_total}

    @property
    def thread(self) -> NoteThread | None:
        """What is said about it, in short."""
        return thread_of(self.thread_id, self.message_count, self.last_message_id)


def thread_of(room_id: int | None, message_count: int, last_message_id: int | None) -> NoteThread | None:
    """The thread of a note with these columns; None when it has none."""
    if room_id is None:
        return None
    return NoteThread(room_id=room_id, message_count=message_count, last_message_id=last_message_id)
