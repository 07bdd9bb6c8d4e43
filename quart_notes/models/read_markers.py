"""Read markers: how far a user has read in a room, and what they are notified of there."""

from tortoise import fields
from tortoise.models import Model

from quart_notes.models.columns import choice, reference
from quart_notes.models.rooms import Room
from quart_notes.models.users import User
from quart_notes.schemas import Level


class Reading(Model):
    """How far a person has read in a room."""

    id = fields.BigIntField(primary_key=True)
    room: fields.ForeignKeyRelation[Room] = reference("Room", fields.CASCADE)
    user: fields.ForeignKeyRelation[User] = reference("User", fields.CASCADE)
    last_read_id = fields.BigIntField()
    level: Level | None = choice(10, null=True)  # indexed where it is set (0028); null: as the kind of room has it

    room_id: int
    user_id: int

    class Meta:
        table = "reading"
        unique_together = (("user", "room"),)
