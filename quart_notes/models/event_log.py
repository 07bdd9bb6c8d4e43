"""The log of events."""

from tortoise import fields
from tortoise.models import Model


class LoggedEvent(Model):
    """One event of the log, its body encoded without the id.

    subject   the object with text that it is about, `note:12`: when that is deleted, the text is removed here, too
    """

    number = fields.BigIntField(primary_key=True)  # always given by the log
    topic = fields.CharField(64)
    body = fields.TextField()
    created_at = fields.DatetimeField()
    subject = fields.CharField(32, null=True)  # indexed where it is set, 0013

    class Meta:
        table = "event_log"


class LogHead(Model):
    """The one row that numbers events: the process that holds its lock decides the order, up to the commit.

    epoch    created with the database, new after a restore: ids of another epoch mean nothing here
    newest   number of the newest event; kept apart from the log, which may be pruned empty
    pruned   number of the newest event deleted from the log
    """

    id = fields.IntField(primary_key=True)
    epoch = fields.CharField(16)
    newest = fields.BigIntField(default=0)
    pruned = fields.BigIntField(default=0)

    class Meta:
        table = "log_head"
