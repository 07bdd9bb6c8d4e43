"""All tables, a file a noun."""

from quart_notes.models.boards import Board, Membership, Note
from quart_notes.models.client_keys import ClientKey
from quart_notes.models.event_log import LoggedEvent, LogHead
from quart_notes.models.jobs import Job
from quart_notes.models.rooms import ROOM_KEY_MAX, Message, Reading, Room
from quart_notes.models.server_key import ServerKey
from quart_notes.models.users import NICKNAME_KEY_MAX, ApiToken, Attempt, Invitation, Preference, Session, User

__all__ = [
    "NICKNAME_KEY_MAX",
    "ROOM_KEY_MAX",
    "ApiToken",
    "Attempt",
    "Board",
    "ClientKey",
    "Invitation",
    "Job",
    "LogHead",
    "LoggedEvent",
    "Membership",
    "Message",
    "Note",
    "Preference",
    "Reading",
    "Room",
    "ServerKey",
    "Session",
    "User",
]
