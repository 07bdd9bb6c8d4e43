"""Client keys, with which clients repeat a request."""

from tortoise import fields
from tortoise.models import Model


class ClientKey(Model):
    """A client's key that has made something. Only a hash says which, and whose.

    digest     of the content that was sent with it: the key is refused with other content
    thing_id   id of the created object
    """

    key = fields.CharField(64, primary_key=True)
    digest = fields.CharField(64)
    thing_id = fields.BigIntField()

    class Meta:
        table = "client_key"
