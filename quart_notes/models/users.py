"""People, and what lets them in."""

from tortoise import fields
from tortoise.models import Model

from quart_notes.schemas import AGENT_MAX, EMAIL_MAX, NAME_MAX, NICKNAME_MAX, PREFERENCE_KEY_MAX

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
    created_at = fields.DatetimeField()
    deactivated_at = fields.DatetimeField(null=True)  # cannot sign in any more since then

    class Meta:
        """Table details."""

        table = "user"


class Session(Model):
    """A browser: who it is, and which board it has open. Only a hash of its secret is kept.

    proven   signed in with a password or a link; without it the person was merely chosen, as open mode allows
    """

    id = fields.BigIntField(primary_key=True)
    secret_hash = fields.CharField(64, unique=True)
    user: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "quart_notes.User", related_name=False, null=True, on_delete=fields.CASCADE, db_index=True
    )
    proven = fields.BooleanField(default=False)
    board_id = fields.BigIntField(default=1)
    agent = fields.CharField(AGENT_MAX)
    address = fields.CharField(64)
    created_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(db_index=True)

    user_id: int | None

    class Meta:
        """Table details."""

        table = "session"


class Invitation(Model):
    """A link that lets somebody in. Only a hash of its secret is kept.

    kind   setup: makes the first administrator; person: brings a new person; claim: sets the password of `user`
    """

    id = fields.BigIntField(primary_key=True)
    secret_hash = fields.CharField(64, unique=True)
    kind = fields.CharField(8)
    user: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "quart_notes.User", related_name=False, null=True, on_delete=fields.CASCADE
    )
    inviter: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "quart_notes.User", related_name=False, null=True, on_delete=fields.CASCADE, db_index=True
    )
    board_id = fields.BigIntField(null=True)  # joined on arrival, with this role
    role = fields.CharField(8, null=True)
    uses_left = fields.IntField()
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(db_index=True)

    user_id: int | None
    inviter_id: int | None

    class Meta:
        """Table details."""

        table = "invitation"


class ApiToken(Model):
    """A program's way in, on behalf of a person. Only a hash of its secret is kept."""

    id = fields.BigIntField(primary_key=True)
    secret_hash = fields.CharField(64, unique=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "quart_notes.User", related_name=False, on_delete=fields.CASCADE, db_index=True
    )
    name = fields.CharField(NAME_MAX)
    scope = fields.CharField(8)  # read, write
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(null=True)
    used_at = fields.DatetimeField(null=True)

    user_id: int

    class Meta:
        """Table details."""

        table = "api_token"


class Attempt(Model):
    """Tries of passwords that are not forgiven yet. Only a hash says whose.

    forgiven_at   when all of them are: unix time, seconds
    """

    key = fields.CharField(64, primary_key=True)
    forgiven_at = fields.FloatField(db_index=True)

    class Meta:
        """Table details."""

        table = "attempt"


class Preference(Model):
    """Something a person wants remembered, as JSON."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "quart_notes.User", related_name=False, on_delete=fields.CASCADE
    )
    key = fields.CharField(PREFERENCE_KEY_MAX)
    value = fields.TextField()

    user_id: int

    class Meta:
        """Table details."""

        table = "preference"
        unique_together = (("user", "key"),)
