"""The labels of boards: named, recoloured, merged and deleted once for all notes."""

import json

import httpx
import pytest

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.schemas import (
    LabelUpdate,
    NoteCreate,
    NoteOut,
    PageQuery,
)
from quart_notes.schemas.event_ids import EventId
from tests.support.accounts_app import House
from tests.support.api_fixtures import add_note, fields_of, made, newest_number, refused
from tests.support.servers.in_process import rows

LABELS = "/api/boards/1/labels"


@pytest.fixture
async def labelled(core: Core) -> list[NoteOut]:
    """Notes with the labels a; a and b; b; none; and a in the bin."""
    lists: tuple[list[str], ...] = (["a"], ["a", "b"], ["b"], [], ["a"])
    data = [NoteCreate(title="a note", labels=names) for names in lists]
    notes = [(await core.notes.add(ANYBODY, 1, one)).result for one in data]
    await core.notes.delete(ANYBODY, 1, notes[4].id)
    return notes


async def _id_of(core: Core, name: str) -> int:
    found = (await core.board_labels.find(ANYBODY, 1, PageQuery())).items
    return next(label.id for label in found if label.name == name)


async def _names(core: Core, notes: list[NoteOut]) -> list[tuple[list[str], int]]:
    """The labels and the version of each note."""
    found = [(await core.notes.get(ANYBODY, 1, note.id))[0] for note in notes]
    return [(note.labels, note.version) for note in found]


async def _events(core: Core, after: EventId) -> list[tuple[str, str, int]]:
    """What the events after a position are about: the kind, the action, the id."""
    found = [json.loads(message.data) for message in await core.log.since({"board:1"}, after, 10**9) or []]
    return [(kind, event["action"], event[kind]["id"]) for event in found for kind in event.keys() & {"note", "label"}]


async def test_a_label_is_added_listed_recoloured_and_deleted(own: httpx.AsyncClient):
    label = await made(own, LABELS, name="Added", colour="teal")
    note = await add_note(own, title="a", labels=["added"])
    assert label == {"id": label["id"], "board_id": 1, "name": "Added", "colour": "teal"}
    listed = (await own.get(LABELS, params={"after_id": label["id"] - 1})).json()
    assert listed == [{**label, "note_count": 1}]
    before = await newest_number(own)

    assert (await own.patch(f"{LABELS}/{label['id']}", json={"colour": "teal"})).json() == label
    assert (await own.patch(f"{LABELS}/{label['id']}", json={})).json() == label
    assert await newest_number(own) == before
    red = {**label, "colour": "red"}
    assert (await own.patch(f"{LABELS}/{label['id']}", json={"colour": "red"})).json() == red
    assert await newest_number(own) == before + 1, "a colour changes no note"
    assert (await own.get(f"/api/notes/{note['id']}")).json() == note
    assert (await own.delete(f"{LABELS}/{label['id']}")).json() == red
    refused(await own.delete(f"{LABELS}/{label['id']}"), 404, "not_found")
    assert (await own.get(f"/api/notes/{note['id']}")).json() == {**note, "labels": [], "version": 2}


async def test_pages_of_labels_follow_their_links(own: httpx.AsyncClient):
    ids = [(await made(own, LABELS, name=f"page {n}"))["id"] for n in range(3)]

    answer = await own.get(LABELS, params={"after_id": ids[0] - 1, "limit": 2})

    assert [label["id"] for label in answer.json()] == ids[:2]
    assert [label["id"] for label in (await own.get(answer.links["next"]["url"])).json()] == ids[2:]


@pytest.mark.parametrize("name", ["", "\u200b", "x" * 51, "two\nlines", None, 1])
async def test_wrong_names_are_refused(own: httpx.AsyncClient, name: object):
    label = await made(own, LABELS, name=f"right {await newest_number(own)}")
    for answer in (
        await own.post(LABELS, json={"name": name}),
        await own.patch(f"{LABELS}/{label['id']}", json={"name": name}),
    ):
        assert fields_of(refused(answer, 422, "validation_failed")) == {"name"}


async def test_a_name_that_is_taken_is_refused_whatever_its_case(own: httpx.AsyncClient):
    await made(own, LABELS, name="Taken")
    other = await made(own, LABELS, name="Other")
    for answer in (
        await own.post(LABELS, json={"name": "TAKEN"}),
        await own.patch(f"{LABELS}/{other['id']}", json={"name": "taken", "colour": "red"}),
    ):
        assert fields_of(refused(answer, 409, "label_name_taken")) == {"name"}
    assert (await own.get(LABELS, params={"after_id": other["id"] - 1})).json() == [{**other, "note_count": 0}]
    assert (await own.patch(f"{LABELS}/{other['id']}", json={"name": "OTHER"})).json()["name"] == "OTHER"


async def test_a_new_name_is_a_new_version_of_every_note_that_has_the_label(core: Core, labelled: list[NoteOut]):
    label, before = await _id_of(core, "a"), await core.log.newest()

    await core.board_labels.change(ANYBODY, 1, label, LabelUpdate(name="A!"))

    assert await _names(core, labelled[:4]) == [(["A!"], 2), (["A!", "b"], 2), (["b"], 1), ([], 1)]
    assert await _events(core, before) == [
        ("label", "update", label),
        *(("note", "update", note.id) for note in labelled[:2]),
    ]
    changed = (await core.notes.get(ANYBODY, 1, labelled[0].id))[0]
    assert changed.updated_at == labelled[0].updated_at, "nobody has edited the note"
    assert (await core.notes.restore(ANYBODY, 1, labelled[4].id)).result.labels == ["A!"], "also in the bin"


async def test_a_merged_label_is_replaced_where_it_stood_and_never_twice(core: Core, labelled: list[NoteOut]):
    label, into, before = await _id_of(core, "a"), await _id_of(core, "b"), await core.log.newest()

    kept = (await core.board_labels.change(ANYBODY, 1, label, LabelUpdate(name="B", merge=True))).result

    assert (kept.id, kept.name) == (into, "b")
    assert await _names(core, labelled[:4]) == [(["b"], 2), (["b"], 2), (["b"], 1), ([], 1)]
    assert await _events(core, before) == [
        *(("note", "update", note.id) for note in labelled[:2]),
        ("label", "delete", label),
    ]
    assert (await core.notes.restore(ANYBODY, 1, labelled[4].id)).result.labels == ["b"]


async def test_a_label_of_another_board_is_not_found(house: House):
    board, other = await house.board(ada="owner"), await house.board(ada="owner")
    async with await house.browser("ada") as ada:
        foreign = await made(ada, f"/api/boards/{other}/labels", name="b")
        for method in ("PATCH", "DELETE"):
            body = None if method == "DELETE" else {"name": "c"}
            answer = await ada.request(method, f"/api/boards/{board}/labels/{foreign['id']}", json=body)
            refused(answer, 404, "not_found")
        renamed = await made(ada, f"/api/boards/{board}/labels", name="a")
        answer = await ada.patch(f"/api/boards/{board}/labels/{renamed['id']}", json={"name": "B", "merge": True})
        assert answer.json() == {**renamed, "name": "B"}, "there is none of this name to merge it into"


async def test_a_deleted_label_leaves_its_notes(core: Core, labelled: list[NoteOut]):
    label, before = await _id_of(core, "a"), await core.log.newest()

    await core.board_labels.delete(ANYBODY, 1, label)

    assert await _names(core, labelled[:4]) == [([], 2), (["b"], 2), (["b"], 1), ([], 1)]
    assert await _events(core, before) == [
        *(("note", "update", note.id) for note in labelled[:2]),
        ("label", "delete", label),
    ]
    assert (await core.notes.restore(ANYBODY, 1, labelled[4].id)).result.labels == []


async def test_labels_are_deleted_with_their_board_and_note_for_good(core: Core, labelled: list[NoteOut]):
    await core.trash.delete(ANYBODY, 1, labelled[4].id)

    assert rows(core, f"SELECT count(*) FROM note_label WHERE note_id = {labelled[4].id}") == [(0,)]
