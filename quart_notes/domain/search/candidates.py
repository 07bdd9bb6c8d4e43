"""Finds the ids of notes and messages with all words of a search: newest first, in rows that the caller may see.

A scan over the texts, which stops at the last row that is wanted: words that are common are found at once, and one that
is nowhere takes one pass over everything. An index of the texts would make every new note dearer.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.schemas import SearchQuery, label_key
from quart_notes.storage.database import Transaction

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


@dataclass(frozen=True)
class Words:
    """The words of a search as patterns of LIKE, the longest first: it is the rarest."""

    patterns: Sequence[str]

    @classmethod
    def of(cls, words: Iterable[str]) -> "Words":
        """The patterns of folded words."""
        escaped = (word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in set(words))
        return cls([f"%{word}%" for word in sorted(escaped, key=lambda word: (-len(word), word))])


class _Values(list[Any]):
    """The values of a statement."""

    def place(self, value: Any) -> str:
        """The mark of a new value."""
        self.append(value)
        return f"?{len(self)}"

    def all_in(self, text: str, words: Words) -> str:
        """The condition that all words are in a text."""
        return " AND ".join(rf"{text} LIKE {self.place(pattern)} ESCAPE '\'" for pattern in words.patterns)


async def notes(
    connection: BaseDBAsyncClient,
    words: Words,
    boards: Collection[int],
    query: SearchQuery,
    *,
    below: int,
    most: int,
    in_title: bool | None = None,
) -> list[Candidate]:
    """Notes of these boards, `most` at most.

    below      only smaller ids
    in_title   whether all words must be in the title, or must not be; None: either
    """
    if not boards or most <= 0:
        return []
    values = _Values()
    find = cast(Transaction, connection).FIND
    title = f"substr(search_text, 1, {find}(search_text, {values.place(chr(10))}))"
    titled = f"({values.all_in(title, words)})"
    conditions = [f"id < {values.place(below)}", "deleted_at IS NULL"]
    if query.state:
        conditions.append(NOTE_STATES[query.state])
    conditions += [HAVING_LABEL.format(key=values.place(label_key(name))) for name in query.label]
    conditions += _common(values, query, "created_by", "created_at")
    if in_title is True:
        conditions.append(titled)
    else:
        conditions.append(values.all_in("search_text", words))
    if in_title is False:
        conditions.append(f"NOT {titled}")
    conditions.append(_of("board_id", boards))
    columns = f"id, COALESCE(imported_at, created_at) AS at, CASE WHEN {titled} THEN 1 ELSE 0 END AS in_title"
    return await _rows(connection, f"SELECT {columns} FROM note", conditions, values, most)  # noqa: S608 - our own


async def messages(
    connection: BaseDBAsyncClient, words: Words, rooms: Collection[int], query: SearchQuery, *, below: int, most: int
) -> list[Candidate]:
    """Messages in these rooms, `most` at most, with ids below `below`."""
    if not rooms or most <= 0:
        return []
    values = _Values()
    conditions = [f"id < {values.place(below)}", "deleted_at IS NULL"]
    conditions += _common(values, query, "author_id", "date")
    conditions += [values.all_in("search_text", words), _of("room_id", rooms)]
    return await _rows(connection, "SELECT id, date AS at, 0 AS in_title FROM message", conditions, values, most)


def _common(values: _Values, query: SearchQuery, author: str, time: str) -> list[str]:
    wanted = ((author, "=", query.by), (time, "<", query.before), (time, ">", query.after))
    return [f"{column} {operator} {values.place(value)}" for column, operator, value in wanted if value is not None]


def _of(column: str, ids: Collection[int]) -> str:
    """The condition that a row is of one of these. One alone is found by its index, in the order of the ids."""
    if len(ids) == 1:
        return f"{column} = {next(iter(ids))}"
    return AMONG.format(column=column, ids=", ".join(map(str, sorted(ids))))


async def _rows(
    connection: BaseDBAsyncClient, select: str, conditions: Sequence[str], values: _Values, most: int
) -> list[Candidate]:
    statement = f"{select} WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT {values.place(most)}"
    _, rows = await connection.execute_query(statement, list(values))
    return [Candidate(row["id"], row["at"], bool(row["in_title"])) for row in rows]
