"""Several notes changed at once: what each gets, what is left alone, and how a change is taken back."""

import json
from typing import Any

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.live import events
from quart_notes.schemas import BoardCreate, BulkUpdate, NoteCreate, NoteOut, PageQuery, TimeQuery
from quart_notes.schemas.event_ids import EventId
from tests.support.accounts_app import House
from tests.support.servers.in_process import Json


async def notes_of(core: Core, *fields: Json, board: int = 1) -> list[NoteOut]:
    """New notes with these fields, in their order."""
    data = [NoteCreate.model_validate({"title": f"note {number}", **one}) for number, one in enumerate(fields)]
    return [(await core.notes.add(ANYBODY, board, one)).result for one in data]


async def changed(core: Core, notes: list[NoteOut], *, board: int = 1, **change: Any) -> list[NoteOut]:
    """The notes after a change of all of them."""
    data = BulkUpdate.model_validate({"ids": [note.id for note in notes], "change": change})
    return (await core.bulk_changes.change(ANYBODY, board, data)).result.notes


async def told(core: Core, after: EventId, *topics: str) -> list[Json]:
    """The events about notes after a position in the log, which reads them in parts."""
    events: list[Json] = []
    while found := await core.log.since(set(topics or ("board:1",)), after, 10**9):
        events += [json.loads(message.data) for message in found]
        after = EventId(after.epoch, found[-1].number or 0)
    return [event for event in events if "note" in event]


async def events_of(core: Core, after: EventId, *topics: str) -> list[tuple[str, str, int, int]]:
    """The same: topics and actions, with the notes' ids and versions."""
    found = await told(core, after, *topics)
    return [(one["topic"], one["action"], one["note"]["id"], one["note"]["version"]) for one in found]


async def order(core: Core, board: int = 1) -> list[int]:
    """The ids on the board's page."""
    return [note.id for note in (await core.board_pages.read(ANYBODY, board, None, 1, 99)).notes]


async def test_each_note_that_differs_gets_one_version_and_one_event(core: Core):
    one, two, three = await notes_of(core, {}, {"pinned": True}, {})
    before = await core.log.newest()

    found = await changed(core, [three, one, two, one], pinned=True)

    assert [(note.id, note.pinned, note.version) for note in found] == [
        (three.id, True, 2),
        (one.id, True, 2),
        (two.id, True, 1),
    ]
    assert await events_of(core, before) == [("board:1", "update", note.id, 2) for note in (three, one)]
    for note in found:
        assert (await core.notes.get(ANYBODY, 1, note.id))[0] == note
    again = await core.log.newest()
    assert await changed(core, [three, one, two], pinned=True) == found
    assert await core.log.newest() == again, "all were as wanted"


async def test_fields_are_changed_together(core: Core):
    notes = await notes_of(core, {"labels": ["a", "b"]}, {"colour": "red", "description": "- [ ] milk"})

    first, second = await changed(
        core, notes, done=True, archived=True, colour="teal", labels_add=["New", "B"], labels_remove=["A"]
    )

    assert [first.labels, second.labels] == [["b", "New"], ["New", "b"]], "as the board spells them"
    for note in (first, second):
        assert (note.done, note.colour, note.version) == (True, "teal", 2)
        assert note.done_at == note.archived_at == note.updated_at
    assert second.description == "- [ ] milk", "its tasks are not ticked, as by a tick of the note"
    labels = (await core.board_labels.find(ANYBODY, 1, PageQuery())).items
    assert {label.name: label.note_count for label in labels} == {"a": 0, "b": 2, "New": 2}


async def test_labels_that_are_there_or_not_there_already_change_nothing(core: Core):
    notes = await notes_of(core, {"labels": ["a"]}, {"labels": ["A", "b"]})
    before = await core.log.newest()

    assert await changed(core, notes, labels_add=["A"], labels_remove=["nobody has it"]) == notes
    assert await core.log.newest() == before
    assert [note.labels for note in await changed(core, notes, labels_remove=["B"])] == [["a"], ["a"]]
    assert await events_of(core, before) == [("board:1", "update", notes[1].id, 2)]


async def test_deleted_notes_are_in_the_bin_and_restored_at_once(core: Core):
    one, two, kept = await notes_of(core, {}, {}, {})
    await core.notes.delete(ANYBODY, 1, two.id)
    before = await core.log.newest()

    assert [note.version for note in await changed(core, [one, two], deleted=True)] == [1, 1]
    assert await events_of(core, before) == [("board:1", "delete", one.id, 1)], "the other one was deleted already"
    binned = (await core.trash.notes(ANYBODY, 1, TimeQuery())).items
    assert [entry.note.id for entry in binned] == [one.id, two.id]

    before = await core.log.newest()
    found = await changed(core, [one, two, kept], deleted=False)

    assert [note.version for note in found] == [2, 2, 1]
    assert await events_of(core, before) == [("board:1", "create", note.id, 2) for note in (one, two)]
    assert await order(core) == [kept.id, two.id, one.id]


async def test_moved_notes_keep_their_order_and_each_board_gets_its_events(core: Core):
    other = (await core.boards.add(ANYBODY, BoardCreate(name="other"))).result.id
    three, two, one = await notes_of(core, {"labels": ["x"]}, {}, {})
    (there,) = await notes_of(core, {}, board=other)
    before = await core.log.newest()

    found = await changed(core, [two, three, one], board_id=other)

    assert [(note.id, note.board_id, note.version) for note in found] == [
        (note.id, other, 2) for note in (two, three, one)
    ]
    assert await order(core, other) == [one.id, two.id, three.id, there.id]
    assert await order(core) == []
    heard = await events_of(core, before, "board:1", events.board(other))
    assert sorted(heard) == sorted(
        event
        for note in (one, two, three)
        for event in (("board:1", "delete", note.id, 1), (events.board(other), "create", note.id, 2))
    )
    assert [label.name for label in (await core.board_labels.find(ANYBODY, other, PageQuery())).items] == ["x"]
    before = await core.log.newest()
    assert await changed(core, [two, three, one], board_id=other) == found, "they are there already"
    assert await core.log.newest() == before


async def test_moved_notes_go_back_beside_their_neighbours(core: Core):
    other = (await core.boards.add(ANYBODY, BoardCreate(name="other"))).result.id
    notes = (await notes_of(core, *[{}] * 6))[::-1]
    before = await order(core)
    first, last = notes[1:3], notes[4:]
    await changed(core, [*first, *last], board_id=other)
    assert await order(core) == [notes[0].id, notes[3].id]

    await changed(core, first, board=other, board_id=1, after_id=notes[0].id, before_id=notes[3].id)
    await changed(core, last, board=other, board_id=1, after_id=notes[3].id)

    assert await order(core) == before
    await changed(core, notes[3:5], board_id=1, before_id=notes[0].id)
    assert await order(core) == [note.id for note in (*notes[3:5], *notes[:3], notes[5])]


async def test_they_keep_their_order_beside_the_neighbour_that_is_left_and_at_the_end(core: Core):
    one, gone, three, *moving = (await notes_of(core, *[{}] * 6))[::-1]
    await core.notes.delete(ANYBODY, 1, gone.id)
    rest = [note.id for note in moving]

    await changed(core, moving, board_id=1, after_id=gone.id, before_id=three.id)
    assert await order(core) == [one.id, *rest, three.id]
    await changed(core, moving, board_id=1, after_id=gone.id, before_id=99_999)
    assert await order(core) == [one.id, three.id, *rest]


async def test_the_history_and_the_activity_have_each_note(house: House):
    board = await house.board(ada="owner")
    notes = [await house.note("ada", board, f"note {number}") for number in range(3)]
    data = BulkUpdate.model_validate({"ids": [note.id for note in notes], "change": {"archived": True}})

    await house.core.bulk_changes.change(house.caller("ada"), board, data)

    activity = (await house.core.activity.find(house.caller("ada"), board, TimeQuery())).items
    assert {(entry.note_id, entry.by) for entry in activity} == {(note.id, house.people["ada"].id) for note in notes}


async def test_events_give_the_state_after_any_number_of_changes(core: Core):
    notes = await notes_of(core, *[{"labels": ["a"]} if number % 2 else {} for number in range(200)])
    before = await core.log.newest()

    found = await changed(core, notes, colour="blue", labels_add=["b"], pinned=True)

    assert [note.labels for note in found[:2]] == [["b"], ["a", "b"]]
    events = await told(core, before)
    assert len(events) == 200
    assert {one["note"]["id"]: one["note"] for one in events} == {n.id: n.model_dump(mode="json") for n in found}
