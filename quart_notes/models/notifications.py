"""Notifications of users."""

from datetime import datetime

from tortoise import fields
from tortoise.models import Model

from quart_notes.models.boards import Board
from quart_notes.models.columns import choice, reference
from quart_notes.models.messages import Message
from quart_notes.models.notes import Note
from quart_notes.models.rooms import Room
from quart_notes.models.users import User
from quart_notes.schemas import NotificationKind


class Notification(Model):
    """What concerns a user, without its text: that is read with it, by who may see it then.

    actor     who did it; null: a guest, nobody who is known, or nobody at all
    room      of a message, of an invitation to a room, and one whose owner the user has become
    board     the same of boards; a note has its own, which may change
    count     how many: messages of the room that one row stands for, or people who have reacted
    """

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = reference("User", fields.CASCADE)
    kind: NotificationKind = choice(10)
    actor: fields.ForeignKeyNullableRelation[User] = reference("User", fields.SET_NULL, null=True)
    message: fields.ForeignKeyNullableRelation[Message] = reference("Message", fields.CASCADE, null=True)
    note: fields.ForeignKeyNullableRelation[Note] = reference("Note", fields.CASCADE, null=True)
    room: fields.ForeignKeyNullableRelation[Room] = reference("Room", fields.CASCADE, null=True)
    board: fields.ForeignKeyNullableRelation[Board] = reference("Board", fields.CASCADE, null=True)
    count = fields.IntField(default=1)
    created_at = fields.DatetimeField(db_index=True)
    read_at: datetime | None = fields.DatetimeField(null=True)

    user_id: int
    actor_id: int | None
    message_id: int | None
    note_id: int | None
    room_id: int | None
    board_id: int | None

    class Meta:
        table = "notification"
        indexes = (("user_id", "id"),)
