"""The keys by which clients send something again."""

from tortoise import fields
from tortoise.models import Model


class ClientKey(Model):
    """A client's key that has made something. Only a hash says which, and whose.

    digest     of what was sent with it: with other content it is refused
    thing_id   number of what it has made
    """

    key = fields.CharField(64, primary_key=True)
    digest = fields.CharField(64)
    thing_id = fields.BigIntField()

    class Meta:
        """Table details."""

        table = "client_key"
