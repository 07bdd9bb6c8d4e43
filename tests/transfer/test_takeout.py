"""A whole archive of Google Takeout: in, out and in again, with a name for everything that is left out."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.note_files import PIXELS, items, keep_note, lost_of, packed, put
from tests.support.transfer_desk import Desk, opened_desk

NOTES = {
    "Milk": keep_note(isPinned=True, color="CERULEAN", labels=[{"name": "Home"}]),
    "List": keep_note(
        title="Shopping",
        textContent="",
        listContent=[{"text": "Bread", "isChecked": True}, {"text": "Salt &amp; oil", "isChecked": False}],
        labels=[{"name": "Home"}, {"name": "On the way, later"}],
    ),
    "Formatted": keep_note(
        title="Formatted",
        textContent="Bold and under",
        textContentHtml='<p><span style="font-weight:700">Bold</span> and <span style="text-decoration:underline">'
        "under</span></p>",
    ),
    "Link": keep_note(
        title="Bike", annotations=[{"url": "https://bikes.example/7", "title": "A bicycle", "source": "WEBLINK"}]
    ),
    "Photo": keep_note(
        title="Photo",
        attachments=[{"filePath": "photo.png", "mimetype": "image/png"}],
        sharees=[{"email": "ben@example.org", "isOwner": False, "type": "WRITER"}],
    ),
    "Odd": keep_note(title="Odd", color="GLITTER", reminders=[{"at": "tomorrow"}], labels=[{"name": "x" * 51}]),
    "Old": keep_note(title="Old", isArchived=True, labels=[{"name": "Past"}]),
    "Gone": keep_note(title="Gone", isTrashed=True),
    "Blank": keep_note(title="", textContent=""),
}
LOST = {
    "formatting": "underline",
    "attached files": "photo.png",
    "shared with": "ben@example.org",
    "color": "GLITTER",
    "reminders": '[{"at": "tomorrow"}]',
    "labels": "x" * 51,
    "labels without notes": "Unused",
}


def takeout() -> bytes:
    """The archive, with HTML versions, pictures, labels and another product."""
    notes = {f"Takeout/Keep/{name}.json": json.dumps(note) for name, note in NOTES.items()}
    others: dict[str, bytes | str] = {
        **{f"Takeout/Keep/{name}.html": "<html>" for name in NOTES},
        "Takeout/Keep/photo.png": PIXELS,
        "Takeout/Keep/Labels.txt": "\ufeffHome\r\nOn the way, later\r\nPast\r\nUnused\r\n",
        "Takeout/Tasks/Tasks.json": "{}",
    }
    return packed({**notes, **others})


def test_everything_that_no_note_has_a_place_for_is_named(tmp_path: Path):
    found = items(put(tmp_path, "takeout.zip", takeout()), archived=True)

    assert lost_of(found) == LOST
    left_out = {item.name: item.left_out for item in found if item.left_out}
    assert left_out == {"Takeout/Keep/Gone.json": "trashed", "Takeout/Keep/Blank.json": "empty"}


def test_a_label_of_archived_notes_is_named_when_they_are_left_out(tmp_path: Path):
    found = items(put(tmp_path, "takeout.zip", takeout()))

    (report,) = [item for item in found if item.name == "Takeout/Keep/Labels.txt"]
    assert [lost.example for lost in report.lost] == ["Past", "Unused"]
    assert not report.counts


def test_a_file_of_labels_that_cannot_be_read_costs_nothing(tmp_path: Path):
    folder = tmp_path / "Keep"
    folder.mkdir()
    put(folder, "Milk.json", keep_note())
    put(folder, "Labels.txt", b"\xff" * (2 << 20))

    found = items(tmp_path)

    assert [item.entry.title for item in found if item.entry] == ["Buy milk"]
    assert "larger than" in lost_of(found)["labels without notes"]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened_desk(tmp_path / "data") as desk:
        yield desk


@pytest.mark.parametrize("kind", ["json", "csv", "markdown"])
async def test_an_imported_takeout_goes_out_and_comes_in_again_unchanged(desk: Desk, kind: str):
    job = await desk.bring(takeout(), params={"archived": "true", "name": "takeout.zip"})
    assert (job["state"], job["outcome"]["created"], job["outcome"]["left_out"]) == ("done", 7, 2), job["text"]
    exported = await desk.client.get("/api/boards/1/export", params={"format": kind})
    other = await desk.board()

    again = await desk.bring(exported.content, other, params={"name": "x"})

    assert (again["state"], again["outcome"]["lost"]) == ("done", []), again["text"]
    same = ("title", "description", "labels", "colour", "pinned", "created_at", "updated_at", "archived_at", "tasks")
    boards = [[{name: note[name] for name in same} for note in await desk.notes(one)] for one in (1, other)]
    assert sorted(map(str, boards[0])) == sorted(map(str, boards[1]))
    assert [note["title"] for note in await desk.notes() if note["pinned"]] == ["Buy milk"]
