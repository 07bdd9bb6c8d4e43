"""Reads what an answer may know: the room's last messages, and notes that all its readers may see."""

from collections.abc import Iterable, Sequence
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q

from quart_notes.domain.access import SHARED_BOARD, Caller, visible_boards
from quart_notes.domain.assistant.prompt import (
    BoardNotes,
    Context,
    NoteText,
    Utterance,
    is_about_notes,
    keywords,
    words_of,
)
from quart_notes.domain.rooms.rooms import room_of
from quart_notes.domain.users import by_id
from quart_notes.models import Board, Membership, Message, Note, RoomMembership, Session
from quart_notes.schemas import RoomOut
from quart_notes.storage.database import is_private

MAX_MESSAGES = 40  # messages of the room that are read
MAX_THREAD = 10  # messages that a question replies to, one after the other
MAX_BOARDS = 12  # boards of a user that are read
MAX_NOTES = 60  # notes of a board that are read
MAX_WORDS = 6  # words of a question that are searched for


async def collect(connection: BaseDBAsyncClient, answer: Message) -> Context | None:
    """What an answer may know; None when its question is deleted."""
    question = await Message.get_or_none(id=answer.question_id, deleted_at__isnull=True, using_db=connection)
    if question is None:
        return None
    room = await room_of(connection, answer.room_id)
    before = Message.filter(room_id=room.id, id__lte=question.id, deleted_at__isnull=True).using_db(connection)
    latest = (await before.order_by("-id").limit(MAX_MESSAGES))[::-1]
    thread = [*await _thread(connection, question), question]
    in_thread = {row.id for row in thread}
    # What the question replies to stands right before it, and is the last to be left out.
    rows = [row for row in [*(row for row in latest if row.id not in in_thread), *thread] if row.content]
    people = await by_id(connection, {row.author_id for row in rows})
    said = [Utterance(_speaker(row, people), row.content) for row in rows]
    boards = await _boards(connection, room, question.content)
    subject = await _subject(connection, room)
    return Context(room.kind == "private", said[-1].speaker or "", said, boards, subject)


async def _subject(connection: BaseDBAsyncClient, room: RoomOut) -> NoteText | None:
    """The note that a thread is about."""
    if room.note_id is None:
        return None
    note = await Note.get_or_none(id=room.note_id, deleted_at__isnull=True, using_db=connection)
    return None if note is None else NoteText(note.title, note.description, note.done)


async def _thread(connection: BaseDBAsyncClient, message: Message) -> list[Message]:
    """The messages that a message replies to, one after the other, the oldest first."""
    thread: list[Message] = []
    while message.reply_to_id is not None and len(thread) < MAX_THREAD:
        quoted = await Message.get_or_none(id=message.reply_to_id, deleted_at__isnull=True, using_db=connection)
        if quoted is None:
            break
        thread.append(message := quoted)
    return thread[::-1]


def _speaker(message: Message, people: dict[int, Any]) -> str | None:
    author = people.get(message.author_id or 0)
    return author.nickname if author else message.guest


async def _boards(connection: BaseDBAsyncClient, room: RoomOut, question: str) -> list[BoardNotes]:
    """Notes that the question may be about, of boards that all readers of the answer may see.

    In a private room these are its user's boards, the open one first; in a closed room, with accounts, those of all its
    members, in a thread those of all who see its note; in other rooms the shared board, unless a guest is there.
    """
    boards = await _visible(connection, room)
    words = sorted(keywords(question), key=len, reverse=True)[:MAX_WORDS]
    named = await _named(connection, [board.id for board in boards], words)
    if not (is_about_notes(question) or any(words_of(note.title or "") & set(words) for note in named)):
        return []
    return [await _notes(connection, board, named) for board in boards]


async def _visible(connection: BaseDBAsyncClient, room: RoomOut) -> list[Board]:
    if room.board_id is not None:
        return await _of_all_readers(connection, room.board_id)
    if room.closed and is_private(connection):
        members = RoomMembership.filter(room_id=room.id).using_db(connection)
        return await _of_all(connection, await members.values_list("user_id", flat=True))
    if room.kind != "private":
        shared = Board.filter(id=SHARED_BOARD)
        for user in room.people:  # of a direct conversation, where one may be a guest
            shared = shared.filter(visible_boards(Caller(user)))
        return list(await shared.using_db(connection))
    (user,) = room.people
    # As with sign-in, in open mode too: the room is theirs, so the boards are their own and the shared one.
    rows = await Board.filter(visible_boards(Caller(user))).using_db(connection).order_by("id")
    session = await Session.filter(user_id=user.id).using_db(connection).order_by("-seen_at").first()
    opened = session.board_id if session else None
    return sorted(rows, key=lambda board: (board.id != opened, board.kind != "personal"))[:MAX_BOARDS]


async def _of_all_readers(connection: BaseDBAsyncClient, board_id: int) -> list[Board]:
    """The boards that everybody may see who sees this one, which comes first."""
    if board_id == SHARED_BOARD or not is_private(connection):
        found = list(await Board.filter(id__in=[board_id, SHARED_BOARD], deleted_at__isnull=True).using_db(connection))
    else:
        members = Membership.filter(board_id=board_id).using_db(connection)
        found = await _of_all(connection, await members.values_list("user_id", flat=True))
    return sorted(found, key=lambda board: board.id != board_id)


async def _of_all(connection: BaseDBAsyncClient, ids: Sequence[Any]) -> list[Board]:
    """The boards that each of these users may see, the shared one first."""
    boards = Board.all()
    for user in (await by_id(connection, ids)).values():
        boards = boards.filter(visible_boards(Caller(user)))
    return list(await boards.using_db(connection).order_by("id").limit(MAX_BOARDS)) if ids else []


async def _named(connection: BaseDBAsyncClient, board_ids: Iterable[int], words: Sequence[str]) -> list[Note]:
    """Notes that contain words of the question, those with most of them first."""
    if not words:
        return []
    any_of_them = Q(*(Q(search_text__contains=word) for word in words), join_type="OR")
    found = Note.filter(any_of_them, board_id__in=list(board_ids), deleted_at__isnull=True).using_db(connection)
    rows = await found.order_by("-id").limit(MAX_NOTES)
    return sorted(rows, key=lambda note: -sum(word in note.search_text for word in words))


async def _notes(connection: BaseDBAsyncClient, board: Board, named: Sequence[Note]) -> BoardNotes:
    present = Note.filter(board_id=board.id, deleted_at__isnull=True, archived_at__isnull=True).using_db(connection)
    rows = {note.id: note for note in named if note.board_id == board.id}
    rows |= {note.id: note for note in await present.order_by("done", "-id").limit(MAX_NOTES) if note.id not in rows}
    notes = [NoteText(note.title, note.description, note.done) for note in rows.values()]
    return BoardNotes(board.name, notes, await present.count())
