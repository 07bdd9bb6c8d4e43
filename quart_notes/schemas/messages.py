"""The shapes of messages."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field
from typing_extensions import TypedDict

from quart_notes.schemas.content import ContentNode
from quart_notes.schemas.examples import MOMENT, OTHER_USER, USER, example
from quart_notes.schemas.fields import MAX_ID, ClientKey, Id, IdOrDigits, InputModel, OutputModel, PageQuery, Text
from quart_notes.schemas.text import is_blank
from quart_notes.schemas.users import UserOut

CONTENT_MAX = 4000  # characters of a message
ANSWER_MAX = 32_000  # characters of an answer of the assistant
ANSWER_ERROR_MAX = 300  # characters of the reason for a failed answer
EMOJI_MAX = 40  # characters of an emoji; the longest of Unicode 18 has 10
REACTIONS_MAX = 20  # different emojis on a message
REACTING_MAX = 100  # ids of users for each of them: an event of a message stays small


def _says_something(value: Any) -> Any:
    if isinstance(value, str) and is_blank(value):
        raise ValueError("This cannot be empty.")
    return value


Content = Annotated[
    Text,
    BeforeValidator(_says_something),
    Field(
        min_length=1,
        max_length=CONTENT_MAX,
        description="What is said, as Markdown; not blank.",
        examples=["Tea is ready."],
    ),
]
ReplyTo = Annotated[
    IdOrDigits | None, Field(description="The message of the same room that it replies to.", examples=[6])
]
MESSAGE: dict[str, Any] = {
    "id": 7,
    "room_id": 3,
    "note_id": None,
    "content": "Tea is ready.",
    "formatted": None,
    "author_id": 3,
    "author": USER,
    "guest": None,
    "recipient_id": 4,
    "recipient": OTHER_USER,
    "client_key": "b1946ac9-2492-4d23",
    "version": 1,
    "date": MOMENT,
    "edited_at": None,
    "answer": None,
    "reply_to": None,
    "reactions": [{"emoji": "👍", "count": 1, "user_ids": [4]}],
}


class MessageCreate(InputModel):
    """A direct message."""

    model_config = example({"author_id": 3, "recipient_id": 4, "content": "Tea is ready."})

    author_id: Annotated[IdOrDigits, Field(description="Who says it.")]
    recipient_id: Annotated[IdOrDigits, Field(description="To whom.")]
    content: Content
    reply_to: ReplyTo = None
    client_key: ClientKey = None


class RoomMessageCreate(InputModel):
    """A message in a room."""

    model_config = example({"author_id": 3, "content": "Tea is ready."})

    author_id: Annotated[IdOrDigits, Field(description="Who says it.")]
    content: Content
    reply_to: ReplyTo = None
    client_key: ClientKey = None


class GuestMessageCreate(InputModel):
    """A guest's message by the form of the lobby."""

    content: Content
    client_key: ClientKey = None


class MessageUpdate(InputModel):
    """A new text for the caller's own message."""

    model_config = example({"author_id": 3, "content": "Tea is served."})

    author_id: Annotated[IdOrDigits, Field(description="Who changes it: its author.")]
    content: Content


class MessageNoteCreate(InputModel):
    """A note that is made of a message."""

    model_config = example({"board_id": 1})

    board_id: Id = Field(description="Where to.")
    client_key: ClientKey = None


class AnswerOut(OutputModel):
    """The part of a message that makes it an answer of the assistant, which grows while it is written."""

    model_config = example({"question_id": 6, "asker_id": 3, "state": "writing", "error": None})

    question_id: int = Field(description="The message that it answers.", ge=1, le=MAX_ID)
    asker_id: int | None = Field(
        description="Who asked, and may stop it, ask again and delete it; null for a guest: then everybody in the room."
    )
    state: Literal["waiting", "writing", "done", "stopped", "failed"] = Field(
        description="waiting: for its turn, or for the first word. writing: it grows. done. stopped: by the"
        " person who asked. failed: see error; what had come is kept. The last two can be asked for again."
    )
    error: str | None = Field(description="Why it failed, for people, or null.", max_length=ANSWER_ERROR_MAX)


class QuoteOut(OutputModel):
    """The message that another one replies to. It changes with the events of that message."""

    model_config = example(
        {
            **{"id": 6, "version": 1, "author_id": 4, "author": OTHER_USER, "guest": None},
            **{"snippet": "Is there tea?", "deleted": False},
        }
    )

    id: int = Field(description="Which message.", ge=1, le=MAX_ID)
    version: int = Field(description="Its version; 0 when it is deleted.", ge=0)
    author_id: int | None = Field(description="Who said it; null for a guest, for the assistant, and when deleted.")
    author: UserOut | None = Field(description="The same, whole.")
    guest: str | None = Field(description="The name of a guest.")
    snippet: str = Field(description="The beginning of its text, without formatting; empty when it is deleted.")
    deleted: bool = Field(description="Whether it is deleted.")


class ReactionOut(TypedDict):
    """An emoji on a message, and who has put it there."""

    emoji: Annotated[str, Field(description="The emoji, fully qualified.", examples=["👍"])]
    count: Annotated[int, Field(description="How many users.", ge=1)]
    user_ids: Annotated[
        list[int], Field(description=f"The first {REACTING_MAX}; in a response, you too.", max_length=REACTING_MAX)
    ]


class MessageOut(OutputModel):
    """A message of a room or of a direct conversation."""

    model_config = example(MESSAGE)

    id: int = Field(description="Grows with each message and is never used twice.", ge=1, le=MAX_ID)
    room_id: int = Field(description="Where it was said.", ge=1, le=MAX_ID)
    content: str = Field(description="What was said; of an answer, what there is of it so far.", max_length=ANSWER_MAX)
    formatted: list[ContentNode] | None = Field(
        None, description="It formatted, without headings and tables; null for a plain text."
    )
    note_id: int | None = Field(None, description="The note that it is about, in a thread.")
    author_id: int | None = Field(description="Who said it; null for a guest and for the assistant.")
    author: UserOut | None = Field(description="The same, whole.")
    guest: str | None = Field(
        description="The name of a guest: Client 5 at the plain-text endpoint, Guest 1234 on the page."
    )
    recipient_id: int | None = Field(description="To whom, in a direct conversation.")
    recipient: UserOut | None = Field(description="The same, whole.")
    client_key: str | None = Field(description="The key that its author's client gave it.")
    version: int = Field(description="1 at first, one more at each change.", ge=1)
    date: datetime = Field(description="When it was said: UTC, RFC 3339, set by the server.")
    edited_at: datetime | None = Field(description="When its text was last changed, or null.")
    answer: AnswerOut | None = Field(None, description="Where it stands, if it is the assistant's; null for people's.")
    reply_to: QuoteOut | None = Field(None, description="The message that it replies to.")
    reactions: list[ReactionOut] = Field([], description="By emoji, the oldest first.", max_length=REACTIONS_MAX)


class AssistantOut(OutputModel):
    """Whether the assistant can answer, and the caller's private room with it."""

    model_config = example({"available": True, "model": "llama3.2", "reason": None, "room_id": 5})

    available: bool = Field(description="Whether a question would be answered, as far as is known.")
    model: str = Field(description="The language model that answers.")
    reason: str | None = Field(description="What is missing and how to get it, for people; null when it can answer.")
    room_id: int | None = Field(description="The private room of the caller; null when it was not opened yet.")


class PersonQuery(BaseModel):
    """In open mode, the user that is meant."""

    person_id: Id | None = Field(None, description="Open mode: for whom; else for the caller.")


class AuthorQuery(BaseModel):
    """The author in whose name the request acts."""

    author_id: Id = Field(description="Who does it: the message's author, or who reacts.", examples=[3])


class MessageQuery(PageQuery):
    """A page of messages, by id ascending: the first ones after `after_id`, or the last ones before `before_id`."""

    before_id: int | None = Field(
        None,
        ge=1,
        le=MAX_ID,
        description="The newest ones with a smaller id instead; the greatest possible id brings the newest of all.",
    )
