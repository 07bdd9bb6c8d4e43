"""Invitation links."""

from tortoise import fields
from tortoise.models import Model

from quart_notes.models.columns import choice, reference
from quart_notes.models.users import User
from quart_notes.schemas import Role, ServerRole


class Invitation(Model):
    """A link that lets somebody in. Only a hash of its secret is kept.

    kind   setup: makes the first administrator; person: brings a new person; claim: sets the password of `user`
    """

    id = fields.BigIntField(primary_key=True)
    secret_hash = fields.CharField(64, unique=True)
    kind = fields.CharField(8)
    user: fields.ForeignKeyNullableRelation[User] = reference("User", fields.CASCADE, null=True)
    inviter: fields.ForeignKeyNullableRelation[User] = reference("User", fields.CASCADE, null=True, db_index=True)
    board_id = fields.BigIntField(null=True)  # joined on arrival, with this role
    role: Role | None = choice(8, null=True)
    joins_as: ServerRole | None = choice(6, null=True)  # what a new person becomes; null: a claim, which brings nobody
    uses_left = fields.IntField()
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(db_index=True)

    user_id: int | None
    inviter_id: int | None

    class Meta:
        table = "invitation"
