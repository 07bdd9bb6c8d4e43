"""The signing key of servers that share a database."""

from tortoise import fields
from tortoise.models import Model


class ServerKey(Model):
    """The one row with the key by which servers sign. On SQLite it is empty: there the key is a file."""

    id = fields.IntField(primary_key=True)
    key = fields.CharField(64)  # as hexadecimal digits

    class Meta:
        table = "server_key"
