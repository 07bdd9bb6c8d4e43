"""Imports by the API: uploads, their results, and who may import and export."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.accounts_app import House
from tests.support.note_files import takeout
from tests.support.transfer_desk import Desk, notes_file, opened_desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened_desk(tmp_path / "data") as desk:
        yield desk


# Uploads.


async def test_a_file_is_uploaded_as_the_body_or_as_a_form(desk: Desk):
    bare = await desk.bring(notes_file("a"), params={"name": "plain.json"})
    named = await desk.bring(
        notes_file("b"), headers={"Content-Disposition": "attachment; filename*=UTF-8''C%3A%5C%C3%A9.json"}
    )
    nameless = await desk.bring(notes_file("c"), headers={"Content-Type": "text/plain"})
    form = await desk.bring(files={"file": ("form.json", notes_file("d"), "application/json")}, data={"other": "field"})

    assert [job["file_name"] for job in (bare, named, nameless, form)] == ["plain.json", "é.json", "file", "form.json"]
    assert [note["title"] for note in await desk.notes()] == ["a", "b", "c", "d"]
    await desk.swept()


async def test_several_files_of_a_folder_are_one_import(desk: Desk):
    parts = [("file", (f"folder/{name}.md", text)) for name, text in (("a", "# A"), ("b", "# B"), (".c", "# hidden"))]

    job = await desk.bring(files=[*parts, ("file", ("folder/picture.png", b"\x89PNG"))])

    assert job["file_name"] == "a.md and 3 more"
    assert job["outcome"]["created"] == 2
    assert [note["title"] for note in await desk.notes()] == ["A", "B"]


async def test_an_upload_is_accepted_at_once_with_the_jobs_address(desk: Desk):
    sent = await desk.client.post("/api/imports?dry_run=true&archived=true&format=json", content=notes_file("a"))

    job = sent.json()
    assert sent.status_code == 202
    assert sent.headers["Location"] == f"/api/jobs/{job['id']}"
    assert (job["state"], job["done"], job["total"], job["version"]) == ("waiting", 0, None, 1)
    assert job["options"] == {"format": "json", "dry_run": True, "archived": True, "trashed": False}


async def test_a_dry_run_reports_its_result_and_changes_nothing(desk: Desk):
    await desk.bring(notes_file("here already"))
    before = await desk.notes()

    job = await desk.bring(notes_file("here already", "new", "new") + b"", params={"dry_run": "true"})

    assert job["text"] == "2 notes can be imported, 1 was there already"
    assert (job["outcome"]["created"], job["outcome"]["known"]) == (2, 1)
    assert job["outcome"]["sample"] == ["here already", "new", "new"]
    assert await desk.notes() == before


async def test_importing_the_same_file_twice_adds_nothing(desk: Desk):
    data = notes_file("a", "a", "b")

    first, second = await desk.bring(data), await desk.bring(data)

    assert (first["outcome"]["created"], second["outcome"]["created"], second["outcome"]["known"]) == (3, 0, 3)
    assert len(await desk.notes()) == 3
    other = await desk.board()
    assert (await desk.bring(data, other))["outcome"]["created"] == 3, "another board has notes of its own"


async def test_a_deleted_note_is_imported_again(desk: Desk):
    await desk.bring(notes_file("a", "b"))
    (first, _) = await desk.notes()
    await desk.client.delete(f"/api/notes/{first['id']}")

    job = await desk.bring(notes_file("a", "b"))

    assert job["text"] == "1 note imported, 1 was there already"


async def test_bad_entries_are_reported_and_the_rest_is_imported(desk: Desk):
    data = json.dumps([{"done": True}, {"title": "good"}, *({"done": True} for _ in range(150))]).encode()

    job = await desk.bring(data, params={"name": "list.json"})

    assert job["state"] == "done"
    assert job["text"] == "1 note imported, 151 could not be read"
    assert job["outcome"]["skipped"] == 151
    assert len(job["outcome"]["problems"]) == 100
    assert job["outcome"]["problems"][0] == {
        "entry": "list.json: note 1",
        "reason": "is empty: it has neither a title nor a text",
    }
    assert (job["done"], job["total"]) == (152, 152)


async def test_an_import_of_takeout_reports_what_it_left_out(desk: Desk):
    job = await desk.bring(takeout())

    assert job["text"] == (
        "2 notes imported, 1 archived one and 1 from the trash were left out, without “attached files”"
    )
    assert job["outcome"]["left_out"] == 2
    assert job["outcome"]["left_out_reasons"] == [
        {"reason": "archived", "entries": 1},
        {"reason": "trashed", "entries": 1},
    ]
    assert job["outcome"]["lost"] == [{"what": "attached files", "example": "photo.png", "entries": 1}]


async def test_lost_data_is_counted_by_kind_and_bounded(desk: Desk):
    columns = ",".join(f"column {n}" for n in range(60))
    rows = "".join(f"{n}," + ",".join(f"{n}-{m}" for m in range(60)) + "\n" for n in range(250))

    job = await desk.bring(f"title,{columns}\n{rows}".encode(), params={"name": "x.csv"})

    assert job["text"] == "250 notes imported, without “column 0”, “column 1” and 48 more"
    lost = job["outcome"]["lost"]
    assert lost[3] == {"what": "column 3", "example": "0-3", "entries": 250}
    assert (len(lost), lost[-1]) == (50, {"what": "other things", "example": "0-49", "entries": 250 * 11})


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"nonsense", "The format was not recognised"),
        (b'[{"title": "a"}, ', "It is not whole JSON"),
        (notes_file(*map(str, range(300)))[:-1], "It is not whole JSON"),  # it is counted before the first change
        (b"PK\x03\x04nonsense", "perhaps it did not arrive completely"),
    ],
)
async def test_an_unreadable_file_is_reported_and_imports_nothing(desk: Desk, data: bytes, why: str):
    job = await desk.bring(data)

    assert job["state"] == "failed"
    assert why in job["text"]
    assert await desk.notes() == []
    assert len(desk.left()) == 1, "it can be run again"


async def test_imported_notes_have_an_event_each_and_are_found_by_a_search(desk: Desk):
    before = await desk.core.log.newest()

    await desk.bring(notes_file("Brötchen", "Milk"))

    told = await desk.core.log.since({"board:1"}, before, desk.core.broadcaster.newest)
    notes = [json.loads(message.data) for message in told or ()]
    assert [event["note"]["title"] for event in notes if "note" in event] == ["Brötchen", "Milk"]
    assert {event["action"] for event in notes if "note" in event} == {"create"}
    assert [event["note"] for event in notes if "note" in event] == await desk.notes()
    assert len((await desk.client.get("/api/notes", params={"q": "BRÖTCHEN"})).json()) == 1


# Dry runs.


async def test_a_dry_run_is_imported_without_another_upload(desk: Desk):
    look = await desk.bring(notes_file("a", "b"), params={"dry_run": "true"})
    assert (look["kept"], look["outcome"]["created"], await desk.notes()) == (True, 2, [])

    sent = await desk.client.post(f"/api/jobs/{look['id']}/import")
    job = await desk.ended(httpx.Response(202, headers={"Location": f"/api/jobs/{look['id']}"}))

    assert sent.status_code == 200
    assert (job["text"], job["options"]["dry_run"]) == ("2 notes imported", False)
    assert [note["title"] for note in await desk.notes()] == ["a", "b"]
    await desk.swept()
    assert (await desk.client.get(f"/api/jobs/{look['id']}")).json()["kept"] is False
    again = await desk.client.post(f"/api/jobs/{look['id']}/import")
    assert (again.status_code, again.json()["code"]) == (409, "not_now")


async def test_files_of_unfinished_imports_are_bounded_and_dry_runs_are_evicted(desk: Desk):
    desk.core.jobs._kept_bytes = 250
    failed = b"nonsense" + b"x" * 100
    looks = [await desk.bring(notes_file("a" * 80), params={"dry_run": "true"}) for _ in range(2)]
    assert [(await desk.client.get(f"/api/jobs/{look['id']}")).json()["kept"] for look in looks] == [True, True]

    assert (await desk.bring(failed))["state"] == "failed"
    assert [(await desk.client.get(f"/api/jobs/{look['id']}")).json()["kept"] for look in looks] == [False, True]
    assert (await desk.bring(failed))["state"] == "failed"
    refused = await desk.client.post("/api/imports", content=failed)

    assert (refused.status_code, refused.json()["code"]) == (409, "not_now")
    assert "take 216 bytes, and at most 250 are kept" in refused.json()["detail"]
    kept = [job for job in (await desk.client.get("/api/jobs")).json() if job["kept"]]
    assert len(kept) == 2
    while len(desk.left()) > 2:  # noqa: ASYNC110 - a folder does not say when
        await asyncio.sleep(0.005)


# Access.


@pytest.mark.parametrize(
    ("who", "imports", "exports"), [("ada", 202, 200), ("bob", 202, 200), ("root", 403, 200), ("eve", 404, 404)]
)
async def test_a_role_permits_import_and_export(house: House, who: str, imports: int, exports: int):
    board_id = await house.board(ada="owner", bob="editor", root="ticker")
    client = await house.browser(who)

    sent = await client.post(f"/api/boards/{board_id}/imports", content=notes_file("a"))
    fetched = await client.get(f"/api/boards/{board_id}/export")

    assert (sent.status_code, fetched.status_code) == (imports, exports)


async def test_a_read_token_exports_and_cannot_import(house: House):
    client = house.client(token=await house.token("ada", "read"))

    assert (await client.get("/api/export")).status_code == 200
    assert (await client.post("/api/imports", content=notes_file("a"))).status_code == 403


async def test_an_import_under_another_user_is_refused(house: House):
    client = await house.browser("ada")

    answer = await client.post(f"/api/imports?person_id={house.people['bob'].id}", content=notes_file("a"))

    assert answer.status_code == 403
