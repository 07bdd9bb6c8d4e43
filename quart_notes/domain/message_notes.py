"""Notes that are made of messages: the text as it was written, and a link back."""

from dataclasses import dataclass

from quart_notes.domain.access import Caller
from quart_notes.domain.message_queries import UNFINISHED
from quart_notes.domain.messages import Messages
from quart_notes.domain.notes import Notes
from quart_notes.domain.text.markdown import format_text
from quart_notes.errors import NotNowError
from quart_notes.live.writer import Committed
from quart_notes.schemas import DESCRIPTION_MAX, MessageNoteCreate, MessageOut, NoteCreate, NoteOut

CUT = "…"


@dataclass(frozen=True)
class MessageNotes:
    """Makes notes of messages."""

    _messages: Messages
    _notes: Notes

    async def add(self, caller: Caller, message_id: int, data: MessageNoteCreate, address: str) -> Committed[NoteOut]:
        """Add a message's text to a board as a note; AlreadyMade when its client key has done so before.

        address   of the application's pages, e.g. https://notes.example/front
        raises    NotFoundError for a message or a board that the caller does not see; NotNowError while it is written
        """
        message, _ = await self._messages.get(caller, message_id)
        if not message.content or (message.answer and message.answer.state in UNFINISHED):
            raise NotNowError("This answer is not written yet.")
        text = note_text(message, f"{address}/rooms/{message.room_id}/{message.id}")
        return await self._notes.add(caller, data.board_id, NoteCreate(description=text, client_key=data.client_key))


def note_text(message: MessageOut, address: str) -> str:
    """The text of a message as a note's description, with a link to the message at `address`."""
    link = f"[Message from {_speaker(message)}]({address})"
    space = DESCRIPTION_MAX - len(link) - len("\n\n")
    text = message.content if len(message.content) <= space else message.content[: space - len(CUT)] + CUT
    below = f"{text.rstrip()}\n\n{link}"
    tree = format_text(below).content
    # What is open at the end of the text, such as a block of code, would contain the link.
    return below if tree is None or tree[-1]["type"] == "p" else f"{link}\n\n{text.rstrip()}"


def _speaker(message: MessageOut) -> str:
    if message.answer:
        return "the assistant"
    name = message.author.nickname if message.author else message.guest or ""
    return name.replace("_", r"\_")
