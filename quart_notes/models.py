"""All tables on one page."""

from tortoise import fields
from tortoise.models import Model

from quart_notes.schemas import EMAIL_MAX, NAME_MAX, NICKNAME_MAX, ROOM_NAME_MAX, TITLE_MAX


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


class User(Model):
    """A person."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(NAME_MAX)
    email = fields.CharField(EMAIL_MAX)
    nickname = fields.CharField(NICKNAME_MAX)
    nickname_key = fields.CharField(4 * NICKNAME_MAX, unique=True)  # normalised: what is compared
    read_from = fields.BigIntField()  # newest message when the person came: nothing before it is unread
    created_at = fields.DatetimeField()

    class Meta:
        """Table details."""

        table = "user"


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
