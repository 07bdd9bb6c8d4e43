"""Jobs, and their progress."""

from tortoise import fields
from tortoise.models import Model

from quart_notes.models.columns import reference
from quart_notes.models.users import User


class Job(Model):
    """Long work that somebody asked for. Its file lies in the data folder while it may be run again.

    user     who asked; null: nobody in particular, in open mode
    done     entries handled so far; total: number of entries, null while unknown
    outcome  the result so far, as JSON (schemas.Outcome)
    """

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyNullableRelation[User] = reference("User", fields.CASCADE, null=True, db_index=True)
    board_id = fields.BigIntField()
    kind = fields.CharField(16)  # import
    state = fields.CharField(16, db_index=True)  # waiting, running, done, failed, cancelled, interrupted
    options = fields.TextField()  # JSON (schemas.ImportOptions)
    file_name = fields.CharField(255)  # the sender's name for it: to be shown, never opened
    folder = fields.CharField(32)  # of the upload, among those of imports in the data folder; empty: deleted
    size = fields.BigIntField(default=0, db_default=0)  # bytes of the upload
    done = fields.IntField(default=0)
    total = fields.IntField(null=True)
    text = fields.CharField(200)
    outcome = fields.TextField()
    version = fields.IntField(default=1)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    user_id: int | None

    class Meta:
        table = "job"
