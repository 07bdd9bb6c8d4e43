"""All tables, a file a noun."""

from quart_notes.models.api_tokens import ApiToken
from quart_notes.models.boards import Board, Membership
from quart_notes.models.client_keys import ClientKey
from quart_notes.models.event_log import LoggedEvent, LogHead
from quart_notes.models.invitations import Invitation
from quart_notes.models.jobs import Job
from quart_notes.models.labels import Label, NoteLabel
from quart_notes.models.login_attempts import Attempt
from quart_notes.models.messages import Message, Reaction
from quart_notes.models.note_revisions import NoteRevision
from quart_notes.models.notes import Note
from quart_notes.models.notifications import Notification
from quart_notes.models.preferences import Preference
from quart_notes.models.read_markers import Reading
from quart_notes.models.rooms import ROOM_KEY_MAX, Room, RoomMembership
from quart_notes.models.search_blocks import SearchBlock, SearchHead
from quart_notes.models.server_key import ServerKey
from quart_notes.models.sessions import Session
from quart_notes.models.users import NICKNAME_KEY_MAX, User
