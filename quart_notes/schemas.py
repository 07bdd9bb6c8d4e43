"""Every shape that crosses an edge, with its limits: …Create and …Update come in, …Out goes out."""

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MAX_ID = 2**63 - 1  # what both databases keep in an id column
TITLE_MAX = 200  # characters
DESCRIPTION_MAX = 20_000  # characters
QUERY_MAX = 200  # characters of a search
PAGE_MAX = 1000  # things a page of a list
NAME_MAX = 100  # characters of a person's name
EMAIL_MAX = 254  # characters, RFC 5321
NICKNAME_MAX = 32  # characters
ROOM_NAME_MAX = 80  # characters
CONTENT_MAX = 4000  # characters of a message

# What a browser takes as an e-mail address, in any script.
# source   https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.[^\W_](?:[\w-]{0,61}[^\W_])?)*")
NICKNAME = re.compile(r"[\w.-]+")
CLIENT_KEY = r"^[A-Za-z0-9_-]{8,64}$"

# NUL passes SQLite and fails PostgreSQL; a lone surrogate passes neither UTF-8 nor a browser.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
LINE_BREAKERS = frozenset({"Cc", "Zl", "Zp"})  # Unicode categories: control characters and separators of lines


def _storable(value: Any) -> Any:
    if isinstance(value, str) and UNSTORABLE.search(value):
        raise ValueError("must not contain NUL or lone surrogates")
    return value


def _blank_is_nothing(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _one_line(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if any(unicodedata.category(character) in LINE_BREAKERS for character in value):
        raise ValueError("must be one line")
    if not value.strip():
        raise ValueError("must not be blank")
    return unicodedata.normalize("NFC", value.strip())


def _says_something(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise ValueError("must not be blank")
    return value


def _email(value: str) -> str:
    if not EMAIL.fullmatch(value):
        raise ValueError("must be an e-mail address")
    return value


def _nickname(value: str) -> str:
    if not NICKNAME.fullmatch(value):
        raise ValueError("may have letters, digits, _ . and - only")
    return value


def _digits(value: Any) -> Any:
    # An HTML form sends numbers as text.
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value) else value


# The pattern only says so in the documents: a schema cannot speak of lone surrogates.
Text = Annotated[str, BeforeValidator(_storable), Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})]
Title = Annotated[
    Annotated[Text, Field(max_length=TITLE_MAX)] | None,
    BeforeValidator(_blank_is_nothing),
    Field(description="What the note is about, one line; blank counts as nothing.", examples=["Buy milk"]),
]
Description = Annotated[
    Annotated[Text, Field(max_length=DESCRIPTION_MAX)] | None,
    BeforeValidator(_blank_is_nothing),
    Field(
        description="The note's text, plain, with its line breaks; blank counts as nothing.", examples=["Two litres."]
    ),
]
Line = Annotated[Text, BeforeValidator(_one_line), Field(min_length=1)]
Name = Annotated[
    Line, Field(max_length=NAME_MAX, description="What the person is called, one line.", examples=["Ada Lovelace"])
]
Email = Annotated[
    Line,
    AfterValidator(_email),
    Field(max_length=EMAIL_MAX, description="Where to write to them.", examples=["ada@example.org"]),
]
Nickname = Annotated[
    Line,
    AfterValidator(_nickname),
    Field(
        max_length=NICKNAME_MAX,
        description="Unique, whatever the case; letters, digits, _ . and -.",
        examples=["ada"],
        json_schema_extra={"pattern": r"^[\w.-]+$"},
    ),
]
RoomName = Annotated[
    Line,
    Field(max_length=ROOM_NAME_MAX, description="Unique among rooms, whatever the case.", examples=["Kitchen table"]),
]
Content = Annotated[
    Text,
    BeforeValidator(_says_something),
    Field(
        min_length=1,
        max_length=CONTENT_MAX,
        description="What is said, plain text with its line breaks; not blank.",
        examples=["Tea is ready."],
    ),
]
ClientKey = Annotated[
    str | None,
    Field(
        min_length=8,
        max_length=64,
        pattern=CLIENT_KEY,
        description="Made by the client, new for each message: sent again, the message is not posted twice.",
        examples=["b1946ac9-2492-4d23"],
    ),
]
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
IdOrDigits = Annotated[
    Id,
    BeforeValidator(_digits, json_schema_input_type=int | Annotated[str, Field(pattern="^[0-9]{1,19}$")]),
    Field(examples=[1]),
]


class Incoming(BaseModel):
    """What a caller sends: no unknown fields, no silent conversion."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NoteCreate(Incoming):
    """A new note: a title, a description, or both."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "Buy milk", "description": "Two litres."}]},
    )

    title: Title = None
    description: Description = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.title is None and self.description is None:
            raise ValueError("A note needs a title or a description.")
        return self


class NoteUpdate(Incoming):
    """A change of a note: only the fields that are sent change."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"done": True}]})

    title: Title = None
    description: Description = None
    # None stands for "not sent"; an explicit null is refused, since a note is always done or not.
    done: Annotated[bool, Field(description="Whether it is ticked off.")] = False

    def changes(self) -> dict[str, Any]:
        """The fields that were sent, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Outgoing(BaseModel):
    """What the server sends."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class NoteOut(Outgoing):
    """A note as everybody sees it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "title": "Buy milk",
                    "description": "Two litres.",
                    "done": False,
                    "version": 1,
                    "created_at": "2026-01-31T09:30:00.000001Z",
                    "updated_at": "2026-01-31T09:30:00.000001Z",
                }
            ]
        }
    )

    id: int = Field(description="Grows with each note and is never used twice.", ge=1, le=MAX_ID)
    title: str | None = Field(description="What the note is about.", max_length=TITLE_MAX)
    description: str | None = Field(description="The note's text.", max_length=DESCRIPTION_MAX)
    done: bool = Field(description="Whether it is ticked off.")
    version: int = Field(description="1 at first, one more at each change.", ge=1)
    created_at: datetime = Field(description="UTC, RFC 3339.")
    updated_at: datetime = Field(description="UTC, RFC 3339.")


class NoteQuery(BaseModel):
    """Which notes of the board, and how many of them."""

    model_config = ConfigDict(extra="ignore")

    MAX_WORDS: ClassVar[int] = 20

    done: Literal["true", "false"] | None = Field(
        None, description="Only those that are ticked off, or only the others."
    )
    q: Annotated[Text, Field(max_length=QUERY_MAX)] | None = Field(
        None, description="Words that must all occur in title or description; upper and lower case are alike."
    )
    limit: int = Field(PAGE_MAX, ge=1, le=PAGE_MAX, description="Notes at most.")
    after_id: int = Field(
        0, ge=0, le=MAX_ID, description="Only notes with a greater id: the last id of the page before."
    )


USER: dict[str, Any] = {"id": 3, "name": "Ada Lovelace", "email": "ada@example.org", "nickname": "ada"}
OTHER_USER: dict[str, Any] = {"id": 4, "name": "Charles Babbage", "email": "charles@example.org", "nickname": "charles"}
ROOM: dict[str, Any] = {
    "id": 2,
    "kind": "room",
    "name": "Kitchen table",
    "people": [],
    "created_at": "2026-01-31T09:30:00.000001Z",
}
MESSAGE: dict[str, Any] = {
    "id": 7,
    "room_id": 3,
    "content": "Tea is ready.",
    "author_id": 3,
    "author": USER,
    "guest": None,
    "recipient_id": 4,
    "recipient": OTHER_USER,
    "client_key": "b1946ac9-2492-4d23",
    "version": 1,
    "date": "2026-01-31T09:30:00.000001Z",
    "edited_at": None,
}


class UserCreate(Incoming):
    """A new person."""

    model_config = ConfigDict(json_schema_extra={"examples": [{name: USER[name] for name in USER if name != "id"}]})

    name: Name
    email: Email
    nickname: Nickname


class UserOut(Outgoing):
    """A person as everybody sees them."""

    model_config = ConfigDict(json_schema_extra={"examples": [USER]})

    id: int = Field(description="Grows with each person and is never used twice.", ge=1, le=MAX_ID)
    name: str = Field(description="What the person is called.", max_length=NAME_MAX)
    email: str = Field(description="Where to write to them.", max_length=EMAIL_MAX)
    nickname: str = Field(description="What they go by here; unique.", max_length=NICKNAME_MAX)


class RoomCreate(Incoming):
    """A new room."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Kitchen table"}]})

    name: RoomName


class RoomOut(Outgoing):
    """A room, or the direct conversation of two people, which is a room of another kind."""

    model_config = ConfigDict(json_schema_extra={"examples": [ROOM]})

    id: int = Field(description="Grows with each room and is never used twice; 1 is the lobby.", ge=1, le=MAX_ID)
    kind: Literal["room", "direct"] = Field(description="room: everybody's; direct: a conversation of two people.")
    name: str | None = Field(description="What it is called; null for a direct conversation.", max_length=ROOM_NAME_MAX)
    people: list[UserOut] = Field(description="Whose direct conversation it is; empty for a room.")
    created_at: datetime = Field(description="UTC, RFC 3339.")


class MessageCreate(Incoming):
    """A direct message."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"author_id": 3, "recipient_id": 4, "content": "Tea is ready."}]}
    )

    author_id: Annotated[IdOrDigits, Field(description="Who says it.")]
    recipient_id: Annotated[IdOrDigits, Field(description="To whom.")]
    content: Content
    client_key: ClientKey = None


class RoomMessageCreate(Incoming):
    """Something said in a room."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"author_id": 3, "content": "Tea is ready."}]})

    author_id: Annotated[IdOrDigits, Field(description="Who says it.")]
    content: Content
    client_key: ClientKey = None


class MessageUpdate(Incoming):
    """Another text for one's own message."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"author_id": 3, "content": "Tea is served."}]})

    author_id: Annotated[IdOrDigits, Field(description="Who changes it: its author.")]
    content: Content


class MessageOut(Outgoing):
    """A message of a room or of a direct conversation."""

    model_config = ConfigDict(json_schema_extra={"examples": [MESSAGE]})

    id: int = Field(description="Grows with each message and is never used twice.", ge=1, le=MAX_ID)
    room_id: int = Field(description="Where it was said.", ge=1, le=MAX_ID)
    content: str = Field(description="What was said.", max_length=CONTENT_MAX)
    author_id: int | None = Field(description="Who said it; null for a guest.")
    author: UserOut | None = Field(description="The same, whole.")
    guest: str | None = Field(description="What a guest of the plain-text door goes by, such as Client 5.")
    recipient_id: int | None = Field(description="To whom, in a direct conversation.")
    recipient: UserOut | None = Field(description="The same, whole.")
    client_key: str | None = Field(description="The key that its author's client gave it.")
    version: int = Field(description="1 at first, one more at each change.", ge=1)
    date: datetime = Field(description="When it was said: UTC, RFC 3339, set by the server.")
    edited_at: datetime | None = Field(description="When its text was last changed, or null.")


class TypingNotice(Incoming):
    """Somebody is typing."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"author_id": 3}]})

    author_id: Annotated[IdOrDigits, Field(description="Who is typing.")]


class ReadingUpdate(Incoming):
    """How far somebody has read."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reader_id": 3, "message_id": 7}]})

    reader_id: Annotated[IdOrDigits, Field(description="Who has read.")]
    message_id: Annotated[IdOrDigits, Field(description="The newest message that they have read.")]


class UnreadOut(Outgoing):
    """What a person has not read in a room."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"room_id": 2, "count": 2, "last_read_id": 7}]})

    room_id: int = Field(description="Where.", ge=1, le=MAX_ID)
    count: int = Field(description="Messages of others after the last one read.", ge=0)
    last_read_id: int = Field(description="The newest message that they have read; 0 for none.", ge=0, le=MAX_ID)


class PresenceOut(Outgoing):
    """Who is in a room right now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"room_id": 2, "here": [USER], "guests": ["Client 5"], "typing": []}]}
    )

    room_id: int = Field(description="Where.", ge=1, le=MAX_ID)
    here: list[UserOut] = Field(description="People with a connection that follows the room, by nickname.")
    guests: list[str] = Field(description="Guests of the plain-text door; they are in the lobby.")
    typing: list[UserOut] = Field(description="People who typed within the last 5 seconds, by nickname.")


class PageQuery(BaseModel):
    """A page of a list, by id ascending."""

    model_config = ConfigDict(extra="ignore")

    limit: int = Field(PAGE_MAX, ge=1, le=PAGE_MAX, description="Things at most.")
    after_id: int = Field(
        0, ge=0, le=MAX_ID, description="Only those with a greater id: the last id of the page before."
    )


class MessageQuery(PageQuery):
    """A page of messages, by id ascending: the first ones after `after_id`, or the last ones before `before_id`."""

    before_id: int | None = Field(
        None,
        ge=1,
        le=MAX_ID,
        description="The newest ones with a smaller id instead; the greatest possible id brings the newest of all.",
    )


class RoomQuery(PageQuery):
    """Which rooms."""

    person_id: Id | None = Field(None, description="Whose direct conversations are wanted too.")


class AuthorQuery(BaseModel):
    """On whose behalf."""

    model_config = ConfigDict(extra="ignore")

    author_id: Id = Field(description="Who does it: the message's author.", examples=[3])


class VersionOut(Outgoing):
    """What runs here."""

    version: str = Field(description="The version of Quart Notes.", examples=["0.1.0"])


class HealthOut(Outgoing):
    """How it is."""

    status: Literal["healthy", "unhealthy"] = Field(description="healthy, or unhealthy with status 503.")
    message: str = Field(description="One sentence for people.", examples=["The database answers."])


class FieldErrorOut(Outgoing):
    """What is wrong with one field."""

    field: str = Field(description="The field's name or path; empty for the whole.", examples=["title"])
    message: str = Field(description="What is wrong with it.", examples=["String should have at most 200 characters"])


class ProblemOut(Outgoing):
    """An error, as RFC 9457 problem details. Some carry further members, such as `note` with a stale version."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Always about:blank; `code` tells errors apart.", examples=["about:blank"])
    title: str = Field(description="The status' own phrase.", examples=["Not Found"])
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(description="What happened, for people.", examples=["Note 7 not found"])
    code: str = Field(description="What happened, for programs.", examples=["not_found"])
    errors: list[FieldErrorOut] = Field(description="One entry a field that is wrong.")


class FeedQuery(BaseModel):
    """What to hear of, and from where on."""

    model_config = ConfigDict(extra="ignore")

    topics: str | None = Field(
        None, description="Topics to hear of, separated by commas; all that are visible by default."
    )
    after: str | None = Field(
        None,
        description="Resume after this event id.",
        json_schema_extra={"pattern": r"^[0-9a-z]{1,16}-[0-9]{1,19}$"},  # only said here: garbage is answered 400
        examples=["3f9a01bc-42"],
    )
    person: Id | None = Field(
        None, description="Who listens: their own topic is heard too, and they are here in the rooms that topics name."
    )
