"""Read markers: how far a user has read in a room."""

from tortoise import fields
from tortoise.models import Model

from quart_notes.models.rooms import Room
from quart_notes.models.users import User


class Reading(Model):
    """How far a person has read in a room."""

    id = fields.BigIntField(primary_key=True)
    room: fields.ForeignKeyRelation[Room] = fields.ForeignKeyField(
        "quart_notes.Room", related_name=False, on_delete=fields.CASCADE
    )
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "quart_notes.User", related_name=False, on_delete=fields.CASCADE
    )
    last_read_id = fields.BigIntField()

    room_id: int
    user_id: int

    class Meta:
        """Table details."""

        table = "reading"
        unique_together = (("user", "room"),)
