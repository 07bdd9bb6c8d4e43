"""The labels of notes: how they are sent, made on first use, stored, and moved along."""

from unittest.mock import AsyncMock

import httpx
import pytest

from quart_notes.core import Core
from quart_notes.domain import notes
from quart_notes.domain.access import ANYBODY
from quart_notes.schemas import NoteCreate, NoteMove, NoteUpdate, PageQuery
from tests.support.accounts_app import House
from tests.support.api_fixtures import Json, add_note, fields_of, newest_number, refused
from tests.support.servers.in_process import rows


async def _labels(api: httpx.AsyncClient, path: str = "/api/boards/1/labels") -> dict[str, int]:
    """The labels of a board by name, with their numbers of notes."""
    return {label["name"]: label["note_count"] for label in (await api.get(path)).json()}


async def test_labels_are_kept_in_the_order_given_and_made_on_first_use(own: httpx.AsyncClient):
    note = await add_note(own, title="milk", labels=["Shopping", "urgent"])
    other = await add_note(own, title="bread", labels=["URGENT", "shopping"])
    plain = await add_note(own, title="plain")

    assert (note["labels"], other["labels"], plain["labels"]) == (["Shopping", "urgent"], ["urgent", "Shopping"], [])
    assert {"Shopping": 2, "urgent": 2}.items() <= (await _labels(own)).items()
    assert {one["id"]: one["labels"] for one in (await own.get("/api/notes")).json()} == {
        note["id"]: note["labels"],
        other["id"]: other["labels"],
        plain["id"]: [],
    }
    assert (await own.get(f"/api/notes/{note['id']}")).json() == note


async def test_a_changed_list_replaces_the_labels_and_the_same_list_changes_nothing(own: httpx.AsyncClient):
    note = await add_note(own, title="milk", labels=["a", "b"])
    path = f"/api/notes/{note['id']}"
    before = await newest_number(own)

    for same in (["a", "b"], ["A", "b", "B"]):
        assert (await own.patch(path, json={"labels": same})).json() == note
    assert await newest_number(own) == before
    assert (await own.patch(path, json={"labels": ["b", "a"]})).json()["labels"] == ["b", "a"], "the order counts"
    changed = (await own.patch(path, json={"labels": ["b", "c"], "pinned": True})).json()
    assert (changed["labels"], changed["pinned"], changed["version"]) == (["b", "c"], True, 3)
    assert (await own.patch(path, json={"labels": []})).json()["labels"] == []
    assert (await own.get("/api/boards/1/labels")).json(), "labels stay without notes"


@pytest.mark.parametrize(
    ("labels", "field"),
    [
        (["a", "b", "c", "\u200b"], "labels.3"),
        (["x" * 51], "labels.0"),
        (["a", ""], "labels.1"),
        (["two\nlines"], "labels.0"),
        (["a", 1], "labels.1"),
        ([str(n) for n in range(21)], "labels"),
        (None, "labels"),
        ("a", "labels"),
    ],
)
async def test_wrong_labels_are_refused_and_the_field_is_named(own: httpx.AsyncClient, labels: object, field: str):
    note = await add_note(own, title="milk", labels=["x" * 50, *(str(n) for n in range(19))])
    for answer in (
        await own.post("/api/notes", json={"title": "milk", "labels": labels}),
        await own.patch(f"/api/notes/{note['id']}", json={"labels": labels}),
    ):
        assert fields_of(refused(answer, 422, "validation_failed")) == {field}
    assert (await own.get(f"/api/notes/{note['id']}")).json() == note


@pytest.mark.parametrize(("first", "then"), [("Straße", "STRASSE"), ("Chloé", "chloe\u0301"), (" spaced ", "Spaced")])
async def test_a_label_that_exists_is_used_as_the_board_spells_it(core: Core, first: str, then: str):
    await core.notes.add(ANYBODY, 1, NoteCreate(title="one", labels=[first]))
    note = (await core.notes.add(ANYBODY, 1, NoteCreate(title="two", labels=[then, first]))).result

    assert note.labels == [first.strip()]
    assert rows(core, "SELECT name FROM label") == [(first.strip(),)]


async def test_a_new_label_is_heard_before_the_first_note_that_has_it(house: House):
    board = await house.board(ada="owner", bob="viewer")
    before = await house.core.log.newest()
    note = (await house.core.notes.add(house.caller("ada"), board, NoteCreate(title="a", labels=["new"]))).result
    again = NoteUpdate(labels=["new", "newer"])
    changed = (await house.core.notes.change(house.caller("ada"), board, note.id, again)).result

    events = await house.events(before, f"board:{board}")

    label = {"board_id": board, "colour": "none"}
    first, last = (event["label"]["id"] for event in (events[0], events[2]))
    assert [(event["action"], event.get("label") or event["note"]) for event in events] == [
        ("create", {"id": first, **label, "name": "new"}),
        ("create", note.model_dump(mode="json")),
        ("create", {"id": last, **label, "name": "newer"}),
        ("update", changed.model_dump(mode="json")),
    ]
    assert {event["by"] for event in events} == {house.people["ada"].id}


async def test_a_ticker_changes_no_labels_and_makes_none(house: House):
    board = await house.board(ada="owner", bob="ticker", eve="viewer")
    note = await house.note("ada", board)
    for who in ("bob", "eve"):
        async with await house.browser(who) as browser:
            refused(
                await browser.patch(f"/api/boards/{board}/notes/{note.id}", json={"labels": ["x"]}), 403, "forbidden"
            )
    assert (await house.core.board_labels.find(house.caller("ada"), board, PageQuery())).items == []


async def test_a_note_that_changes_nothing_else_makes_no_label_when_it_is_refused(core: Core):
    note = (await core.notes.add(ANYBODY, 1, NoteCreate(title="a"))).result
    with pytest.raises(Exception, match="needs a title"):
        await core.notes.change(ANYBODY, 1, note.id, NoteUpdate(labels=["x"], title=None))

    assert rows(core, "SELECT name FROM label") == []


async def test_a_note_takes_its_labels_to_another_board_by_name(house: House):
    kitchen, cellar = await house.board("Kitchen", ada="owner"), await house.board("Cellar", ada="owner")
    ada = house.caller("ada")
    note = (await house.core.notes.add(ada, kitchen, NoteCreate(title="a", labels=["Shop", "wine"]))).result
    await house.core.notes.add(ada, cellar, NoteCreate(title="b", labels=["WINE"]))
    before = await house.core.log.newest()

    moved = (await house.core.note_moves.move(ada, kitchen, note.id, NoteMove(board_id=cellar))).result

    events = await house.events(before, f"board:{kitchen}", f"board:{cellar}")
    assert moved.labels == ["Shop", "WINE"], "as that board spells them"
    assert [(event["topic"], event["action"], *event.keys() & {"note", "label"}) for event in events] == [
        (f"board:{kitchen}", "delete", "note"),
        (f"board:{cellar}", "create", "label"),
        (f"board:{cellar}", "create", "note"),
    ]
    assert events[0]["note"]["labels"] == [], "the log keeps none for the readers of the former board"
    counts = [
        {label.name: label.note_count for label in (await house.core.board_labels.find(ada, board, PageQuery())).items}
        for board in (kitchen, cellar)
    ]
    assert counts == [{"Shop": 0, "wine": 0}, {"Shop": 1, "WINE": 2}]


async def test_the_log_keeps_no_label_of_a_deleted_note_and_a_restored_one_has_it_again(house: House):
    board = await house.board(ada="owner")
    ada = house.caller("ada")
    before = await house.core.log.newest()
    note = (await house.core.notes.add(ada, board, NoteCreate(title="a", labels=["secret"]))).result
    await house.core.notes.delete(ada, board, note.id)

    replayed = [event["note"] for event in await house.events(before, f"board:{board}") if "note" in event]
    assert [one["labels"] for one in replayed] == [[], []]
    assert (await house.core.notes.restore(ada, board, note.id)).result.labels == ["secret"]


async def test_the_history_and_the_activity_say_that_labels_changed(house: House):
    board = await house.board(ada="owner")
    async with await house.browser("ada") as browser:
        note: Json = (await browser.post(f"/api/boards/{board}/notes", json={"title": "a"})).json()
        await browser.patch(f"/api/boards/{board}/notes/{note['id']}", json={"labels": ["x"]})

        history = (await browser.get(f"/api/boards/{board}/notes/{note['id']}/history")).json()
        activity = (await browser.get(f"/api/boards/{board}/activity")).json()
        page = (await browser.get(f"/front/boards/{board}/activity")).text

    assert history[0]["changes"] == ["created", "labels"]
    assert activity[0]["changes"] == ["created", "labels"]
    assert "a" in page


async def test_a_note_without_labels_costs_no_further_statement(core: Core, monkeypatch: pytest.MonkeyPatch):
    asked = AsyncMock(side_effect=RuntimeError("asked for labels"))
    for name in ("require_labels", "assign_labels"):
        monkeypatch.setattr(notes, name, asked)
    with pytest.raises(RuntimeError, match="asked for labels"):
        await core.notes.add(ANYBODY, 1, NoteCreate(title="a", labels=["x"]))

    note = (await core.notes.add(ANYBODY, 1, NoteCreate(title="a"))).result
    await core.notes.change(ANYBODY, 1, note.id, NoteUpdate(title="b"))

    assert asked.await_count == 1
    assert rows(core, "SELECT labels_json FROM note") == [(None,)]
