"""The index of the search: with it, without it and while it is old, a search finds what a search in Python finds."""

import asyncio
import tempfile
import unicodedata
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.domain.search import blocks, candidates
from quart_notes.domain.search.words import Words
from quart_notes.schemas import MAX_ID, MessageUpdate, NoteHit, NoteUpdate, SearchQuery, UserOut
from tests.domain.search.test_search import LOBBY, a_user, named, note, say, search
from tests.support.servers.in_process import opened, rows

LETTERS = "abéÜ_%"
Step = tuple[str, str, str]  # what to do, with which title and text
texts = st.lists(st.text(LETTERS, min_size=1, max_size=3), max_size=4).map(" ".join)
steps = st.one_of(
    st.tuples(st.just("note"), texts, texts),
    st.tuples(st.just("say"), st.just(""), texts),
    st.tuples(st.just("change"), texts, texts),
    st.tuples(st.sampled_from(["delete", "restore", "index"]), st.just(""), st.just("")),
)


class Row(NamedTuple):
    """What was added."""

    is_note: bool
    title: str
    text: str


class Corpus:
    """What is in a database, and the same in Python: in the order of time, deleted rows beside."""

    def __init__(self, core: Core, author: UserOut) -> None:
        self.core = core
        self.author = author
        self.rows: dict[tuple[bool, int], Row] = {}  # by kind and id, the oldest first
        self.deleted: dict[tuple[bool, int], Row] = {}
        self.order: list[tuple[bool, int]] = []

    async def step(self, what: str, title: str, text: str) -> None:
        """Change something; nothing when that is not possible."""
        if what == "index":
            await self.core.search_blocks.update()
        elif what == "note" and (title or text):
            self._keep((True, await note(self.core, title or None, text or None)), Row(True, title, text))
        elif what == "say" and text:
            self._keep((False, await say(self.core, self.author, text)), Row(False, "", text))
        elif what == "change" and text and self.rows:
            await self._change(sorted(self.rows)[len(title) % len(self.rows)], title, text)
        elif what == "delete" and self.rows:
            key = sorted(self.rows)[len(self.order) % len(self.rows)]
            self.deleted[key] = self.rows.pop(key)
            await self._switch(key, delete=True)
        elif what == "restore" and self.deleted:
            key = min(self.deleted)
            self.rows[key] = self.deleted.pop(key)
            await self._switch(key, delete=False)

    def _keep(self, key: tuple[bool, int], row: Row) -> None:
        self.rows[key] = row
        self.order.append(key)

    async def _change(self, key: tuple[bool, int], title: str, text: str) -> None:
        is_note, number = key
        self.rows[key] = Row(is_note, title if is_note else "", text)
        if is_note:
            await self.core.notes.change(ANYBODY, 1, number, NoteUpdate(title=title or None, description=text))
        else:
            await self.core.messages.change(ANYBODY, number, MessageUpdate(author_id=self.author.id, content=text))

    async def _switch(self, key: tuple[bool, int], *, delete: bool) -> None:
        is_note, number = key
        if is_note:
            await (self.core.notes.delete if delete else self.core.notes.restore)(ANYBODY, 1, number)
        else:
            change = self.core.messages.delete if delete else self.core.messages.restore
            await change(ANYBODY, number, self.author.id)

    def expected(self, q: str) -> list[Row]:
        """The rows that a search finds, in order."""
        words = folded(q).split()
        there = [self.rows[key] for key in reversed(self.order) if key in self.rows]
        found = [row for row in there if all(word in f"{folded(row.title)}\n{folded(row.text)}" for word in words)]
        return sorted(found, key=lambda row: not (row.is_note and all(word in folded(row.title) for word in words)))


def folded(text: str) -> str:
    """Folded, as far as the texts here need it."""
    return "".join(one for one in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(one))


async def found_page_by_page(core: Core, q: str, limit: int) -> list[Row]:
    """All hits, a page at a time."""
    found: list[Row] = []
    cursor = None
    while True:
        page = await search(core, q, limit=limit, cursor=cursor)
        found += [_row(hit) for hit in page.hits]
        assert len(page.hits) == limit or page.next is None
        cursor = page.next
        if cursor is None:
            return found


def _row(hit: Any) -> Row:
    if isinstance(hit, NoteHit):
        return Row(True, hit.note.title or "", hit.note.description or "")
    return Row(False, "", hit.message.content)


@pytest.mark.parametrize("size", [1, 3, blocks.BLOCK_SIZE])
def test_any_search_finds_what_a_search_in_python_finds_page_by_page(size: int):
    @settings(max_examples=6)
    @given(
        st.lists(steps, max_size=20),
        st.lists(steps, max_size=20),
        st.lists(st.tuples(texts.filter(bool), st.integers(1, 7)), min_size=3, max_size=6),
    )
    def check(before: list[Step], after: list[Step], searches: list[tuple[str, int]]) -> None:
        async def run(folder: Path) -> None:
            async with opened(folder) as core:
                corpus = Corpus(core, await a_user(core))
                for step in [*before, ("index", "", ""), *after]:
                    await corpus.step(*step)
                for q, limit in searches:
                    assert await found_page_by_page(core, q, limit) == corpus.expected(q), (q, limit)

        near = size if size < blocks.BLOCK_SIZE else candidates.NEAR
        with (
            tempfile.TemporaryDirectory() as folder,
            patch.multiple(blocks, BLOCK_SIZE=size, YIELD_PAUSE=0),
            patch.multiple(candidates, NEAR=near, FIRST_IDS=size, MOST_IDS=2 * size),
            patch.object(blocks, "BLOCKS_AT_ONCE", size),
        ):
            asyncio.run(run(Path(folder)))

    check()


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of one row, which are asked at once."""
    monkeypatch.setattr(blocks, "BLOCK_SIZE", 1)
    monkeypatch.setattr(blocks, "YIELD_PAUSE", 0)
    monkeypatch.setattr(candidates, "NEAR", 1)


async def _looked_through(core: Core, word: str) -> list[blocks.Range]:
    async with core.database.snapshot() as connection:
        return await blocks.ranges(connection, "note", Words.of([word]))


@pytest.mark.usefixtures("small_blocks")
async def test_a_search_looks_where_the_index_has_the_words_and_where_it_is_old(core: Core):
    ids = [await note(core, title) for title in ("fig", "plum", "pear", "plum")]
    assert await _looked_through(core, "plum") == [blocks.EVERYTHING], "there is no index yet"

    await core.search_blocks.update()
    places = await _looked_through(core, "plum")
    assert [number for number in ids if any(low <= number < high for low, high in places)] == [ids[1], ids[3]]

    await core.notes.change(ANYBODY, 1, ids[0], NoteUpdate(title="plum too"))
    places = await _looked_through(core, "plum")
    assert [number for number in ids if any(low <= number < high for low, high in places)] == [ids[0], ids[1], ids[3]]
    assert named(await search(core, "plum")) == ["plum", "plum", "plum too"]


@pytest.mark.usefixtures("small_blocks")
async def test_titles_are_looked_up_in_the_index_where_it_is_not_old(core: Core):
    ids = [await note(core, *texts) for texts in (("fig jam",), ("plum", "fig jam"), ("jam, fig",), ("fig jam",))]
    await core.search_blocks.update()
    await core.notes.change(ANYBODY, 1, ids[1], NoteUpdate(done=True))

    async with core.database.snapshot() as connection:
        parts = [part async for part in blocks.titled_parts(connection, ["jam", "fig"], ids[3])]

    looked_up = [number for part in parts if isinstance(part, list) for number in part]
    looked_through = [part for part in parts if isinstance(part, tuple)]
    assert looked_up == [ids[2], ids[0]]
    assert [number for number in ids if any(low <= number < high for low, high in looked_through)] == [ids[1]]
    assert named(await search(core, "fig jam")) == ["fig jam", "jam, fig", "fig jam", "plum"]


async def test_a_filter_that_few_titles_pass_finds_them(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(candidates, "FIRST_IDS", 2)
    monkeypatch.setattr(candidates, "MOST_IDS", 3)
    ids = [await note(core, f"fig {number}") for number in range(12)]
    for number in (ids[0], ids[5]):
        await core.notes.change(ANYBODY, 1, number, NoteUpdate(pinned=True))
    await core.search_blocks.update()

    pinned: dict[str, Any] = {"is": "pinned"}
    assert named(await search(core, "fig", **pinned)) == ["fig 5", "fig 0"]
    assert named(await search(core, "fig", limit=1, **pinned)) == ["fig 5"]


@pytest.mark.usefixtures("small_blocks")
async def test_rows_before_a_time_are_not_looked_for(core: Core):
    ada = await a_user(core)
    ids = [await say(core, ada, f"milk {number}") for number in range(12)]
    async with core.database.snapshot() as connection:
        query = SearchQuery(q="milk")
        messages = candidates.Candidates(connection, "message", [LOBBY], Words.of(["milk"]), query)
        every = await messages.find(MAX_ID, 100)
        late = await messages.find(MAX_ID, 100, after=every[3].at)

    assert [one.id for one in every] == ids[::-1]
    assert late[:3] == every[:3]
    assert len(late) < len(every)


@pytest.mark.usefixtures("small_blocks")
async def test_an_index_that_is_older_than_the_log_is_not_used_and_is_made_again(core: Core):
    await note(core, "fig")
    await core.search_blocks.update()
    await note(core, "plum")
    async with core.database.transaction() as connection:
        await connection.execute_query("UPDATE log_head SET pruned = newest")

    assert await _looked_through(core, "fig") == [blocks.EVERYTHING]
    await core.search_blocks.update()
    assert await _looked_through(core, "fig") != [blocks.EVERYTHING]


@pytest.mark.usefixtures("small_blocks")
async def test_a_block_with_too_many_words_is_looked_through(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(blocks, "WORDS_MAX", 10)
    many, few = [await note(core, title) for title in ("apple banana cherry", "fig")]
    await core.search_blocks.update()

    assert rows(core, "SELECT first_id FROM search_block WHERE words IS NULL") == [(many,)]
    for word, expected in (("plum", {many}), ("fig", {many, few})):
        places = await _looked_through(core, word)
        assert {number for number in (many, few) if any(low <= number < high for low, high in places)} == expected
    assert named(await search(core, "banana")) == ["apple banana cherry"]


@pytest.mark.usefixtures("small_blocks")
async def test_words_of_deleted_notes_leave_the_index(core: Core):
    number = await note(core, "secret")
    await core.search_blocks.update()
    words = "SELECT count(*) FROM search_block WHERE words LIKE '%secret%'"
    assert rows(core, words) == [(2,)], "of words and of titles"

    await core.notes.delete(ANYBODY, 1, number)
    await core.trash.delete(ANYBODY, 1, number)
    assert rows(core, words) == [(0,)], "deleted for good, at once"

    number = await note(core, "secret")
    await core.search_blocks.update()
    await core.notes.delete(ANYBODY, 1, number)
    await core.search_blocks.update()
    assert rows(core, words) == [(0,)], "in the bin, with the next update"


async def test_the_chores_of_a_server_make_the_index(core: Core):
    await note(core, "fig", "fig tree")
    await core.run_chores()

    ((words,),) = rows(core, "SELECT words FROM search_block WHERE kind = 'note'")
    assert sorted(words.split()) == ["fig", "tree"]
