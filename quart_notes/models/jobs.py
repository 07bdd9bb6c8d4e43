"""Long work, and where it stands."""

from tortoise import fields
from tortoise.models import Model

from quart_notes.models.users import User


class Job(Model):
    """Long work that somebody asked for. Its file lies in the data folder while it may be run again.

    user     who asked; null: nobody in particular, as open mode allows
    done     entries that have been dealt with; total: how many there are, null while nobody knows
    outcome  what came of it so far, as JSON (schemas.Outcome)
    """

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "quart_notes.User", related_name=False, null=True, on_delete=fields.CASCADE, db_index=True
    )
    board_id = fields.BigIntField()
    kind = fields.CharField(16)  # import
    state = fields.CharField(16, db_index=True)  # waiting, running, done, failed, cancelled, interrupted
    options = fields.TextField()  # JSON (schemas.ImportOptions)
    file_name = fields.CharField(255)  # as its sender calls it: to be shown, never opened
    folder = fields.CharField(32)  # of what was sent, among those of imports in the data folder; empty: gone
    size = fields.BigIntField(default=0, db_default=0)  # bytes of what was sent
    done = fields.IntField(default=0)
    total = fields.IntField(null=True)
    text = fields.CharField(200)
    outcome = fields.TextField()
    version = fields.IntField(default=1)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    user_id: int | None

    class Meta:
        """Table details."""

        table = "job"
