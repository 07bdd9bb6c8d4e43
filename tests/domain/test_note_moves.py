"""Moves of notes on their board: the order that they make, their events, and what is refused."""

import random
from operator import itemgetter

import httpx
import pytest

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.models import Note
from quart_notes.schemas import NoteCreate, NoteMove, NoteOut, NoteUpdate
from quart_notes.schemas.ranks import RANK_MAX, initial_rank
from tests.support.accounts_app import House
from tests.support.api_fixtures import add_note, fields_of, newest_number, refused
from tests.support.servers.in_process import Json, update_rows


async def _notes(core: Core, count: int, **fields: object) -> list[NoteOut]:
    """New notes of the shared board, the newest first."""
    data = [NoteCreate.model_validate({"title": f"note {number}", **fields}) for number in range(count)]
    return [(await core.notes.add(ANYBODY, 1, one)).result for one in data][::-1]


async def _order(core: Core) -> list[int]:
    """The ids of the board's page, which agrees with the ranks in the notes."""
    page = await core.board_pages.read(ANYBODY, 1, None, 1, 1000)
    open_ = [note for note in page.notes if not note.done]
    assert open_ == sorted(open_, key=lambda note: (not note.pinned, note.rank.encode()))
    return [note.id for note in page.notes]


async def _move(core: Core, note: NoteOut, **to: int) -> NoteOut:
    return (await core.note_moves.move(ANYBODY, 1, note.id, NoteMove.model_validate(to))).result


async def test_new_notes_come_first_also_before_moved_ones(core: Core):
    first, second, third = await _notes(core, 3)
    await _move(core, third, before_id=first.id)
    (newest,) = await _notes(core, 1)

    assert await _order(core) == [newest.id, third.id, first.id, second.id]
    assert newest.rank == initial_rank(newest.id)


async def test_a_note_is_moved_beside_a_neighbour(core: Core):
    one, two, three, four = await _notes(core, 4)

    await _move(core, four, after_id=one.id)
    assert await _order(core) == [one.id, four.id, two.id, three.id]
    await _move(core, one, before_id=three.id)
    assert await _order(core) == [four.id, two.id, one.id, three.id]
    await _move(core, two, after_id=three.id, before_id=four.id)
    assert await _order(core) == [four.id, one.id, three.id, two.id], "the one before counts more"
    await _move(core, two, board_id=1)
    assert await _order(core) == [two.id, four.id, one.id, three.id]


async def test_without_its_neighbours_a_note_stands_beside_the_other_one_else_last(core: Core):
    one, gone, three, four = await _notes(core, 4)
    await core.notes.delete(ANYBODY, 1, gone.id)

    await _move(core, four, after_id=gone.id, before_id=three.id)
    assert await _order(core) == [one.id, four.id, three.id]
    await _move(core, one, after_id=gone.id, before_id=10_000)
    assert await _order(core) == [four.id, three.id, one.id]


async def test_a_move_changes_the_version_and_sends_one_event(own: httpx.AsyncClient):
    low, high = await add_note(own, title="low"), await add_note(own, title="high")
    before = await newest_number(own)
    path = f"/api/notes/{low['id']}/move"

    answer = await own.post(path, json={"before_id": high["id"]})
    moved: Json = answer.json()

    assert moved == {**low, "version": 2, "rank": moved["rank"]}
    assert moved["rank"] < high["rank"]
    assert answer.headers["etag"] == '"2"'
    assert await newest_number(own) == before + 1
    for body in ({"before_id": high["id"]}, {"board_id": 1}):
        assert (await own.post(path, json=body)).json() == moved
    assert await newest_number(own) == before + 1, "it stands there already"
    assert (await own.get(f"/api/notes/{low['id']}")).json() == moved
    assert moved in (await own.get("/api/notes")).json()


async def test_pinned_notes_come_first_and_done_ones_last_by_their_time(core: Core):
    one, two, three, four = await _notes(core, 4)
    for note, change in [
        (four, {"pinned": True}),
        (three, {"pinned": True}),
        (one, {"done": True}),
        (two, {"done": True}),
    ]:
        await core.notes.change(ANYBODY, 1, note.id, NoteUpdate.model_validate(change))
    await _move(core, four, before_id=three.id)
    assert await _order(core) == [four.id, three.id, two.id, one.id]

    await core.notes.change(ANYBODY, 1, four.id, NoteUpdate(done=True))
    assert await _order(core) == [three.id, four.id, two.id, one.id], "done ones are not told apart by their pins"
    for note in (four, one):
        await core.notes.change(ANYBODY, 1, note.id, NoteUpdate(done=False))
    assert await _order(core) == [four.id, three.id, one.id, two.id]


async def test_pages_of_a_board_are_cut_across_its_parts(core: Core):
    notes = await _notes(core, 5)
    await core.notes.change(ANYBODY, 1, notes[0].id, NoteUpdate(done=True))
    await core.notes.change(ANYBODY, 1, notes[4].id, NoteUpdate(pinned=True))
    whole = await _order(core)

    pages = [
        await core.board_pages.read(ANYBODY, 1, query, page, 2) for query in (None, "note") for page in (1, 2, 3, 4)
    ]

    assert [note.id for page in pages for note in page.notes] == whole * 2
    assert {(page.total, page.open_count, page.done_count) for page in pages} == {(5, 4, 1)}


async def test_a_board_is_sorted_as_its_viewer_asks(core: Core):
    for title in ("Éclair", "apple", "Zebra"):
        await core.notes.add(ANYBODY, 1, NoteCreate(title=title))
    await core.notes.change(ANYBODY, 1, 1, NoteUpdate(description="changed"))
    await core.notes.change(ANYBODY, 1, 2, NoteUpdate(done=True))
    await core.notes.add(ANYBODY, 1, NoteCreate(title="mine", pinned=True))

    async def titles(sort: str) -> list[str | None]:
        page = await core.board_pages.read(ANYBODY, 1, None, 1, 10, sort=sort)  # type: ignore[arg-type]
        return [note.title for note in page.notes]

    assert await titles("board") == ["mine", "Zebra", "Éclair", "apple"]
    assert await titles("changed") == ["mine", "Éclair", "Zebra", "apple"]
    assert await titles("created") == ["mine", "Zebra", "Éclair", "apple"]
    assert await titles("title") == ["mine", "Éclair", "Zebra", "apple"]


async def test_a_rank_is_given_once_also_beside_notes_that_come_back(core: Core):
    one, two, three, four, five = await _notes(core, 5)
    await _move(core, five, after_id=one.id)
    await core.notes.delete(ANYBODY, 1, five.id)
    await _move(core, four, after_id=one.id)
    await core.notes.change(ANYBODY, 1, four.id, NoteUpdate(done=True))
    await _move(core, three, after_id=one.id)

    await core.notes.restore(ANYBODY, 1, five.id)
    await core.notes.change(ANYBODY, 1, four.id, NoteUpdate(done=False))

    order = await _order(core)
    assert (order[0], order[-1], set(order[1:4])) == (one.id, two.id, {three.id, four.id, five.id})
    notes = (await core.board_pages.read(ANYBODY, 1, None, 1, 10)).notes
    assert len({note.rank for note in notes}) == len(notes)


@pytest.mark.parametrize("toward", ["first", "last", "between"])
async def test_long_ranks_are_rebalanced_in_the_change_that_needs_it(core: Core, toward: str):
    notes = await _notes(core, 6)
    deleted = notes.pop(3)
    await _move(core, deleted, after_id=notes[0].id)
    await core.notes.delete(ANYBODY, 1, deleted.id)
    order = [note.id for note in notes]
    rebalanced = 0
    source, place = {"first": (-1, 0), "last": (0, len(order) - 1), "between": (2, 1)}[toward]
    for _ in range(330):
        note = next(note for note in notes if note.id == order[source])
        order.remove(note.id)
        to = {"after_id": order[place - 1]} if place else {"before_id": order[0]}
        before = core.broadcaster.newest
        order.insert(place, note.id)
        moved = await _move(core, note, **to)
        assert len(moved.rank) <= RANK_MAX
        rebalanced += core.broadcaster.newest - before > 1

    assert await _order(core) == order
    assert rebalanced, "it was needed"
    longest = max([note.rank for note in (await core.board_pages.read(ANYBODY, 1, None, 1, 10)).notes], key=len)
    assert len(longest) <= RANK_MAX
    await core.notes.restore(ANYBODY, 1, deleted.id)
    assert len(set(await _order(core))) == 6


async def test_a_rebalance_changes_few_notes(core: Core):
    notes = await _notes(core, 60)
    for note in notes[1:]:  # each comes to stand after the first, before the one that came before it
        await _move(core, note, after_id=notes[0].id)
    order = await _order(core)
    crowded = (await core.notes.get(ANYBODY, 1, order[30]))[0]
    await update_rows(
        core, Note, {"id": crowded.id}, moved_rank=crowded.rank + "0" * (RANK_MAX - len(crowded.rank) - 1) + "1"
    )
    before = core.broadcaster.newest

    await _move(core, notes[0], after_id=order[29], before_id=order[30])
    await _move(core, notes[0], before_id=order[31])
    await _move(core, next(note for note in notes if note.id == order[59]), after_id=order[29])

    order = [*order[1:30], order[59], order[30], order[0], *order[31:59]]
    assert await _order(core) == order
    assert core.broadcaster.newest - before < 40


async def test_a_step_stays_in_its_part_of_the_page(core: Core):
    one, two, three, pinned, done = await _notes(core, 5)
    await core.notes.change(ANYBODY, 1, pinned.id, NoteUpdate(pinned=True))
    await core.notes.change(ANYBODY, 1, done.id, NoteUpdate(done=True))

    async def step(note: NoteOut, direction: str) -> list[int]:
        await core.note_moves.step(ANYBODY, 1, note.id, direction)  # type: ignore[arg-type]
        return [note_id for note_id in await _order(core) if note_id not in {pinned.id, done.id}]

    assert await step(one, "down") == [two.id, one.id, three.id]
    assert await step(three, "up") == [two.id, three.id, one.id]
    assert await step(two, "last") == [three.id, one.id, two.id]
    assert await step(two, "first") == [two.id, three.id, one.id]
    before = core.broadcaster.newest
    for note, direction in [(two, "up"), (two, "first"), (one, "down"), (pinned, "up"), (pinned, "last"), (done, "up")]:
        await step(note, direction)
    assert core.broadcaster.newest == before
    assert await core.note_moves.place(ANYBODY, 1, three.id) == (two.id, one.id, 2, 3)
    assert await core.note_moves.place(ANYBODY, 1, pinned.id) == (None, None, 1, 1)
    assert await core.note_moves.place(ANYBODY, 1, done.id) is None


async def test_only_an_editor_moves(house: House):
    board = await house.board(ada="owner", bob="ticker", eve="viewer")
    low, high = [await house.note("ada", board) for _ in range(2)]
    path = f"/api/boards/{board}/notes/{low.id}/move"
    for nickname in ("bob", "eve"):
        async with await house.browser(nickname) as reader:
            refused(await reader.post(path, json={"before_id": high.id}), 403, "forbidden")
    async with await house.browser("ada") as owner:
        assert (await owner.post(path, json={"before_id": high.id})).json()["version"] == 2


async def test_a_place_that_cannot_be_is_refused_by_the_field(own: httpx.AsyncClient):
    note = await add_note(own, title="a note")
    board = (await own.post("/api/boards", json={"name": "Allotment"})).json()["id"]
    elsewhere = (await own.post(f"/api/boards/{board}/notes", json={"title": "there"})).json()
    cases = [
        ({}, "after_id"),
        ({"after_id": None, "before_id": None, "board_id": None}, "after_id"),
        ({"after_id": note["id"]}, "after_id"),
        ({"before_id": note["id"]}, "before_id"),
        ({"after_id": elsewhere["id"]}, "after_id"),
        ({"before_id": elsewhere["id"]}, "before_id"),
        ({"board_id": board, "before_id": note["id"] + 0}, "before_id"),
        ({"after_id": "1"}, "after_id"),
        ({"before_id": 0}, "before_id"),
        ({"after_id": 2**63}, "after_id"),
        ({"board_id": 1.5}, "board_id"),
        ({"rank": "5"}, "rank"),
    ]
    before = await newest_number(own)
    for body, field in cases:
        problem = refused(await own.post(f"/api/notes/{note['id']}/move", json=body), 422, "validation_failed")
        assert field in fields_of(problem), (body, problem)
    refused(await own.post("/api/notes/99999/move", json={"board_id": 1}), 404, "not_found")
    assert await newest_number(own) == before


async def test_any_moves_give_the_order_that_they_ask_for(core: Core):
    chance = random.Random(7)
    notes = await _notes(core, 12)
    expected = [note.id for note in notes]
    for _ in range(150):
        note = chance.choice(notes)
        expected.remove(note.id)
        place = chance.randint(0, len(expected))
        neighbours = {"after_id": expected[place - 1]} if place and chance.random() < 0.5 else {}
        if not neighbours:
            neighbours = {"before_id": expected[place]} if place < len(expected) else {"after_id": expected[-1]}
        expected.insert(place, note.id)
        await _move(core, note, **neighbours)

    assert await _order(core) == expected


async def test_the_list_of_the_api_stays_by_id(own: httpx.AsyncClient):
    notes = [await add_note(own, title="a note") for _ in range(3)]
    await own.post(f"/api/notes/{notes[0]['id']}/move", json={"before_id": notes[2]["id"]})

    assert [*map(itemgetter("id"), (await own.get("/api/notes")).json())] == [note["id"] for note in notes]
