"""The shapes of rooms, presence and read markers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from quart_notes.schemas.examples import MOMENT, USER, example
from quart_notes.schemas.fields import MAX_ID, ClientKey, Id, IdOrDigits, InputModel, OutputModel, PageQuery, SingleLine
from quart_notes.schemas.users import UserOut

ROOM_NAME_MAX = 80  # characters
RoomRole = Literal["member", "owner"]
MyRole = Literal["reader", "member", "owner"]
Level = Literal["nothing", "mentions", "everything"]  # of what somebody is notified in a room
ROLE = "member: read, write and invite; owner: all."
MY_ROLE = f"{ROLE[:-1]}; reader: read a thread."
RoomName = Annotated[
    SingleLine,
    Field(
        max_length=ROOM_NAME_MAX,
        description="Unique among public rooms, regardless of case.",
        examples=["Kitchen table"],
    ),
]
ROOM: dict[str, Any] = {
    "id": 2,
    "kind": "room",
    "name": "Kitchen table",
    "people": [],
    "closed": False,
    "archived": False,
    "note_id": None,
    "board_id": None,
    "created_at": MOMENT,
}


class RoomCreate(InputModel):
    """A new room."""

    model_config = example({"name": "Kitchen table"})

    name: RoomName
    closed: bool = Field(default_factory=bool, description="Only its members see it, at first you alone.")
    client_key: ClientKey = None


class RoomUpdate(InputModel):
    """A change of a room: only the fields that are sent change."""

    model_config = example({"archived": True})

    name: RoomName = Field(default_factory=str)
    archived: bool = Field(default_factory=bool, description="Readable, but nobody can write there.")
    closed: bool = Field(default_factory=bool, description="Only its members see it.")


class RoomOut(OutputModel):
    """A room, or the direct conversation of two people, which is a room of another kind."""

    model_config = example(ROOM)

    id: int = Field(description="Grows with each room and is never used twice; 1 is the lobby.", ge=1, le=MAX_ID)
    kind: Literal["room", "direct", "private", "note"] = Field(
        description="direct: a conversation of two; private: one's own, with the assistant; note: a note's thread."
    )
    name: str | None = Field(
        description="What it is called; a thread as its note, null in events.", max_length=ROOM_NAME_MAX
    )
    people: list[UserOut] = Field(description="Whose conversation it is; empty for a room.")
    closed: bool = Field(description="Only its members see it.")
    archived: bool = Field(description="Readable, but nobody can write there.")
    note_id: int | None = Field(None, description="Of a thread: the note that it is about.")
    board_id: int | None = Field(None, description="Of a thread: that note's board, whose readers and editors it has.")
    created_at: datetime = Field(description="UTC, RFC 3339.")


class MyRoomOut(RoomOut):
    """A room, the caller's role there, and how recent it is."""

    model_config = example({**ROOM, "role": "owner", "last_activity_at": MOMENT})

    role: MyRole = Field(description=MY_ROLE)
    last_activity_at: datetime = Field(description="Of the newest message, or of the room itself. UTC.")


class RoomMemberUpdate(InputModel):
    """A member's role in a closed room."""

    model_config = example({"role": "member"})

    role: RoomRole = Field(description=ROLE)


class RoomMemberOut(OutputModel):
    """A member of a closed room."""

    model_config = example({"room_id": 2, "user": USER, "role": "member"})

    room_id: int = Field(description="Which room.", ge=1, le=MAX_ID)
    user: UserOut = Field(description="Who.")
    role: RoomRole = Field(description=ROLE)


class RoomMembershipOut(OutputModel):
    """A user's membership that began, changed or ended. It names the room, and contains nothing of its content."""

    model_config = example({"room_id": 2, "role": "member"})

    room_id: Id = Field(description="Which room.")
    role: RoomRole = Field(description=ROLE)


class RoomQuery(PageQuery):
    """Options of a list of rooms."""

    person_id: Id | None = Field(None, description="Whose direct conversations are wanted too.")


class UnreadQuery(BaseModel):
    """Options of a list of unread counts."""

    board_id: Id | None = Field(None, description="The threads of this board's notes with unread messages instead.")


class OnlineOut(OutputModel):
    """Whether a user is online: a connection follows their own topic."""

    model_config = example({"user_id": 3, "online": True})

    user_id: Id = Field(description="Who.")
    online: bool = Field(description="Whether they are.")


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

    model_config = example({"room_id": 2, "note_id": None, "count": 2, "last_read_id": 7, "level": "mentions"})

    room_id: int = Field(description="Where.", ge=1, le=MAX_ID)
    note_id: int | None = Field(None, description="The note, when it is a thread.")
    count: int = Field(description="Messages of others after the last one read.", ge=0)
    last_read_id: int = Field(description="The newest message that they have read; 0 for none.", ge=0, le=MAX_ID)
    level: Level = Field(description="What they are notified of there.")


class PresenceOut(OutputModel):
    """Who is in a room now."""

    model_config = example({"room_id": 2, "here": [USER], "guests": ["Client 5"], "typing": []})

    room_id: int = Field(description="Where.", ge=1, le=MAX_ID)
    here: list[UserOut] = Field(description="People with a connection that follows the room, by nickname.")
    guests: list[str] = Field(description="Guests of the plain-text endpoint; they are in the lobby.")
    typing: list[UserOut] = Field(description="People who typed within the last 5 seconds, by nickname.")
