"""All tables on one page."""

from tortoise import fields
from tortoise.models import Model

from quart_notes.schemas import TITLE_MAX


class Note(Model):
    """A note of the shared board. A deleted one is kept aside for a while, so that a deletion can be undone."""

    id = fields.BigIntField(primary_key=True)
    title = fields.CharField(TITLE_MAX, null=True)
    description = fields.TextField(null=True)
    done = fields.BooleanField(default=False)
    version = fields.IntField(default=1)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    deleted_at = fields.DatetimeField(null=True)
    search_text = fields.TextField()  # title and description, normalised and casefolded

    class Meta:
        """Table details."""

        table = "note"
        indexes = (("deleted_at", "done", "id"),)


class LoggedEvent(Model):
    """One event of the log, its body encoded without the id."""

    number = fields.BigIntField(primary_key=True)  # always given by the log
    topic = fields.CharField(64)
    body = fields.TextField()
    created_at = fields.DatetimeField()

    class Meta:
        """Table details."""

        table = "event_log"


class LogHead(Model):
    """The one row that numbers events: whoever holds its lock decides the order, up to the commit.

    epoch    made with the database, new after a restore: ids of another epoch say nothing here
    newest   number of the newest event; kept apart from the log, which may be pruned empty
    pruned   number of the newest event that is gone from the log
    """

    id = fields.IntField(primary_key=True)
    epoch = fields.CharField(16)
    newest = fields.BigIntField(default=0)
    pruned = fields.BigIntField(default=0)

    class Meta:
        """Table details."""

        table = "log_head"
