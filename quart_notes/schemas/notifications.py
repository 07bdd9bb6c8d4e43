"""The shapes of notifications."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from quart_notes.schemas.examples import MOMENT, OTHER_USER, example
from quart_notes.schemas.fields import MAX_ID, Id, IdOrDigits, InputModel, OutputModel
from quart_notes.schemas.rooms import Level
from quart_notes.schemas.users import UserOut

NotificationKind = Literal["mention", "reply", "reaction", "invited", "owner", "message"]
MENTIONS_MAX = 50  # people whom one text can mention
NOTIFICATIONS_PAGE = 50  # notifications on a page, unless another number is asked for
NOTIFICATIONS_PAGE_MAX = 200
READ_MAX = 1000  # notifications marked as read by their ids at once


class NotificationOut(OutputModel):
    """Something that concerns you. It is returned as long as you may see what it is about."""

    model_config = example(
        {
            **{"id": 12, "kind": "mention", "actor": OTHER_USER, "count": 1, "message_id": 7, "note_id": None},
            **{"room_id": 2, "room": "Kitchen table", "board_id": None, "board": None},
            **{"text": "@ada tea is ready.", "created_at": MOMENT, "read_at": None},
        }
    )

    id: int = Field(description="The newest has the greatest.", ge=1, le=MAX_ID)
    kind: NotificationKind = Field(description="What happened; owner: you have become one; message: one was posted.")
    actor: UserOut | None = Field(description="Who did it; null for a guest, and for owner.")
    count: int = Field(description="Of reactions: how many people; of messages: how many.", ge=1)
    message_id: int | None = Field(description="The message.")
    note_id: int | None = Field(description="The note.")
    room_id: int | None = Field(description="The room of the message, or that you were invited to or own now.")
    room: str | None = Field(description="Its name; null for a conversation.")
    board_id: int | None = Field(description="The board of the note, or that you were invited to or own now.")
    board: str | None = Field(description="Its name.")
    text: str = Field(description="The beginning of the message or of the note, without formatting.")
    created_at: datetime = Field(description="UTC, RFC 3339.")
    read_at: datetime | None = Field(description="When you read it, or null.")


class NotificationsOut(OutputModel):
    """A page of notifications, newest first, and the number of unread ones."""

    unread: int = Field(description="All unread ones.", ge=0)
    notifications: list[NotificationOut] = Field(description="Newest first.")


class InboxOut(OutputModel):
    """The state of a user's notifications. It contains nothing about their content."""

    model_config = example({"unread": 2, "newest_id": 12})

    unread: int = Field(description="How many are unread.", ge=0)
    newest_id: int = Field(description="The newest one; 0 for none.", ge=0, le=MAX_ID)


class NotificationQuery(BaseModel):
    """A page of notifications."""

    limit: int = Field(NOTIFICATIONS_PAGE, ge=1, le=NOTIFICATIONS_PAGE_MAX, description="Notifications at most.")
    before_id: int = Field(MAX_ID, ge=1, le=MAX_ID, description="Only those with a smaller id.")
    unread: Literal["true", "false"] | None = Field(None, description="Only unread, or only read ones.")


class NotificationsRead(InputModel):
    """Notifications that were read."""

    model_config = example({"up_to_id": 12})

    ids: Annotated[list[Id], Field(max_length=READ_MAX, description="Some.")] = Field(default_factory=list)
    up_to_id: Annotated[IdOrDigits, Field(description="All up to this one.")] = Field(default_factory=int)


class LevelUpdate(InputModel):
    """What a user is notified of in a room."""

    model_config = example({"reader_id": 3, "level": "everything"})

    reader_id: Annotated[IdOrDigits, Field(description="Who.")]
    level: Level
