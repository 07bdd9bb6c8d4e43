"""Topics and the closed catalogue of events, in the shape in which they are sent.

A durable event is recorded on a change and kept in the log. Its id is the database's epoch and a number that grows in
commit order over all topics. The body is encoded once; only the id is added when its number is known.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from quart_notes.schemas import (
    BoardOut,
    EditingOut,
    InboxOut,
    JobOut,
    LabelOut,
    MemberOut,
    MembershipOut,
    MessageOut,
    NoteOut,
    OnlineOut,
    OutputModel,
    PreferenceOut,
    PresenceOut,
    RoomMemberOut,
    RoomMembershipOut,
    RoomOut,
    UnreadOut,
    UserOut,
)
from quart_notes.schemas.event_ids import EVENT_ID, EventId

Action = Literal["create", "update", "delete"]


def board(board_id: int) -> str:
    """The topic of a board's notes."""
    return f"board:{board_id}"


def is_board(topic: str) -> bool:
    """Whether a topic belongs to a board, or to all boards."""
    return topic.startswith("board:")


def room(room_id: int) -> str:
    """The topic of a room: its messages, and who is in it."""
    return f"room:{room_id}"


def user(user_id: int) -> str:
    """The topic of a user: direct messages, new conversations, unread counts."""
    return f"user:{user_id}"


def number_of(topic: str) -> int:
    """The id in a topic."""
    return int(topic.partition(":")[2])


SHARED_BOARD = board(1)
USERS = "users"  # existing and new users
ROOMS = "rooms"  # existing and new rooms
ACCESS = "access"  # users whose access has changed: internal, clients may not subscribe
WORK = "work"  # work that the server has to start or cancel: internal, clients may not subscribe
ONLINE = "online"  # who is online: internal, what presence is counted under
ALL_BOARDS = "board:*"  # the notes of all boards: in open mode only
ALL_ROOMS = "room:*"  # the messages of all public rooms
CLOSED_ROOMS = "closed:*"  # the messages of the subscriber's closed rooms: the server puts these rooms in its place


Id = Annotated[str, Field(description="Epoch and number; resume after it.", pattern=rf"^{EVENT_ID.pattern}$")]


class Event(OutputModel):
    """A change, sent to the subscribers of its topic."""

    example_topic: ClassVar[str] = ""  # an example of its topic
    content_name: ClassVar[str]  # its last field, which contains what has changed

    topic: str = Field(description="Where it happened.", examples=["board:1"])
    action: Action = Field(description="What happened; delete carries the whole last state.")

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Find the name once; for each event it would take a third of its encoding."""
        super().__pydantic_init_subclass__(**kwargs)
        cls.content_name = list(cls.model_fields)[-1]


class DurableEvent(Event):
    """A change of the database, recorded in the log."""

    by: int | None = Field(None, description="The user who did it; null: nobody, or nobody who is known.")


class NoteEvent(DurableEvent):
    """A note was added to a board, changed, or removed from it."""

    example_topic: ClassVar[str] = SHARED_BOARD
    summary: ClassVar[str] = "A note was created, changed or deleted"

    note: NoteOut = Field(description="The note after the change.")


class UserEvent(DurableEvent):
    """A user was added or changed. A guest gets those whom they see on their own topic."""

    example_topic: ClassVar[str] = USERS
    summary: ClassVar[str] = "A person was added"

    user: UserOut = Field(description="The person.")


class RoomEvent(DurableEvent):
    """A room was added, changed, deleted or restored. With accounts, that of a closed room is sent on its own topic.

    A direct conversation is sent on the topics of its two users. A deletion leaves the name empty. With accounts, a
    room that is closed is deleted for everybody else. Who follows a thread gets one without a name when it is renamed.
    """

    example_topic: ClassVar[str] = ROOMS
    summary: ClassVar[str] = "A room was opened, changed or deleted, or a conversation begun"

    room: RoomOut = Field(description="The room.")


class RoomMemberEvent(DurableEvent):
    """A user joined a closed room, got another role, or left it: sent on the room's topic."""

    example_topic: ClassVar[str] = room(2)
    summary: ClassVar[str] = "Somebody joined or left a closed room"

    room_member: RoomMemberOut = Field(description="Who, and what they may do.")


class RoomMembershipEvent(DurableEvent):
    """The same, sent on the user's own topic. It contains nothing about the content of the room."""

    example_topic: ClassVar[str] = user(3)
    summary: ClassVar[str] = "You joined or left a closed room"

    room_membership: RoomMembershipOut = Field(description="Which room, and what they may do there.")


class MessageEvent(DurableEvent):
    """A message was posted, changed, deleted or restored.

    In a direct conversation it is sent twice, on the topics of its author and of its recipient.
    """

    example_topic: ClassVar[str] = user(4)
    summary: ClassVar[str] = "A message was posted, changed or deleted"

    message: MessageOut = Field(description="The message after the change.")


class UnreadEvent(DurableEvent):
    """A user has read in a room: sent on their own topic, for their other screens."""

    example_topic: ClassVar[str] = user(3)
    summary: ClassVar[str] = "A person has read on"

    unread: UnreadOut = Field(description="What is left unread there.")


class PresenceEvent(Event):
    """A user entered a room, left it, or is typing there. It has no id and is never replayed."""

    example_topic: ClassVar[str] = room(2)
    summary: ClassVar[str] = "Who is in a room and who is typing has changed"

    presence: PresenceOut = Field(description="Who is there now.")


class EditingEvent(Event):
    """A user opened or closed the editor of a note, or has left the board. It has no id and is never replayed."""

    example_topic: ClassVar[str] = SHARED_BOARD
    summary: ClassVar[str] = "Who edits which note of a board has changed"

    editing: EditingOut = Field(description="All notes of the board that are being edited now.")


class OnlineEvent(Event):
    """Somebody came online or left: sent to those who have direct messages with them. It has no id.

    Each gets it on their own topic.
    """

    example_topic: ClassVar[str] = user(3)
    summary: ClassVar[str] = "Somebody you have direct messages with came online or left"

    online: OnlineOut = Field(description="Who.")


class BoardEvent(DurableEvent):
    """A board was added, renamed, deleted or restored."""

    summary: ClassVar[str] = "A board was opened, renamed or deleted"
    example_topic: ClassVar[str] = board(2)

    board: BoardOut = Field(description="The board after the change.")


class MemberEvent(DurableEvent):
    """A user joined a board, got another role, or left it: sent on the board's topic."""

    summary: ClassVar[str] = "Somebody joined or left a board"
    example_topic: ClassVar[str] = board(2)

    member: MemberOut = Field(description="Who, and what they may do.")


class MembershipEvent(DurableEvent):
    """The same, sent on the user's own topic. It contains nothing about the content of the board."""

    summary: ClassVar[str] = "You joined or left a board"
    example_topic: ClassVar[str] = user(3)

    membership: MembershipOut = Field(description="Which board, and what they may do there.")


class LabelEvent(DurableEvent):
    """A label of a board was added, renamed, recoloured or deleted. Notes that have it have events of their own.

    A deletion leaves its name empty.
    """

    summary: ClassVar[str] = "A label was added, changed or deleted"
    example_topic: ClassVar[str] = SHARED_BOARD

    label: LabelOut = Field(description="The label after the change.")


class InboxEvent(DurableEvent):
    """A user was notified, has read, or no longer sees something: sent on their own topic.

    It contains nothing about the content: fetch the list.
    """

    summary: ClassVar[str] = "Your notifications have changed"
    example_topic: ClassVar[str] = user(3)

    inbox: InboxOut = Field(description="How many are unread now.")


class PreferenceEvent(DurableEvent):
    """A preference of a user was set or removed: sent on their own topic, for their other screens."""

    summary: ClassVar[str] = "A preference was set"
    example_topic: ClassVar[str] = user(3)

    preference: PreferenceOut = Field(description="The preference after the change.")


class JobEvent(DurableEvent):
    """A job has started, progressed, ended, or was deleted: sent to its owner, ten times a second at most.

    A job without an owner, in open mode, is sent on the board's topic.
    """

    summary: ClassVar[str] = "Long work has got on"
    example_topic: ClassVar[str] = user(3)

    job: JobOut = Field(description="Where it stands.")


class AccessChange(OutputModel):
    """The subject of a change of access: a user, one session, or a room."""

    user_id: int | None = Field(None, description="What this person may see, or what lets them in, is not what it was.")
    session_id: int | None = Field(None, description="This session is over, or another board is open in it.")
    board_id: int | None = Field(None, description="The new personal board of this person.")
    room_id: int | None = Field(None, description="Other people see this room now.")
    apart: bool = Field(False, description="Of a room: its events are no part of `room:*`.")


class AccessEvent(DurableEvent):
    """The access of a user has changed: internal, the server checks their open streams again."""

    access: AccessChange = Field(description="Whose.")


class WorkRequest(OutputModel):
    """A piece of work."""

    kind: Literal["job", "answer"] = Field(description="What it is about.")
    id: int = Field(description="Which job, or which message.")
    wanted: Literal["begin", "end"] = Field(description="What the process that works on it is to do.")
    person_id: int | None = Field(None, description="Of an answer: who asked.")


class WorkEvent(DurableEvent):
    """Work has to start or to be cancelled: internal."""

    work: WorkRequest = Field(description="Which.")


class ResetEvent(OutputModel):
    """The position is not in the log: the client fetches its state again; later events continue after this id."""

    summary: ClassVar[str] = "Reload the state"

    id: Id
    action: Literal["reset"] = Field("reset", description="Always reset.")


DURABLE: tuple[type[DurableEvent], ...] = (
    NoteEvent,
    BoardEvent,
    MemberEvent,
    MembershipEvent,
    LabelEvent,
    UserEvent,
    RoomEvent,
    RoomMemberEvent,
    RoomMembershipEvent,
    MessageEvent,
    UnreadEvent,
    InboxEvent,
    PreferenceEvent,
    JobEvent,
)
VOLATILE: tuple[type[Event], ...] = (PresenceEvent, EditingEvent, OnlineEvent)


def growing_answer_prefix(topic: str, message_id: int) -> str:
    """The first bytes of the encoded events that update a message on a topic."""
    return f'{{"topic":"{topic}","action":"update","message":{{"id":{message_id},'


def encode(event: Event, by: int | None = None) -> bytes:
    """The event's JSON without its id, as UTF-8: `{"topic":…}`.

    by   id of the user who did it, of a durable event
    """
    content: OutputModel = getattr(event, event.content_name)
    return b'{"topic":"%b","action":"%b","%b":%b%b}' % (
        event.topic.encode(),
        event.action.encode(),
        event.content_name.encode(),
        content.json_bytes,
        (b"" if not isinstance(event, DurableEvent) else b',"by":null' if by is None else b',"by":%d' % by),
    )


def with_id(event_id: str, body: bytes) -> bytes:
    """The event as it is sent: its id and its encoded body."""
    return b'{"id":"%b",%b' % (event_id.encode(), body[1:])


def reset(event_id: EventId) -> bytes:
    """The encoded reset at `event_id`."""
    return ResetEvent(id=str(event_id)).json_bytes
