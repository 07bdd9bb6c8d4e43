"""A whole board of Trello, as its menu exports it: everything is in the notes, or named in the report."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from quart_notes.transfer import trello_board
from tests.support.note_files import items, lost_of, put
from tests.support.transfer_desk import Desk, opened_desk

Json = dict[str, Any]
ADA, BEN = "5ad3c82d8ac5afdb54200001", "5ad3c82d8ac5afdb54200002"
DOING, OLD, EMPTY = "5ad3c82d8ac5afdb54200011", "5ad3c82d8ac5afdb54200012", "5ad3c82d8ac5afdb54200013"
PAINT, MOVE, LAMP, ROOF = (f"5ad3c82d8ac5afdb5420002{number}" for number in range(1, 5))
ALL = {"archived": True}


def card(card_id: str, name: str, **fields: Any) -> Json:
    """A card with all fields of an export."""
    return {
        "id": card_id, "agent": None, "badges": {"comments": 2, "attachments": 1, "due": "2026-03-01T12:00:00.000Z"},
        "checkItemStates": None, "closed": False, "dueComplete": False, "dateLastActivity": "2026-02-04T14:51:12.990Z",
        "desc": "", "descData": {"emoji": {}}, "due": None, "dueReminder": None, "email": None, "idBoard": "b",
        "idChecklists": [], "idList": DOING, "idMembers": [], "idMembersVoted": [], "idShort": 1,
        "idAttachmentCover": None, "labels": [], "idLabels": [], "manualCoverAttachment": False, "name": name,
        "nodeId": "ari:cloud:trello::card/1", "pinned": False, "pos": 16383.75, "shortLink": "sQI2wV88",
        "shortUrl": "https://trello.example/c/sQI2wV88", "start": None, "subscribed": False, "url": None,
        "cover": {"idAttachment": None, "color": None, "size": "normal", "brightness": "dark"}, "isTemplate": False,
        "cardRole": None, "attachments": [], "pluginData": [], "customFieldItems": [], **fields,
    }  # fmt: skip


def comment(card_id: str, text: Any, date: str, **fields: Any) -> Json:
    """A comment, as an action of the board."""
    return {
        "id": "a", "type": "commentCard", "date": date, "data": {"text": text, "card": {"id": card_id}},
        "memberCreator": {"id": ADA, "fullName": "Ada *King*"}, **fields,
    }  # fmt: skip


def board() -> Json:
    """A board with one of everything."""
    return {
        "id": "b", "name": "House", "desc": "What is to be done", "closed": False, "prefs": {"background": "blue"},
        "labelNames": {"green": "", "red": "Urgent"},
        "actions": [
            {"type": "updateCard", "data": {"card": {"id": PAINT}}, "date": "2026-02-04T14:51:12.990Z"},
            comment(PAINT, "Then **white**.\nTwice.", "2026-02-03T09:30:00.000Z"),
            comment(PAINT, "Red?", "2026-02-02T09:30:00.000Z", memberCreator=None),
            comment(MOVE, None, "2026-02-02T09:30:00.000Z"),
        ],
        "cards": [
            card(
                PAINT, "Paint the wall", desc="**white**, not *grey*", start="2026-02-28T08:00:00.000Z",
                due="2026-03-01T12:00:00.000Z", dueReminder=1440, idChecklists=["l1"], idMembers=[BEN, ADA],
                idMembersVoted=[ADA], url="https://trello.example/c/sQI2wV88/1-paint",
                labels=[{"name": "Urgent", "color": "red"}, {"name": "", "color": "green_dark"}],
                attachments=[
                    {"name": "wall.png", "url": "https://trello.example/wall.png", "isUpload": True},
                    {"name": "https://paint.example", "url": "https://paint.example", "isUpload": False},
                ],
                customFieldItems=[
                    {"idCustomField": "f1", "value": {"number": "3"}},
                    {"idCustomField": "f2", "value": None, "idValue": "o1"},
                ],
                cover={"color": "sky"}, locationName="Kitchen",
            ),
            card(MOVE, "Move in", dueComplete=True, closed=True, cover={"color": "magenta", "idAttachment": None}),
            card(LAMP, "Buy a lamp", idList=OLD, cover={"color": None, "idAttachment": "x1"}),
            card(ROOF, "Look at the roof", idList="gone", due="soon", idMembers=["unknown"]),
        ],
        "checklists": [
            {
                "id": "l1", "idCard": PAINT, "name": "To buy", "pos": 1,
                "checkItems": [
                    {"name": "tape", "state": "complete", "pos": 1, "due": None, "idMember": None},
                    {"name": "brush", "state": "incomplete", "pos": 2, "due": "2026-02-20", "idMember": BEN},
                ],
            },
        ],
        "customFields": [
            {"id": "f1", "name": "Hours", "type": "number"},
            {"id": "f2", "name": "Room", "type": "list", "options": [{"id": "o1", "value": {"text": "Kitchen"}}]},
        ],
        "labels": [{"id": "x", "name": "Urgent", "color": "red"}, {"id": "y", "name": "", "color": "green"}],
        "lists": [
            {"id": DOING, "name": "Doing", "closed": False}, {"id": OLD, "name": "Old", "closed": True},
            {"id": EMPTY, "name": "Someday", "closed": False},
        ],
        "members": [{"id": ADA, "fullName": "Ada King"}, {"id": BEN, "fullName": "Ben"}],
        "pluginData": [{"id": "p", "value": "{\"votes\": 3}"}],
    }  # fmt: skip


TEXT = """**white**, not *grey*

Start: 2026-02-28 08:00 UTC

Due: 2026-03-01 12:00 UTC

## To buy

- [x] tape
- [ ] brush

Attachment: wall.png: https://trello.example/wall.png
Attachment: https://paint.example

## Comments

Somebody, 2026-02-02 09:30 UTC:

> Red?

Ada \\*King\\*, 2026-02-03 09:30 UTC:

> Then **white**.
> Twice."""
LOST = {
    "dueReminder": "1440", "members of checklist items": "Ben", "due dates of checklist items": "2026-02-20: brush",
    "attached files": "wall.png", "members": "Ben, Ada King", "votes": "Ada King", "Hours": "3", "Room": "Kitchen",
    "locationName": "Kitchen", "url": "https://trello.example/c/sQI2wV88/1-paint", "cover": "magenta",
    "idList": "gone", "due": "soon", "idMembers": "unknown", "description of the board": "What is to be done",
    "activity": "updateCard", "lists without cards": "Someday", "colours of labels": "Urgent: red",
    "data of power-ups": '{"votes": 3}',
}  # fmt: skip


def test_every_part_of_a_card_is_in_its_note(tmp_path: Path):
    found = [item.entry for item in items(put(tmp_path, "b.json", board()), **ALL) if item.entry]

    paint, move, lamp, roof = found
    assert (paint.title, paint.description) == ("Paint the wall", TEXT)
    assert (paint.labels, paint.colour, paint.done) == (["Doing", "Urgent", "green dark"], "blue", False)
    assert paint.created_at == datetime(2018, 4, 15, 21, 46, 21, tzinfo=UTC), "the card's id says it"
    assert paint.updated_at == datetime(2026, 2, 4, 14, 51, 12, 990000, UTC)
    assert [(one.labels, one.done, one.archived) for one in (move, lamp, roof)] == [
        (["Doing"], True, True),
        (["Old"], False, True),
        ([], False, False),
    ]


def test_what_a_note_has_no_place_for_is_named(tmp_path: Path):
    found = lost_of(items(put(tmp_path, "b.json", board()), **ALL))

    comments = json.loads(found.pop("comments"))
    assert comments["data"]["card"]["id"] == MOVE, "a comment without a text"
    assert found == LOST


def test_closed_cards_and_those_of_closed_lists_are_archived_and_left_out_by_default(tmp_path: Path):
    found = items(put(tmp_path, "b.json", board()))

    assert [item.left_out for item in found if item.counts] == [None, "archived", "archived", None]


def test_a_board_without_cards_reports_nothing(tmp_path: Path):
    assert items(put(tmp_path, "b.json", board() | {"cards": []})) == []


def test_cards_without_their_board_keep_what_they_say_themselves(tmp_path: Path):
    own = card(PAINT, "Paint", idChecklists=["l1"], checklists=board()["checklists"], labels=[{"name": "a"}])

    (item,) = items(put(tmp_path, "cards.json", [own]))

    assert item.entry is not None
    assert (item.entry.description, item.entry.labels) == ("## To buy\n\n- [x] tape\n- [ ] brush", ["a"])
    assert lost_of([item])["idList"] == DOING


@pytest.mark.parametrize("part", ["lists", "checklists", "members", "customFields", "labels", "actions", "pluginData"])
@pytest.mark.parametrize("wrong", [None, 5, "x", [], {}, ["x"], [[]], [{}], [{"id": 5, "name": 5, "type": []}]])
def test_no_part_of_a_board_costs_a_note(tmp_path: Path, part: str, wrong: Any):
    found = items(put(tmp_path, "b.json", board() | {part: wrong}), **ALL)

    titles = [item.entry.title for item in found if item.entry]
    assert titles == ["Paint the wall", "Move in", "Buy a lamp", "Look at the roof"]


@pytest.mark.parametrize("field", sorted(card("c", "n")))
@pytest.mark.parametrize("wrong", [5, "x", ["x"], {"a": 1}, [{"a": None}], 10**400])
def test_no_field_of_a_card_costs_a_note_silently(tmp_path: Path, field: str, wrong: Any):
    odd = card(PAINT, "Paint", desc="text") | {field: wrong}

    (item, *_) = items(put(tmp_path, "b.json", board() | {"cards": [odd]}), **ALL)

    assert item.entry is not None, item.problem


def test_a_board_that_is_too_large_is_read_in_part_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trello_board, "SIZE_MAX", 500)
    data = {"actions": [comment(PAINT, f"comment {n}", f"2026-02-0{n}") for n in range(1, 9)], **board()}
    data["actions"] = [comment(PAINT, f"comment {n}", f"2026-02-0{n}") for n in range(1, 9)]

    found = items(put(tmp_path, "b.json", data), **ALL)

    assert found[0].entry is not None
    assert "comment 1" in (found[0].entry.description or "")
    assert "comment 8" not in (found[0].entry.description or "")
    assert {"actions of a large board", "lists of a large board"} <= lost_of(found).keys()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened_desk(tmp_path / "data") as desk:
        yield desk


async def test_an_imported_board_goes_out_and_comes_in_again_unchanged(desk: Desk):
    job = await desk.bring(json.dumps(board()).encode(), params={"name": "b.json", "archived": "true"})
    assert (job["state"], job["outcome"]["created"]) == ("done", 4), job["text"]
    named = {one["what"]: one["example"] for one in job["outcome"]["lost"]}
    assert LOST.items() <= named.items()
    exported = await desk.client.get("/api/boards/1/export")
    other = await desk.board()

    again = await desk.bring(exported.content, other, params={"name": "x"})

    assert (again["state"], again["outcome"]["lost"]) == ("done", []), again["text"]
    same = ("title", "description", "labels", "colour", "done", "created_at", "updated_at", "archived_at", "tasks")
    boards = [[{name: note[name] for name in same} for note in await desk.notes(one)] for one in (1, other)]
    assert boards[0] == boards[1]
