"""The search in everything: which notes and messages it finds, in which order, in pages, and how it shows them."""

import asyncio
import json
from typing import Any

import pytest

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY, Caller
from quart_notes.errors import NotFoundError, ValidationFailedError
from quart_notes.models import Note
from quart_notes.schemas import (
    LabelCreate,
    MessageUpdate,
    NoteCreate,
    NoteHit,
    NoteUpdate,
    RoomMessageCreate,
    SearchOut,
    SearchQuery,
    UserCreate,
    UserOut,
)
from tests.support.api_fixtures import NUMBERS
from tests.support.import_jobs import ended_job, start_job

LOBBY = 1


async def search(core: Core, q: str, who: Caller = ANYBODY, **query: Any) -> SearchOut:
    """What a search finds."""
    return (await core.search.find(who, SearchQuery.model_validate({"q": q, **query})))[0]


def named(found: SearchOut) -> list[str]:
    """The hits by their title or text."""
    return [
        (hit.note.title or hit.note.description or "") if isinstance(hit, NoteHit) else hit.message.content
        for hit in found.hits
    ]


async def a_user(core: Core) -> UserOut:
    data = UserCreate(name="x", email="x@example.org", nickname=f"searcher{next(NUMBERS)}")
    return (await core.users.add(data)).result


async def note(core: Core, title: str | None, description: str | None = None, **fields: Any) -> int:
    data = NoteCreate(title=title, description=description, **fields)
    return (await core.notes.add(ANYBODY, 1, data)).result.id


async def say(core: Core, author: UserOut, content: str) -> int:
    data = RoomMessageCreate(author_id=author.id, content=content)
    return (await core.messages.post(ANYBODY, LOBBY, data)).result.message.id


async def test_notes_with_the_words_in_the_title_come_first_then_notes_and_messages_newest_first(core: Core):
    ada = await a_user(core)
    await note(core, "milk, the old title")
    await note(core, "first", "buy milk")
    await say(core, ada, "second: milk?")
    await note(core, "third", "and milk")
    await note(core, "bread")
    await note(core, "milk, the new title")
    await say(core, ada, "fourth: no milk")

    assert named(await search(core, "milk")) == [
        *("milk, the new title", "milk, the old title"),
        *("fourth: no milk", "third", "second: milk?", "first"),
    ]


async def test_all_words_must_occur_as_parts_of_words_without_case_and_accents(core: Core):
    ada = await a_user(core)
    await note(core, "Chloé", "STRASSE und Bäckerei")
    await say(core, ada, "CHLOE\u0301 war in der Straße")

    assert len((await search(core, "chloe strasse")).hits) == 2
    assert named(await search(core, "HLO BACK")) == ["Chloé"], "parts of words, one in the title and one in the text"
    assert named(await search(core, "bäckerei chloé")) == ["Chloé"]
    assert (await search(core, "chloe nowhere")).hits == []


async def test_characters_with_a_meaning_in_patterns_are_characters(core: Core):
    texts = ["100 % sure", "snake_case", "a\\b", "a*b", "it's", 'say "x"']
    for text in texts:
        await note(core, text)

    for text, word in zip(texts, ["%", "_", "\\", "*", "'", '"'], strict=True):
        assert named(await search(core, word)) == [text], word
    assert (await search(core, "s%e")).hits == []


async def test_the_first_line_of_a_text_is_no_title(core: Core):
    await note(core, None, "milk")
    await note(core, "tea", "bread")
    await note(core, "tea with milk")

    assert named(await search(core, "milk")) == ["tea with milk", "milk"]


async def test_deleted_notes_and_messages_are_not_found_archived_ones_are(core: Core):
    ada = await a_user(core)
    gone, shelved = await note(core, "gone milk"), await note(core, "shelved milk")
    message = await say(core, ada, "said milk")
    await core.notes.change(ANYBODY, 1, shelved, NoteUpdate(archived=True))
    assert named(await search(core, "milk")) == ["shelved milk", "gone milk", "said milk"]

    await core.notes.delete(ANYBODY, 1, gone)
    await core.messages.delete(ANYBODY, message, ada.id)
    assert named(await search(core, "milk")) == ["shelved milk"]

    await core.notes.restore(ANYBODY, 1, gone)
    await core.messages.restore(ANYBODY, message, ada.id)
    assert len((await search(core, "milk")).hits) == 3


async def test_a_changed_text_is_found_by_its_new_words_alone(core: Core):
    ada = await a_user(core)
    number, message = await note(core, "milk"), await say(core, ada, "milk")

    await core.notes.change(ANYBODY, 1, number, NoteUpdate(title="bread"))
    await core.messages.change(ANYBODY, message, MessageUpdate(author_id=ada.id, content="Brèad"))

    assert (await search(core, "milk")).hits == []
    assert named(await search(core, "bread")) == ["bread", "Brèad"]


async def test_conditions_narrow_a_search(core: Core):
    ada, ben = await a_user(core), await a_user(core)
    as_ada, as_ben = Caller(ada, trusted=True), Caller(ben, trusted=True)
    await core.board_labels.add(ANYBODY, 1, LabelCreate(name="Shop"))
    titles = ["open", "done", "pinned", "archived"]
    for title in titles:
        data = NoteCreate(title=f"{title} milk", pinned=title == "pinned", labels=["shop"] if title == "open" else [])
        added = (await core.notes.add(as_ada if title == "done" else as_ben, 1, data)).result
        change = {"done": {"done": True}, "archived": {"archived": True}}.get(title)
        if change:
            await core.notes.change(ANYBODY, 1, added.id, NoteUpdate.model_validate(change))
    await say(core, ada, "said milk")
    async with core.database.snapshot() as connection:
        pinned = await Note.get(title="pinned milk", using_db=connection)

    async def found(**query: Any) -> list[str]:
        return sorted(name.removesuffix(" milk") for name in named(await search(core, "milk", **query)))

    assert await found() == sorted([*titles, "said"])
    assert await found(**{"in": "notes"}) == sorted(titles)
    assert await found(**{"in": "messages"}) == ["said"]
    assert await found(**{"in": "messages,notes"}) == sorted([*titles, "said"])
    assert await found(**{"is": "open"}) == ["open", "pinned"]
    for state in ("done", "pinned", "archived"):
        assert await found(**{"is": state}) == [state]
    assert await found(label="SHOP") == ["open"]
    assert await found(label="nothing") == []
    assert await found(board=1) == sorted(titles), "messages are on no board"
    assert await found(by=ada.id) == ["done", "said"]
    assert await found(by=10**6) == []
    assert await found(before=pinned.created_at) == ["done", "open"]
    assert await found(after=pinned.created_at) == ["archived", "said"]
    assert await found(**{"is": "done", "in": "messages"}) == []


async def test_other_reads_do_not_wait_for_a_search(core: Core):
    number = await note(core, "milk")

    async with core.database.snapshot(slow=True), asyncio.timeout(30):
        assert (await core.notes.get(ANYBODY, 1, number))[0].title == "milk"


async def test_a_search_without_a_visible_word_is_refused(core: Core):
    for q in ("", " ", "\u00ad\u200b", "\u0301"):
        with pytest.raises(ValidationFailedError) as refused:
            await search(core, q)
        assert [error.field for error in refused.value.errors] == ["q"]


async def test_a_board_that_is_missing_is_not_found(core: Core):
    with pytest.raises(NotFoundError):
        await search(core, "milk", board=999)


async def test_imported_notes_count_as_added_when_they_were_imported(core: Core):
    ada = await a_user(core)
    await note(core, "a", "milk")
    await say(core, ada, "milk, before")
    entry = {"title": "b", "description": "milk", "created_at": "2001-01-01T00:00:00Z"}
    await core.import_runner.start()
    await ended_job(core, await start_job(core, json.dumps([entry]).encode()))
    await core.import_runner.stop()
    await say(core, ada, "milk, after")

    assert named(await search(core, "milk")) == ["milk, after", "b", "milk, before", "a"]
    assert named(await search(core, "milk", before="2002-01-01")) == ["b"]


# The snippet.


async def test_the_snippet_is_around_the_first_word_and_its_ranges_are_the_words(core: Core):
    far = "filler " * 100
    await note(core, "Shopping", f"{far}we need\nMilk and émilk\n{far}")
    (hit,) = (await search(core, "milk")).hits

    assert [hit.snippet[start:end] for start, end in hit.ranges] == ["Milk", "milk"]
    assert hit.snippet.startswith("…filler")
    assert hit.snippet.endswith("filler…")
    assert "need Milk and émilk filler" in hit.snippet
    assert len(hit.snippet) <= 170


async def test_the_snippet_of_words_in_the_title_alone_is_the_title(core: Core):
    await note(core, "Chloé’s list", "milk")
    (hit,) = (await search(core, "chloe")).hits

    assert (hit.snippet, hit.ranges) == ("Chloé’s list", [(0, 5)])


async def test_the_snippet_is_without_the_marks_of_markdown_where_it_can_be(core: Core):
    await note(
        core, "a", "# Head\n- [ ] **mi**lk\n- [x] bread\n\n| a | b |\n|---|---|\n| 1 | [tea](https://example.org) |"
    )
    ada = await a_user(core)
    await say(core, ada, "**Milk**, `now`")

    assert [hit.snippet for hit in (await search(core, "lk")).hits] == ["Milk, now", "Head milk bread a b 1 tea"]
    (of_mark,) = (await search(core, "example.org")).hits
    assert "[tea](https://example.org)" in of_mark.snippet, "the words are in the source alone"
