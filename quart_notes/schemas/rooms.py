"""The shapes of rooms, presence and read markers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from quart_notes.schemas.examples import MOMENT, USER, example
from quart_notes.schemas.fields import MAX_ID, ClientKey, Id, IdOrDigits, InputModel, OutputModel, PageQuery, SingleLine
from quart_notes.schemas.users import UserOut

ROOM_NAME_MAX = 80  # characters
RoomName = Annotated[
    SingleLine,
    Field(max_length=ROOM_NAME_MAX, description="Unique among rooms, whatever the case.", examples=["Kitchen table"]),
]
ROOM: dict[str, Any] = {
    "id": 2,
    "kind": "room",
    "name": "Kitchen table",
    "people": [],
    "created_at": MOMENT,
}


class RoomCreate(InputModel):
    """A new room."""

    model_config = example({"name": "Kitchen table"})

    name: RoomName
    client_key: ClientKey = None


class RoomOut(OutputModel):
    """A room, or the direct conversation of two people, which is a room of another kind."""

    model_config = example(ROOM)

    id: int = Field(description="Grows with each room and is never used twice; 1 is the lobby.", ge=1, le=MAX_ID)
    kind: Literal["room", "direct", "private"] = Field(
        description="room: everybody's; direct: a conversation of two people; private: one's own, with the assistant."
    )
    name: str | None = Field(description="What it is called; null for the other kinds.", max_length=ROOM_NAME_MAX)
    people: list[UserOut] = Field(description="Whose conversation it is; empty for a room.")
    created_at: datetime = Field(description="UTC, RFC 3339.")


class RoomQuery(PageQuery):
    """Options of a list of rooms."""

    person_id: Id | None = Field(None, description="Whose direct conversations are wanted too.")


class TypingNotice(InputModel):
    """A user is typing."""

    model_config = example({"author_id": 3})

    author_id: Annotated[IdOrDigits, Field(description="Who is typing.")]


class ReadingUpdate(InputModel):
    """A user's read marker."""

    model_config = example({"reader_id": 3, "message_id": 7})

    reader_id: Annotated[IdOrDigits, Field(description="Who has read.")]
    message_id: Annotated[IdOrDigits, Field(description="The newest message that they have read.")]


class UnreadOut(OutputModel):
    """A user's unread count in a room."""

    model_config = example({"room_id": 2, "count": 2, "last_read_id": 7})

    room_id: int = Field(description="Where.", ge=1, le=MAX_ID)
    count: int = Field(description="Messages of others after the last one read.", ge=0)
    last_read_id: int = Field(description="The newest message that they have read; 0 for none.", ge=0, le=MAX_ID)


class PresenceOut(OutputModel):
    """Who is in a room now."""

    model_config = example({"room_id": 2, "here": [USER], "guests": ["Client 5"], "typing": []})

    room_id: int = Field(description="Where.", ge=1, le=MAX_ID)
    here: list[UserOut] = Field(description="People with a connection that follows the room, by nickname.")
    guests: list[str] = Field(description="Guests of the plain-text endpoint; they are in the lobby.")
    typing: list[UserOut] = Field(description="People who typed within the last 5 seconds, by nickname.")
