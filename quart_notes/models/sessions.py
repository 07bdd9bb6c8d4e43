"""Sessions: the browsers, and who they are."""

from tortoise import fields
from tortoise.models import Model

from quart_notes.models.columns import reference
from quart_notes.models.users import User
from quart_notes.schemas import AGENT_MAX


class Session(Model):
    """A browser: who it is, and which board it has open. Only a hash of its secret is kept.

    proven   signed in with a password or a link; without it the person was merely chosen, as open mode allows
    """

    id = fields.BigIntField(primary_key=True)
    secret_hash = fields.CharField(64, unique=True)
    user: fields.ForeignKeyNullableRelation[User] = reference("User", fields.CASCADE, null=True, db_index=True)
    proven = fields.BooleanField(default=False)
    board_id = fields.BigIntField(default=1)
    agent = fields.CharField(AGENT_MAX)
    address = fields.CharField(64)
    created_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(db_index=True)

    user_id: int | None

    class Meta:
        table = "session"
