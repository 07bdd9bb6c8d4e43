"""Exports by the API, and importing them again."""

import csv
import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from quart_notes.domain.access import ANYBODY
from quart_notes.schemas import BoardCreate, NoteUpdate
from tests.support.transfer_desk import Desk, notes_file, opened_desk

# Descriptions that a careless format loses a part of.
WRITTEN = [
    "# Heading\n\n- [ ] milk\n- [x] **bread**\n", "---\ntitle: no front matter\n---\ntext", "---\n\n---\n",
    "+++\na = 1\n+++", "\n\nblank lines around\n\n", "\ttab, trailing blanks  \n  ", "a\r\nb\r\n", "lone\rreturn\r",
    "```\n---\n\n```", "x" * 20_000, "line\u2028separator\x85and\x0bothers\ufeff", "\ufeffmark",
    "\"quoted\", 'single'; \\* <b>&amp;</b>", "=1+1", "| a |\n|---|\n| b |",
]  # fmt: skip


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened_desk(tmp_path / "data") as desk:
        yield desk


@pytest.fixture
async def filled(desk: Desk) -> Desk:
    """A board 1 with 450 notes, some of them done, one deleted."""
    await desk.bring(notes_file(*(f"note {n}" for n in range(450))))
    for note_id in (3, 400):
        changed = NoteUpdate(done=True, pinned=True, colour="teal", archived=note_id == 3, description="é\r\n=1")
        await desk.core.notes.change(ANYBODY, 1, note_id, changed)
    await desk.core.notes.delete(ANYBODY, 1, 7)
    return desk


@pytest.mark.parametrize("kind", ["json", "csv", "markdown"])
async def test_an_imported_export_equals_the_original_board(filled: Desk, kind: str):
    exported = await filled.client.get("/api/export", params={"format": kind})
    other = await filled.board()

    job = await filled.bring(exported.content, other, params={"name": "x"})

    assert (job["state"], job["outcome"]["created"]) == ("done", 449), job
    same = ("title", "description", "pinned", "colour", "done", "created_at", "updated_at", "archived_at")
    boards = [[[note[name] for name in same] for note in await filled.notes(board_id)] for board_id in (1, other)]
    assert boards[0] == boards[1]
    again = await filled.bring(exported.content, 1, params={"name": "x"})
    assert again["outcome"]["known"] == 449, "on its own board everything is there"


@pytest.mark.parametrize("kind", ["json", "csv", "markdown"])
async def test_descriptions_are_exported_as_they_were_written_and_again_after_an_import(desk: Desk, kind: str):
    for text in WRITTEN:
        assert (await desk.client.post("/api/notes", json={"description": text})).status_code == 201
    exported = (await desk.client.get("/api/export", params={"format": kind})).content
    other = await desk.board()

    await desk.bring(exported, other, params={"name": "x"})

    assert [note["description"] for note in await desk.notes(other)] == WRITTEN
    again = (await desk.client.get(f"/api/boards/{other}/export", params={"format": kind})).content
    assert _descriptions(kind, again) == _descriptions(kind, exported) == WRITTEN


def _descriptions(kind: str, exported: bytes) -> list[str]:
    """The descriptions in an export, as other programs read them."""
    if kind == "json":
        return [note["description"] for note in json.loads(exported)["notes"]]
    if kind == "csv":
        rows = csv.DictReader(io.StringIO(exported.decode("utf-8-sig"), newline=""))
        return [row["description"].removeprefix("'") for row in rows]
    archive = zipfile.ZipFile(io.BytesIO(exported))
    files = [archive.read(name).decode() for name in archive.namelist()]
    return [text.partition("\n---\n\n")[2].removesuffix("\n") for text in files]


async def test_an_export_of_imported_notes_is_recognised_at_its_origin(filled: Desk):
    other = await filled.board()
    first = await filled.client.get("/api/export")
    await filled.bring(first.content, other)

    back = await filled.client.get(f"/api/boards/{other}/export")

    assert (await filled.bring(back.content, 1))["outcome"]["known"] == 449


async def test_an_export_is_an_attachment_with_the_boards_name(desk: Desk):
    board_id = (await desk.core.boards.add(ANYBODY, BoardCreate(name='Ärger "1/2"'))).result.id

    answer = await desk.client.get(f"/api/boards/{board_id}/export", params={"format": "csv"})

    assert answer.headers["Content-Type"].startswith("text/csv")
    kind, plain, extended = answer.headers["Content-Disposition"].split("; ")
    assert kind == "attachment"
    assert plain.startswith('filename="-rger -1-2- 20')
    assert unquote(extended.removeprefix("filename*=UTF-8''")).startswith("Ärger -1-2- 20")
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_markdown_export_is_a_zip(filled: Desk):
    answer = await filled.client.get("/api/export", params={"format": "markdown"})

    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    assert len(archive.namelist()) == 449


async def test_a_note_added_during_an_export_is_not_in_it(filled: Desk):
    export = await filled.core.exports.start(ANYBODY, 1)
    pages = filled.core.exports.pages(export)
    first = await anext(pages)
    await filled.bring(notes_file("late"))
    await filled.core.notes.delete(ANYBODY, 1, first[-1][0] + 1)

    rest = [one async for page in pages for one in page]

    assert len(first) + len(rest) == 448
    assert "late" not in {note.title for _, note in rest}
