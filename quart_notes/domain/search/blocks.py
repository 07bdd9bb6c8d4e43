"""An index of the words in blocks of notes and of messages, which is made beside requests.

A search for a rare word looks through the words of the blocks, a tenth of the texts, and then through the few blocks
that have it. Notes with the words in their titles come first, and are found in blocks of titles. What was changed since
the index was made is known from the log.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Literal

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.search.titles import matching, packed, title_in
from quart_notes.domain.search.words import Values, Words
from quart_notes.domain.service import Service
from quart_notes.domain.text.normalization import BLANKS
from quart_notes.live.writer import Change
from quart_notes.models import LogHead, Message, Note, SearchBlock, SearchHead
from quart_notes.schemas import MAX_ID

BLOCK_SIZE = 512  # ids in a block
Kind = Literal["note", "message"]
Range = tuple[int, int]  # ids from the first on, below the second
EVERYTHING: Range = (0, MAX_ID)
TABLES: Mapping[Kind, type[Note] | type[Message]] = {"note": Note, "message": Message}
CHANGED_MAX = 5_000  # changed rows; more of them are searched as a whole
RANGES_MAX = 100  # parts of a table; more of them are searched as a whole
CHANGED = "SELECT DISTINCT subject FROM event_log WHERE number > ?1 LIMIT ?2"
READ_AT_ONCE = 16  # rows: a text may have 20,000 characters
WORDS_MAX = 500_000  # characters of the words of a block
YIELD_PAUSE = 0.05  # seconds between blocks, for requests
BLOCKS_AT_ONCE = 16  # blocks of titles that are read and searched at once
TITLES = (
    "SELECT first_id, words FROM search_block WHERE kind = 'title' AND first_id < ?1 ORDER BY first_id DESC LIMIT ?2"
)


class SearchBlocks(Service):
    """Makes the index.

    1. Without it, and while it is old, a search finds the same: it then looks through more.
    2. A block has at least the words of all rows that exist, as of the event in SearchHead. One with too many words
       is not made: a search looks through its rows.
    3. Words of deleted rows leave it: at the next update, and at once when a note is deleted for good.
    4. A change of `search_text` has an event. A migration that folds texts again has none, and deletes all blocks.
    """

    async def update(self) -> None:
        """Make the blocks that are missing or have changed, each in a change of its own."""
        async with self._snapshot() as (connection, position):
            head = await SearchHead.get_or_none(id=1, using_db=connection)
            if head is not None and head.number == position.number:
                return
            changed = await _changed(connection)
            wanted = {kind: await self._outdated(connection, kind, changed) for kind in TABLES}
        for kind, firsts in wanted.items():
            for first in firsts:
                await self._make(kind, first)
                await asyncio.sleep(YIELD_PAUSE)

        async def work(change: Change) -> None:
            await SearchHead.update_or_create({"number": position.number}, id=1, using_db=change.connection)

        await self._write(work)

    async def _outdated(
        self, connection: BaseDBAsyncClient, kind: Kind, changed: Mapping[Kind, set[int]] | None
    ) -> list[int]:
        newest = await TABLES[kind].all().using_db(connection).order_by("-id").first()
        existing = set(range(0, newest.id + 1, BLOCK_SIZE)) if newest else set()
        made = await _made(connection, kind)
        if kind == "note":
            made &= await _made(connection, "title")
        return sorted(existing | made if changed is None else (existing - made) | changed[kind])

    async def _make(self, kind: Kind, first: int) -> None:
        words, titles = await self._contents(kind, first)
        contents = {kind: words, "title": titles} if kind == "note" else {kind: words}

        async def work(change: Change) -> None:
            for name, text in contents.items():
                key = {"kind": name, "first_id": first}
                await SearchBlock.update_or_create({"words": text}, using_db=change.connection, **key)

        await self._write(work)

    async def _contents(self, kind: Kind, first: int) -> tuple[str | None, str]:
        """The words of a block, None when there are so many that to look through them helps nobody; and the titles."""
        words: set[str] = set()
        titles: list[tuple[int, str]] = []
        size, begin, end = 0, first, first + BLOCK_SIZE
        async with self._database.snapshot(slow=True) as connection:
            while True:
                some = TABLES[kind].filter(id__gte=begin, id__lt=end, deleted_at__isnull=True).using_db(connection)
                rows = await some.order_by("id").limit(READ_AT_ONCE).values("id", "search_text")
                for row in rows:
                    if kind == "note":
                        titles.append((row["id"], title_in(row["search_text"])))
                    new = {*BLANKS.split(row["search_text"])} - words if size <= WORDS_MAX else set()
                    words |= new
                    size += sum(map(len, new))
                if len(rows) < READ_AT_ONCE:
                    return "\n".join(words) if size <= WORDS_MAX else None, packed(titles)
                begin = rows[-1]["id"] + 1


async def _made(connection: BaseDBAsyncClient, kind: str) -> set[int]:
    return {row["first_id"] for row in await SearchBlock.filter(kind=kind).using_db(connection).values("first_id")}


async def _changed(connection: BaseDBAsyncClient) -> dict[Kind, set[int]] | None:
    """The blocks whose rows were changed since the index was made; None: it is too old to know."""
    head = await SearchHead.get_or_none(id=1, using_db=connection)
    log = await LogHead.get(id=1, using_db=connection)
    if head is None or not log.pruned <= head.number <= log.newest:
        return None
    _, rows = await connection.execute_query(CHANGED, [head.number, CHANGED_MAX + 1])
    if len(rows) > CHANGED_MAX:
        return None
    changed: dict[Kind, set[int]] = {"note": set(), "message": set()}
    for row in rows:
        kind, _, number = (row["subject"] or "").partition(":")
        if kind in changed:
            changed[kind].add(int(number) - int(number) % BLOCK_SIZE)
    return changed


async def ranges(connection: BaseDBAsyncClient, kind: Kind, words: Words) -> list[Range]:
    """The parts of a table that may have rows with all words, the greatest ids first."""
    changed = await _changed(connection)
    if changed is None:
        return [EVERYTHING]
    values = Values()
    query = (
        f"SELECT first_id FROM search_block WHERE kind = {values.place(kind)}"  # noqa: S608 - our own
        f" AND NOT ({values.all_in('words', words)})"
    )
    _, rows = await connection.execute_query(query, list(values))
    return _without({row["first_id"] for row in rows} - changed[kind])


def _without(blocks: Collection[int]) -> list[Range]:
    """All ids but those of some blocks."""
    found: list[Range] = []
    above = MAX_ID
    for first in sorted(blocks, reverse=True):
        if first + BLOCK_SIZE < above:
            found.append((first + BLOCK_SIZE, above))
        above = first
    if above > 0:
        found.append((0, above))
    return found if len(found) <= RANGES_MAX else [EVERYTHING]


async def titled_parts(
    connection: BaseDBAsyncClient, words: Sequence[str], below: int
) -> AsyncIterator[Range | list[int]]:
    """Where notes with all words in their titles may be, the greatest ids first: ranges of ids, or lists of them."""
    changed = await _changed(connection)
    above = last = below
    while changed is not None:
        _, blocks = await connection.execute_query(TITLES, [last, BLOCKS_AT_ONCE])
        for block in blocks:
            last = block["first_id"]
            if last in changed["note"]:
                continue
            if last + BLOCK_SIZE < above:
                yield last + BLOCK_SIZE, above
            yield [number for number in reversed(matching(block["words"], words)) if number < above]
            above = last
        if len(blocks) < BLOCKS_AT_ONCE:
            break
    if above > 0:
        yield 0, above


async def forget_blocks(change: Change, kind: Kind, ids: Collection[int]) -> None:
    """Delete the blocks of rows that are deleted for good, with their words."""
    firsts = {number - number % BLOCK_SIZE for number in ids}
    kinds = ("note", "title") if kind == "note" else (kind,)
    await SearchBlock.filter(kind__in=kinds, first_id__in=sorted(firsts)).using_db(change.connection).delete()
