"""The search in all that a user sees: notes with the words in their titles, then other notes and messages by time."""

from collections.abc import Sequence
from heapq import merge
from typing import NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import Caller, require_role, visible_boards
from quart_notes.domain.message_queries import message_outs
from quart_notes.domain.order.note_rows import COLUMNS, notes_out
from quart_notes.domain.rooms.access import visible_rooms
from quart_notes.domain.search.candidates import Candidate, Candidates
from quart_notes.domain.search.words import Words
from quart_notes.domain.service import Service
from quart_notes.domain.text.normalization import searched_words
from quart_notes.domain.text.occurrences import occurrences
from quart_notes.domain.text.snippets import Snippet, formatted_snippet
from quart_notes.errors import ValidationFailedError
from quart_notes.models import Board, Message, Note, Room
from quart_notes.schemas import Cursor, MessageHit, MessageOut, NoteHit, NoteOut, NoteQuery, SearchOut, SearchQuery
from quart_notes.schemas.event_ids import EventId


class Scope(NamedTuple):
    """The ids of the boards and rooms that are searched."""

    boards: Sequence[int]
    rooms: Sequence[int]


class _Found(NamedTuple):
    """A hit before its row is read."""

    candidate: Candidate
    is_note: bool


class Search(Service):
    """The search in all boards, rooms and conversations."""

    async def find(self, caller: Caller, query: SearchQuery) -> tuple[SearchOut, EventId]:
        """A page of hits, and the newest event that it includes.

        raises   ValidationFailedError for a search without a word; NotFoundError for a board that the caller sees not
        """
        words = searched_words(query.q, NoteQuery.MAX_WORDS)
        if not words:
            raise ValidationFailedError.of_field("q", "This needs a word to search for.")
        async with self._database.snapshot(slow=True) as connection:
            position = await self._log.newest(connection)
            scope = await _scope(connection, caller, query)
            page, following = await _Pages(connection, Words.of(words), scope, query).read()
            hits = await _hits(connection, page, words)
        return SearchOut(hits=hits, next=None if following is None else str(following)), position


async def _scope(connection: BaseDBAsyncClient, caller: Caller, query: SearchQuery) -> Scope:
    boards: Sequence[int] = []
    rooms: Sequence[int] = []
    if query.board is not None:
        await require_role(connection, caller, query.board, "viewer")
    if query.includes("notes"):
        seen = Board.filter(visible_boards(caller)).using_db(connection)
        boards = [query.board] if query.board is not None else [row["id"] for row in await seen.values("id")]
    if query.includes("messages") and not query.about_notes:
        seen_rooms = Room.filter(visible_rooms(caller, caller.id)).using_db(connection)
        rooms = [row["id"] for row in await seen_rooms.values("id")]
    return Scope(boards, rooms)


class _Pages:
    """Reads the pages of one search.

    1. First all notes with the words in their titles, by id descending; then the other notes and the messages, each by
       id descending, and both together by time.
    2. A cursor says where each of these goes on. A row that is added later has a greater id, and moves nothing.
    """

    def __init__(self, connection: BaseDBAsyncClient, words: Words, scope: Scope, query: SearchQuery) -> None:
        self._notes = Candidates(connection, "note", scope.boards, words, query)
        self._messages = Candidates(connection, "message", scope.rooms, words, query)
        self._query = query

    async def read(self) -> tuple[list[_Found], Cursor | None]:
        """The hits of the page, and the cursor of the next one; None when there is none."""
        begin: Cursor = self._query.cursor or Cursor()
        wanted = self._query.limit + 1
        titled = await self._notes.find_titled(begin.note, wanted) if begin.in_titles else []
        found = [_Found(one, is_note=True) for one in titled]
        rest = Cursor(in_titles=False) if begin.in_titles else begin
        if len(found) < wanted:
            found += await self._by_time(rest, wanted - len(found))
        page = found[: self._query.limit]
        return page, _following(page, rest) if len(found) > len(page) else None

    async def _by_time(self, begin: Cursor, wanted: int) -> list[_Found]:
        """Notes without the words in the title, and messages."""
        others = await self._notes.find(begin.note, wanted)
        oldest = others[-1].at if len(others) == wanted else None  # no earlier message gets on the page
        said = await self._messages.find(begin.message, wanted, after=oldest)
        streams = ([_Found(one, is_note=True) for one in others], [_Found(one, is_note=False) for one in said])
        return list(merge(*streams, key=lambda found: found.candidate.at, reverse=True))[:wanted]


def _following(page: Sequence[_Found], rest: Cursor) -> Cursor:
    """The cursor behind a page.

    rest   where its hits by time began
    """
    last = page[-1]
    if last.candidate.in_title:
        return Cursor(in_titles=True, note=last.candidate.id)
    by_time = [one for one in page if not one.candidate.in_title]
    note = min((one.candidate.id for one in by_time if one.is_note), default=rest.note)
    message = min((one.candidate.id for one in by_time if not one.is_note), default=rest.message)
    return Cursor(in_titles=False, note=note, message=message)


async def _hits(
    connection: BaseDBAsyncClient, page: Sequence[_Found], words: Sequence[str]
) -> list[NoteHit | MessageHit]:
    note_ids = [found.candidate.id for found in page if found.is_note]
    rows = await Note.filter(id__in=note_ids).using_db(connection).values(*COLUMNS)
    notes = {note.id: note for note in notes_out(rows)}
    message_ids = [found.candidate.id for found in page if not found.is_note]
    said = await Message.filter(id__in=message_ids).using_db(connection)
    messages = {message.id: message for message in await message_outs(connection, said)}
    return [
        _note_hit(notes[found.candidate.id], words)
        if found.is_note
        else _message_hit(messages[found.candidate.id], words)
        for found in page
    ]


def _note_hit(note: NoteOut, words: Sequence[str]) -> NoteHit:
    shown = formatted_snippet(note.description or "", note.content, words)
    if not shown.ranges:
        shown = Snippet(note.title or "", occurrences(note.title or "", words))
    return NoteHit.model_construct(kind="note", note=note, snippet=shown.text, ranges=shown.ranges)


def _message_hit(message: MessageOut, words: Sequence[str]) -> MessageHit:
    shown = formatted_snippet(message.content, message.formatted, words)
    return MessageHit.model_construct(kind="message", message=message, snippet=shown.text, ranges=shown.ranges)
