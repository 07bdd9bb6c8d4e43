"""Finds the ids of notes and messages with all words of a search: newest first, in rows that the caller may see.

It looks through the texts and stops at the last row that is wanted, so common words are found at once. For others, and
for words in titles, the index (`blocks`) says where to look. An index that is made with each note would make new notes
dearer.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, cast

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.search.blocks import EVERYTHING, Kind, Range, ranges, titled_parts
from quart_notes.domain.search.words import Values, Words
from quart_notes.schemas import SearchQuery, label_key
from quart_notes.schemas.search import NEWEST
from quart_notes.storage.database import Transaction

NEAR = 4_096  # newest ids that are looked through before the index is asked
WIDENED = 2  # times as many ids are looked through next: PostgreSQL might not stop at the last row that is wanted
FIRST_IDS, MOST_IDS = 64, 1_024  # ids from the index of titles whose rows are read at once
FEW = 4  # rows found in these; with more, the words are in most of the blocks, and the index is of no use
CAME = {"note": "COALESCE(imported_at, created_at)", "message": "date"}  # when a row came to this server
NOTE_STATES = {
    "open": "done_at IS NULL AND archived_at IS NULL",
    "done": "done_at IS NOT NULL",
    "pinned": "pinned",
    "archived": "archived_at IS NOT NULL",
}
HAVING_LABEL = (
    "id IN (SELECT note_label.note_id FROM note_label JOIN label ON label.id = note_label.label_id"
    " WHERE label.name_key = {key})"
)
# A sum, which no index has: the scan follows the ids, and this condition is the last.
AMONG = "{column} + 0 IN ({ids})"


class Candidate(NamedTuple):
    """A row that was found.

    at         when it came to this server; comes out of the database as it is, and grows with the ids of a table
    in_title   whether all words are in the title
    """

    id: int
    at: Any
    in_title: bool


class Candidates:
    """Finds the rows of one table for one search.

    places   the ids of the boards or rooms
    """

    def __init__(
        self, connection: BaseDBAsyncClient, kind: Kind, places: Collection[int], words: Words, query: SearchQuery
    ) -> None:
        self._connection = connection
        self._kind = kind
        self._places = places
        self._words = words
        self._query = query

    async def find(self, below: int, most: int, after: Any = None) -> list[Candidate]:
        """The rows with the greatest ids, `most` at most; of notes only those without all words in the title.

        below   only smaller ids
        after   a time as in Candidate: rows that came then or earlier may be left out
        """
        if not self._places or most <= 0:
            return []
        top = await self._top() if below == NEWEST else below
        near = max(0, top - NEAR)
        found = await self._between((near, below), most)
        if near == 0 or len(found) == most or await self._is_past(near, after):
            return found
        rare = len(found) < FEW
        parts = await ranges(self._connection, self._kind, self._words) if rare else [EVERYTHING]
        for low, high in parts:
            step, top = NEAR, min(high, near)
            while low < top and len(found) < most:
                step *= WIDENED
                begin = max(low, top - step)
                found += await self._between((begin, top), most - len(found))
                top = begin
                if await self._is_past(top, after):
                    return found
        return found

    async def find_titled(self, below: int, most: int) -> list[Candidate]:
        """The notes with all words in their titles with the greatest ids, `most` at most.

        below   only smaller ids
        """
        found: list[Candidate] = []
        if not self._places or most <= 0:
            return found
        waiting: list[int] = []  # ids from the index, descending
        limit = FIRST_IDS
        async for part in titled_parts(self._connection, self._words.folded, below):
            if isinstance(part, list):
                waiting += part
                if len(waiting) < limit:
                    continue
                limit = MOST_IDS
            found += await self._titled(waiting, most - len(found))
            waiting = []
            if isinstance(part, tuple):
                found += await self._between(part, most - len(found), in_title=True)
            if len(found) == most:
                return found
        return found + await self._titled(waiting, most - len(found))

    async def _titled(self, ids: Sequence[int], most: int) -> list[Candidate]:
        """Those of some notes, descending, that have the words in their titles."""
        return await self._between((ids[-1], ids[0] + 1), most, in_title=True, among=ids) if ids else []

    async def _top(self) -> int:
        _, rows = await self._connection.execute_query(f"SELECT max(id) AS top FROM {self._kind}")  # noqa: S608
        return (rows[0]["top"] or 0) + 1

    async def _is_past(self, number: int, after: Any) -> bool:
        """Whether all rows below an id came at or before a time."""
        if after is None:
            return False
        time = CAME[self._kind]
        query = f"SELECT {time} AS at FROM {self._kind} WHERE id < ?1 ORDER BY id DESC LIMIT 1"  # noqa: S608
        _, rows = await self._connection.execute_query(query, [number])
        return not rows or rows[0]["at"] <= after

    async def _between(
        self, ids: Range, most: int, *, in_title: bool = False, among: Sequence[int] | None = None
    ) -> list[Candidate]:
        values = Values()
        conditions = [f"id >= {values.place(ids[0])}", f"id < {values.place(ids[1])}", "deleted_at IS NULL"]
        if among is not None:
            conditions.append(f"id IN ({', '.join(map(str, among))})")
        columns, own = self._of_notes(values, in_title) if self._kind == "note" else self._of_messages(values)
        statement = (
            f"SELECT id, {columns} FROM {self._kind} WHERE {' AND '.join(conditions + own)}"  # noqa: S608 - our own
            f" ORDER BY id DESC LIMIT {values.place(most)}"
        )
        _, rows = await self._connection.execute_query(statement, list(values))
        return [Candidate(row["id"], row["at"], bool(row["in_title"])) for row in rows]

    def _of_notes(self, values: Values, in_title: bool) -> tuple[str, list[str]]:
        query = self._query
        find = cast(Transaction, self._connection).FIND
        title = f"substr(search_text, 1, {find}(search_text, {values.place(chr(10))}))"
        titled = f"({values.all_in(title, self._words)})"
        conditions = [NOTE_STATES[query.state]] if query.state else []
        conditions += [HAVING_LABEL.format(key=values.place(label_key(name))) for name in query.label]
        conditions += self._common(values, "created_by", "created_at")
        conditions.append(values.all_in("search_text", self._words))
        # Last: cutting the title out takes longer than looking through the whole text.
        conditions += [titled if in_title else f"NOT {titled}", _of("board_id", self._places)]
        return f"{CAME['note']} AS at, {int(in_title)} AS in_title", conditions

    def _of_messages(self, values: Values) -> tuple[str, list[str]]:
        conditions = self._common(values, "author_id", "date")
        conditions += [values.all_in("search_text", self._words), _of("room_id", self._places)]
        return f"{CAME['message']} AS at, 0 AS in_title", conditions

    def _common(self, values: Values, author: str, time: str) -> list[str]:
        query = self._query
        wanted = ((author, "=", query.by), (time, "<", query.before), (time, ">", query.after))
        return [f"{column} {sign} {values.place(value)}" for column, sign, value in wanted if value is not None]


def _of(column: str, ids: Collection[int]) -> str:
    """The condition that a row is of one of these. One alone is found by its index, in the order of the ids."""
    if len(ids) == 1:
        return f"{column} = {next(iter(ids))}"
    return AMONG.format(column=column, ids=", ".join(map(str, sorted(ids))))
