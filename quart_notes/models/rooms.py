"""Rooms and their members, and direct conversations."""

from typing import Literal

from tortoise import fields
from tortoise.models import Model

from quart_notes.models.columns import choice, reference
from quart_notes.models.users import User
from quart_notes.schemas import ROOM_NAME_MAX, RoomRole

ROOM_KEY_MAX = 4 * ROOM_NAME_MAX  # characters: normalising can make several of one


class Room(Model):
    """A room, a direct conversation, or somebody's private room, where the assistant answers.

    The thread of a note is a room, too.

    name_key       of a room that everybody sees: such a name is unique; null for the others
    lower, upper   whose conversation it is, the smaller id first; of a private room `lower` alone
    created_by     who opened it; null for rooms of former versions, and for those of open mode that nobody opened
    closed         only its members see it. A deleted room is seen by nobody; it is kept for a while.
    note_id        of a thread: the note that it is about, null once that is deleted for good; unique (0030)
    board_id       of a thread: that note's board, whose rights are those of the thread
    """

    id = fields.BigIntField(primary_key=True)
    kind: Literal["room", "direct", "private", "note"] = choice(8)
    name = fields.CharField(ROOM_NAME_MAX, null=True)
    name_key = fields.CharField(ROOM_KEY_MAX, null=True, unique=True)  # schemas.name_key: what is compared
    lower: fields.ForeignKeyNullableRelation[User] = reference("User", fields.RESTRICT, null=True)
    upper: fields.ForeignKeyNullableRelation[User] = reference("User", fields.RESTRICT, null=True, db_index=True)
    created_at = fields.DatetimeField()
    created_by = fields.BigIntField(null=True)
    closed = fields.BooleanField(default=False, db_default=False)
    archived_at = fields.DatetimeField(null=True)
    note_id = fields.BigIntField(null=True)
    board_id = fields.BigIntField(null=True)
    deleted_at = fields.DatetimeField(null=True)

    lower_id: int | None
    upper_id: int | None

    class Meta:
        table = "room"
        unique_together = (("lower", "upper"),)


class RoomMembership(Model):
    """What a person may do in a closed room. The other rooms need none: they are everybody's."""

    id = fields.BigIntField(primary_key=True)
    room: fields.ForeignKeyRelation[Room] = reference("Room", fields.CASCADE)
    user: fields.ForeignKeyRelation[User] = reference("User", fields.CASCADE, db_index=True)
    role: RoomRole = choice(8)
    replay_after = fields.BigIntField(default=0, db_default=0)  # newest event when it began: none before is replayed

    room_id: int
    user_id: int

    class Meta:
        table = "room_membership"
        unique_together = (("room", "user"),)
