"""Rooms and direct conversations."""

from typing import Literal

from tortoise import fields
from tortoise.models import Model

from quart_notes.models.columns import choice, reference
from quart_notes.models.users import User
from quart_notes.schemas import ROOM_NAME_MAX

ROOM_KEY_MAX = 4 * ROOM_NAME_MAX  # characters: normalising can make several of one


class Room(Model):
    """A room, a direct conversation, or somebody's private room, where the assistant answers.

    lower, upper   whose conversation it is, the smaller id first; of a private room `lower` alone
    """

    id = fields.BigIntField(primary_key=True)
    kind: Literal["room", "direct", "private"] = choice(8)
    name = fields.CharField(ROOM_NAME_MAX, null=True)
    name_key = fields.CharField(ROOM_KEY_MAX, null=True, unique=True)  # schemas.name_key: what is compared
    lower: fields.ForeignKeyNullableRelation[User] = reference("User", fields.RESTRICT, null=True)
    upper: fields.ForeignKeyNullableRelation[User] = reference("User", fields.RESTRICT, null=True, db_index=True)
    created_at = fields.DatetimeField()

    lower_id: int | None
    upper_id: int | None

    class Meta:
        table = "room"
        unique_together = (("lower", "upper"),)
