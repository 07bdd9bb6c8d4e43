"""Users."""

from tortoise import fields
from tortoise.models import Model

from quart_notes.schemas import EMAIL_MAX, NAME_MAX, NICKNAME_MAX

NICKNAME_KEY_MAX = 4 * NICKNAME_MAX  # characters: normalising can make several of one


class User(Model):
    """A person."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(NAME_MAX)
    email = fields.CharField(EMAIL_MAX)  # empty: none. Not null: SQLite cannot change a column that others depend on
    nickname = fields.CharField(NICKNAME_MAX)
    nickname_key = fields.CharField(NICKNAME_KEY_MAX, unique=True)  # schemas.name_key: what is compared
    read_from = fields.BigIntField()  # newest message when the person came: nothing before it is unread
    replay_after = fields.BigIntField(default=0, db_default=0)  # newest event then: none before it is replayed to them
    password_hash = fields.CharField(200, null=True)  # Argon2id; null: has none yet, and cannot sign in
    is_admin = fields.BooleanField(
        default=False, db_default=False
    )  # whether they may add people, and let others set a new password
    is_guest = fields.BooleanField(default=False, db_default=False)  # sees only the boards and rooms of theirs
    created_at = fields.DatetimeField()
    deactivated_at = fields.DatetimeField(null=True)  # cannot sign in any more since then

    class Meta:
        table = "user"
