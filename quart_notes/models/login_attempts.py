"""Login attempts that still count."""

from tortoise import fields
from tortoise.models import Model


class Attempt(Model):
    """Tries of passwords that are not forgiven yet. Only a hash says whose.

    forgiven_at   when all of them are: unix time, seconds
    """

    key = fields.CharField(64, primary_key=True)
    forgiven_at = fields.FloatField(db_index=True)

    class Meta:
        table = "attempt"
