"""Every shape that crosses an edge, with its limits: …Create and …Update come in, …Out goes out."""

from quart_notes.schemas.fields import MAX_ID, PAGE_MAX, QUERY_MAX, UNSTORABLE, Id, Incoming, Outgoing, PageQuery, Text
from quart_notes.schemas.messages import (
    CONTENT_MAX,
    AuthorQuery,
    MessageCreate,
    MessageOut,
    MessageQuery,
    MessageUpdate,
    RoomMessageCreate,
)
from quart_notes.schemas.notes import DESCRIPTION_MAX, TITLE_MAX, NoteCreate, NoteOut, NoteQuery, NoteUpdate
from quart_notes.schemas.people import EMAIL_MAX, NAME_MAX, NICKNAME_MAX, UserCreate, UserOut
from quart_notes.schemas.rooms import (
    ROOM_NAME_MAX,
    PresenceOut,
    ReadingUpdate,
    RoomCreate,
    RoomOut,
    RoomQuery,
    TypingNotice,
    UnreadOut,
)
from quart_notes.schemas.system import FeedQuery, FieldErrorOut, HealthOut, ProblemOut, VersionOut

__all__ = [
    "CONTENT_MAX",
    "DESCRIPTION_MAX",
    "EMAIL_MAX",
    "MAX_ID",
    "NAME_MAX",
    "NICKNAME_MAX",
    "PAGE_MAX",
    "QUERY_MAX",
    "ROOM_NAME_MAX",
    "TITLE_MAX",
    "UNSTORABLE",
    "AuthorQuery",
    "FeedQuery",
    "FieldErrorOut",
    "HealthOut",
    "Id",
    "Incoming",
    "MessageCreate",
    "MessageOut",
    "MessageQuery",
    "MessageUpdate",
    "NoteCreate",
    "NoteOut",
    "NoteQuery",
    "NoteUpdate",
    "Outgoing",
    "PageQuery",
    "PresenceOut",
    "ProblemOut",
    "ReadingUpdate",
    "RoomCreate",
    "RoomMessageCreate",
    "RoomOut",
    "RoomQuery",
    "Text",
    "TypingNotice",
    "UnreadOut",
    "UserCreate",
    "UserOut",
    "VersionOut",
]
