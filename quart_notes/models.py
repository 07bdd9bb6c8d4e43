"""All tables on one page."""

from tortoise import fields
from tortoise.models import Model

from quart_notes.schemas import (
    AGENT_MAX,
    BOARD_NAME_MAX,
    EMAIL_MAX,
    NAME_MAX,
    NICKNAME_MAX,
    PREFERENCE_KEY_MAX,
    ROOM_NAME_MAX,
    TITLE_MAX,
)

NICKNAME_KEY_MAX = 4 * NICKNAME_MAX  # characters: normalising can make three of one


class Board(Model):
    """A board of notes. Board 1 is everybody's, each person has a personal one. Deleted ones are kept for a while."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(8)  # shared, personal
    name = fields.CharField(BOARD_NAME_MAX)
    created_at = fields.DatetimeField()
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        """Table details."""

        table = "board"


class Membership(Model):
    """What a person may do on a board. Board 1 needs none: it is everybody's."""

    id = fields.BigIntField(primary_key=True)
    board: fields.ForeignKeyRelation[Board] = fields.ForeignKeyField(
        "quart_notes.Board", related_name="memberships", on_delete=fields.CASCADE
    )
    user: fields.ForeignKeyRelation["User"] = fields.ForeignKeyField(
        "quart_notes.User", related_name=False, on_delete=fields.CASCADE, db_index=True
    )
    role = fields.CharField(8)  # viewer, ticker, editor, owner

    board_id: int
    user_id: int

    class Meta:
        """Table details."""

        table = "membership"
        unique_together = (("board", "user"),)


class Note(Model):
    """A note of a board. A deleted one is kept aside for a while, so that a deletion can be undone."""

    id = fields.BigIntField(primary_key=True)
    # No foreign key: SQLite adds no column to a table that has a default and refers to another.
    board_id = fields.BigIntField(default=1, db_default=1)
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
        indexes = (("board_id", "deleted_at", "done", "id"), ("board_id", "deleted_at", "id"))


class User(Model):
    """A person."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(NAME_MAX)
    email = fields.CharField(EMAIL_MAX)
    nickname = fields.CharField(NICKNAME_MAX)
    nickname_key = fields.CharField(NICKNAME_KEY_MAX, unique=True)  # normalised: what is compared
    read_from = fields.BigIntField()  # newest message when the person came: nothing before it is unread
    password_hash = fields.CharField(200, null=True)  # Argon2id; null: has none yet, and cannot sign in
    is_admin = fields.BooleanField(
        default=False, db_default=False
    )  # whether they may add people, and let others set a new password
    created_at = fields.DatetimeField()

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


class Room(Model):
    """A room, or a direct conversation: then `lower` and `upper` are its people, the smaller id first."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(8)  # room, direct
    name = fields.CharField(ROOM_NAME_MAX, null=True)
    name_key = fields.CharField(4 * ROOM_NAME_MAX, null=True, unique=True)  # normalised: what is compared
    lower: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "quart_notes.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    upper: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "quart_notes.User", related_name=False, null=True, on_delete=fields.RESTRICT, db_index=True
    )
    created_at = fields.DatetimeField()

    lower_id: int | None
    upper_id: int | None

    class Meta:
        """Table details."""

        table = "room"
        unique_together = (("lower", "upper"),)


class Message(Model):
    """What somebody said. A deleted one is kept aside for a while, so that a deletion can be undone."""

    id = fields.BigIntField(primary_key=True)
    room: fields.ForeignKeyRelation[Room] = fields.ForeignKeyField(
        "quart_notes.Room", related_name=False, on_delete=fields.RESTRICT
    )
    author: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "quart_notes.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    recipient: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "quart_notes.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    guest = fields.CharField(32, null=True)
    content = fields.TextField()
    client_key = fields.CharField(64, null=True)
    version = fields.IntField(default=1)
    date = fields.DatetimeField()
    edited_at = fields.DatetimeField(null=True)
    deleted_at = fields.DatetimeField(null=True)

    room_id: int
    author_id: int | None
    recipient_id: int | None

    class Meta:
        """Table details."""

        table = "message"
        unique_together = (("author", "client_key"),)
        indexes = (("room_id", "deleted_at", "id", "author_id"),)  # pages, and the whole count of what is unread


class Reading(Model):
    """How far a person has read in a room."""

    id = fields.BigIntField(primary_key=True)
    room: fields.ForeignKeyRelation[Room] = fields.ForeignKeyField(
        "quart_notes.Room", related_name=False, on_delete=fields.CASCADE
    )
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "quart_notes.User", related_name=False, on_delete=fields.CASCADE
    )
    last_read_id = fields.BigIntField()

    room_id: int
    user_id: int

    class Meta:
        """Table details."""

        table = "reading"
        unique_together = (("user", "room"),)


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
