"""API tokens of programs."""

from tortoise import fields
from tortoise.models import Model

from quart_notes.models.columns import choice, reference
from quart_notes.models.users import User
from quart_notes.schemas import NAME_MAX, Scope


class ApiToken(Model):
    """A program's way in, on behalf of a person. Only a hash of its secret is kept."""

    id = fields.BigIntField(primary_key=True)
    secret_hash = fields.CharField(64, unique=True)
    user: fields.ForeignKeyRelation[User] = reference("User", fields.CASCADE, db_index=True)
    name = fields.CharField(NAME_MAX)
    scope: Scope = choice(8)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(null=True)
    used_at = fields.DatetimeField(null=True)

    user_id: int

    class Meta:
        table = "api_token"
