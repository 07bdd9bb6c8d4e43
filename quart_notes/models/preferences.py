"""Preferences of users."""

from tortoise import fields
from tortoise.models import Model

from quart_notes.models.columns import reference
from quart_notes.models.users import User
from quart_notes.schemas import PREFERENCE_KEY_MAX


class Preference(Model):
    """Something a person wants remembered, as JSON."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = reference("User", fields.CASCADE)
    key = fields.CharField(PREFERENCE_KEY_MAX)
    value = fields.TextField()

    user_id: int

    class Meta:
        table = "preference"
        unique_together = (("user", "key"),)
