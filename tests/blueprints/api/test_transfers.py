"""Import and export by the API: what is sent, who may, what is refused, and how it goes to the disk."""

import asyncio
import errno
import io
import json
import os
import threading
import zipfile
from collections.abc import AsyncIterator
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quart import request
from werkzeug.exceptions import RequestEntityTooLarge

from quart_notes import create_app
from quart_notes.domain.access import ANYBODY
from quart_notes.schemas import BoardCreate, NoteUpdate
from quart_notes.transfer import upload_store
from quart_notes.transfer.upload_store import Upload, UploadStore
from quart_notes.web.request_body import BUFFER_BYTES, BackpressuredBody
from quart_notes.web.uploads import receive_upload
from tests.support.accounts_app import House
from tests.support.note_files import takeout
from tests.support.servers.empty_database import settings_for

Json = dict[str, Any]
ENDED = {"done", "failed", "cancelled", "interrupted"}
LIMIT = 400_000  # bytes of an import here
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--b--\r\n'


class Desk:
    """An application in open mode within this process, and what a program does with it."""

    def __init__(self, app: Any, client: httpx.AsyncClient) -> None:
        self.app = app
        self.core = app.extensions["quart_notes"]
        self.client = client

    async def bring(self, content: Any = None, board_id: int = 1, **wanted: Any) -> Json:
        """Import a file, and wait until the job has ended."""
        sent = await self.client.post(f"/api/boards/{board_id}/imports", content=content, **wanted)
        assert sent.status_code == 202, sent.text
        return await self.ended(sent)

    async def ended(self, sent: httpx.Response) -> Json:
        """The job of an import, once it has ended."""
        while True:
            job = (await self.client.get(sent.headers["Location"])).json()
            if job["state"] in ENDED:
                return dict(job)
            await asyncio.sleep(0.005)

    async def notes(self, board_id: int = 1) -> list[Json]:
        """All notes of a board."""
        return list((await self.client.get(f"/api/boards/{board_id}/notes")).json())

    async def board(self) -> int:
        """A new board."""
        return int((await self.core.boards.add(ANYBODY, BoardCreate(name="Another"))).result.id)

    def left(self) -> list[str]:
        """What lies in the folder of imports."""
        folder = self.core.settings.data / "imports"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    async def swept(self) -> None:
        """Return once nothing is left there."""
        while self.left():  # noqa: ASYNC110 - a folder does not say when
            await asyncio.sleep(0.005)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    app: Any = create_app(settings_for(tmp_path / "data", max_import_bytes=LIMIT))
    await app.startup()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield Desk(app, client)
    finally:
        await app.shutdown()


def _json(*titles: str) -> bytes:
    return json.dumps([{"title": title} for title in titles]).encode()


# What is sent.


async def test_a_file_is_sent_as_the_body_or_as_a_form(desk: Desk):
    bare = await desk.bring(_json("a"), params={"name": "plain.json"})
    named = await desk.bring(
        _json("b"), headers={"Content-Disposition": "attachment; filename*=UTF-8''C%3A%5C%C3%A9.json"}
    )
    nameless = await desk.bring(_json("c"), headers={"Content-Type": "text/plain"})
    form = await desk.bring(files={"file": ("form.json", _json("d"), "application/json")}, data={"other": "field"})

    assert [job["file_name"] for job in (bare, named, nameless, form)] == ["plain.json", "é.json", "file", "form.json"]
    assert [note["title"] for note in await desk.notes()] == ["a", "b", "c", "d"]
    await desk.swept()


async def test_several_files_of_a_folder_are_one_import(desk: Desk):
    parts = [("file", (f"folder/{name}.md", text)) for name, text in (("a", "# A"), ("b", "# B"), (".c", "# hidden"))]

    job = await desk.bring(files=[*parts, ("file", ("folder/picture.png", b"\x89PNG"))])

    assert job["file_name"] == "a.md and 3 more"
    assert job["outcome"]["created"] == 2
    assert [note["title"] for note in await desk.notes()] == ["A", "B"]


async def test_it_is_answered_at_once_with_where_the_job_is(desk: Desk):
    sent = await desk.client.post("/api/imports?dry_run=true&archived=true&format=json", content=_json("a"))

    job = sent.json()
    assert sent.status_code == 202
    assert sent.headers["Location"] == f"/api/jobs/{job['id']}"
    assert (job["state"], job["done"], job["total"], job["version"]) == ("waiting", 0, None, 1)
    assert job["options"] == {"format": "json", "dry_run": True, "archived": True, "trashed": False}


async def test_a_dry_run_says_what_would_come_in_and_changes_nothing(desk: Desk):
    await desk.bring(_json("here already"))
    before = await desk.notes()

    job = await desk.bring(_json("here already", "new", "new") + b"", params={"dry_run": "true"})

    assert job["text"] == "2 notes can be imported, 1 was there already"
    assert (job["outcome"]["created"], job["outcome"]["known"]) == (2, 1)
    assert job["outcome"]["sample"] == ["here already", "new", "new"]
    assert await desk.notes() == before


async def test_the_same_file_twice_doubles_nothing(desk: Desk):
    data = _json("a", "a", "b")

    first, second = await desk.bring(data), await desk.bring(data)

    assert (first["outcome"]["created"], second["outcome"]["created"], second["outcome"]["known"]) == (3, 0, 3)
    assert len(await desk.notes()) == 3
    other = await desk.board()
    assert (await desk.bring(data, other))["outcome"]["created"] == 3, "another board has notes of its own"


async def test_a_note_that_was_deleted_comes_in_again(desk: Desk):
    await desk.bring(_json("a", "b"))
    (first, _) = await desk.notes()
    await desk.client.delete(f"/api/notes/{first['id']}")

    job = await desk.bring(_json("a", "b"))

    assert job["text"] == "1 note imported, 1 was there already"


async def test_bad_entries_are_named_and_the_rest_comes_in(desk: Desk):
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


async def test_takeout_says_what_it_left_out(desk: Desk):
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


async def test_what_could_not_be_kept_is_counted_by_its_kind_and_bounded(desk: Desk):
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
        (b"PK\x03\x04nonsense", "perhaps it did not arrive completely"),
    ],
)
async def test_a_file_that_cannot_be_read_says_so_and_nothing_comes_in(desk: Desk, data: bytes, why: str):
    job = await desk.bring(data)

    assert job["state"] == "failed"
    assert why in job["text"]
    assert await desk.notes() == []
    assert len(desk.left()) == 1, "it can be run again"


async def test_a_file_of_which_the_end_is_bad_brings_nothing_in(desk: Desk):
    """It is counted first: what is wrong with it as a whole is found before anything is changed."""
    job = await desk.bring(_json(*map(str, range(300)))[:-1])

    assert job["state"] == "failed"
    assert await desk.notes() == []


async def test_notes_are_told_one_by_one_and_found_by_a_search(desk: Desk):
    before = await desk.core.log.newest()

    await desk.bring(_json("Brötchen", "Milk"))

    told = await desk.core.log.since({"board:1"}, before, desk.core.broadcaster.newest)
    notes = [json.loads(message.data) for message in told or ()]
    assert [event["note"]["title"] for event in notes if "note" in event] == ["Brötchen", "Milk"]
    assert {event["action"] for event in notes if "note" in event} == {"create"}
    assert [event["note"] for event in notes if "note" in event] == await desk.notes()
    assert len((await desk.client.get("/api/notes", params={"q": "BRÖTCHEN"})).json()) == 1


# What a look has found.


async def test_what_a_look_has_found_is_imported_without_sending_it_again(desk: Desk):
    look = await desk.bring(_json("a", "b"), params={"dry_run": "true"})
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


async def test_the_files_of_unfinished_imports_are_bounded_and_looks_make_room(desk: Desk):
    desk.core.jobs._kept_bytes = 250
    failed = b"nonsense" + b"x" * 100
    looks = [await desk.bring(_json("a" * 80), params={"dry_run": "true"}) for _ in range(2)]
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


# What is refused.


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [
        ({"content": b""}, 422, "validation_failed"),
        ({"files": {"file": ("", b"")}}, 422, "validation_failed"),
        ({"data": {"field": "x"}, "files": {"file": ("", b"")}}, 422, "validation_failed"),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "bad_request"),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}, 400, "bad_request"),
        (
            {"content": b"--b\r\n\r\nx", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
            400,
            "bad_request",
        ),
        (
            {
                "content": b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut',
                "headers": {"Content-Type": "multipart/form-data; boundary=b"},
            },
            400,
            "bad_request",
        ),
        ({"data": {"long": "x" * 1001}, "files": {"file": ("a", b"x")}}, 413, "too_large"),
        ({"files": [("a", (None, "x"))] * 30}, 413, "too_large"),
        ({"content": b"x", "params": {"format": "xml"}}, 422, "validation_failed"),
        ({"content": b"x", "params": {"dry_run": "perhaps"}}, 422, "validation_failed"),
        ({"content": b"x", "params": {"person_id": "999"}}, 404, "not_found"),
        ({"content": b"x" * (LIMIT + 1)}, 413, "too_large"),
        ({"files": [("file", (f"{n}", b"x" * (LIMIT // 2 + 1))) for n in range(2)]}, 413, "too_large"),
    ],
)
async def test_what_is_no_import_is_refused_and_leaves_nothing(desk: Desk, wanted: Json, status: int, code: str):
    answer = await desk.client.post("/api/imports", **wanted)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert desk.left() == []
    assert (await desk.client.get("/api/jobs")).json() == []


async def test_a_body_that_is_announced_as_too_long_is_not_read(desk: Desk):
    headers = {"Content-Length": str(1 << 40)}

    answer = await desk.client.post("/api/imports", content=b"x", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert desk.left() == []


def _fill_disk(monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """Have the disk be full when a file that is sent is written to, or when it is closed."""

    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    begin = Upload.start_file

    def full(self: Upload, name: str) -> None:
        begin(self, name)
        assert self._file is not None
        self._file.close()
        self._file = type("Full", (io.BytesIO,), {when: no_room})()

    monkeypatch.setattr(Upload, "start_file", full)


async def test_a_disk_that_is_full_while_the_rest_is_written_is_told_and_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    _fill_disk(monkeypatch, "close")
    answer = await desk.client.post("/api/imports", content=b"x" * (LIMIT + 1))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert desk.left() == []


async def test_a_full_disk_at_the_very_first_import_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    def full(_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(UploadStore, "_read_mark", full)
    answer = await desk.client.post("/api/imports", content=_json("a"))

    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")


async def test_a_full_disk_is_told_and_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    _fill_disk(monkeypatch, "write")
    answer = await desk.client.post("/api/imports", content=_json("a"))

    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
    assert desk.left() == []


async def test_somebody_with_too_many_unfinished_imports_is_refused_before_sending(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("quart_notes.domain.jobs.MAX_JOBS", 2)
    for _ in range(2):
        assert (await desk.bring(b"nonsense"))["state"] == "failed"

    answer = await desk.client.post("/api/imports", content=_json("a"))

    assert (answer.status_code, answer.json()["code"]) == (409, "not_now")
    await desk.client.delete("/api/jobs/1")
    assert (await desk.bring(_json("a")))["state"] == "done"


async def test_a_file_of_which_nothing_comes_any_more_is_given_up(desk: Desk):
    over = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield _json("a")
        await over.wait()

    desk.app.config["BODY_TIMEOUT"] = 0.05
    answer = await desk.client.post("/api/imports", content=body())
    over.set()

    assert (answer.status_code, answer.json()["code"]) == (408, "request_timeout")
    assert desk.left() == []


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=b", "application/json"])
@pytest.mark.parametrize("times", [1, 2])
async def test_who_leaves_while_a_file_is_made_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: str, times: int
):
    reached, go_on, made = threading.Event(), threading.Event(), threading.Event()
    begin, uploads = Upload.start_file, []

    def slowly(self: Upload, name: str) -> None:
        uploads.append(self)
        reached.set()
        assert go_on.wait(20)
        begin(self, name)
        made.set()

    monkeypatch.setattr(Upload, "start_file", slowly)
    receiving = asyncio.create_task(_receive(desk, kind))
    assert await asyncio.to_thread(reached.wait, 20)

    for _ in range(times):
        receiving.cancel()
        for _ in range(5):  # turns of the loop, in which it would end
            await asyncio.sleep(0)
    go_on.set()
    assert await asyncio.to_thread(made.wait, 20)
    await asyncio.wait({receiving})

    assert receiving.cancelled()
    assert desk.left() == []
    assert [upload._lock for upload in uploads] == [None]


async def _receive(desk: Desk, kind: str) -> None:
    headers = {"Content-Type": kind}
    async with desk.app.test_request_context("/api/imports", method="POST", data=FORM, headers=headers):
        cast(BackpressuredBody, request.body).decided(pieces=True)
        async with receive_upload():
            pass


@pytest.mark.parametrize("wanted", [{"content": _json("a")}, {"files": {"file": ("a", _json("a"))}}])
async def test_a_process_that_holds_the_folder_of_imports_holds_up_that_import_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, wanted: Json
):
    tried = threading.Event()

    def noted(descriptor: int, operation: int) -> None:
        tried.set()
        flock(descriptor, operation)

    monkeypatch.setattr(upload_store, "LOCK_TIMEOUT", 0.2)
    monkeypatch.setattr(upload_store, "flock", noted)
    folder = desk.core.settings.data / "imports"
    folder.mkdir()
    held = os.open(folder, os.O_RDONLY)
    flock(held, LOCK_EX)

    sending = asyncio.create_task(desk.client.post("/api/imports", **wanted))
    assert await asyncio.to_thread(tried.wait, 20)
    assert (await desk.client.get("/healthz")).status_code == 200
    answer = await sending
    os.close(held)

    assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
    assert answer.headers["Retry-After"] == "1"
    assert desk.left() == []
    assert (await desk.bring(**wanted))["state"] == "done"


async def test_of_a_large_body_no_more_is_read_than_somebody_takes():
    body = BackpressuredBody(1 << 40, 256 * 1024)
    body.append(b"x" * 65_536)
    reading = asyncio.create_task(body.room())
    await asyncio.sleep(0)
    assert not reading.done(), "nobody has said yet what it is for"

    body.decided(pieces=True)
    await reading
    body.append(b"x" * BUFFER_BYTES)
    reading = asyncio.create_task(body.room())
    await asyncio.sleep(0)
    assert not reading.done(), "nobody has taken anything yet"
    assert len(await anext(body)) == 65_536 + BUFFER_BYTES
    await reading


async def test_a_body_that_is_no_file_stays_bounded():
    announced, sent = BackpressuredBody(100, 10), BackpressuredBody(None, 10)
    sent.append(b"x" * 11)
    for body in (announced, sent):
        body.decided(pieces=False)
        await body.room()
        with pytest.raises(RequestEntityTooLarge):
            await body


# Who may.


@pytest.mark.parametrize(
    ("who", "imports", "exports"), [("ada", 202, 200), ("bob", 202, 200), ("root", 403, 200), ("eve", 404, 404)]
)
async def test_a_role_decides_about_import_and_export(house: House, who: str, imports: int, exports: int):
    board_id = await house.board(ada="owner", bob="editor", root="ticker")
    client = await house.browser(who)

    sent = await client.post(f"/api/boards/{board_id}/imports", content=_json("a"))
    fetched = await client.get(f"/api/boards/{board_id}/export")

    assert (sent.status_code, fetched.status_code) == (imports, exports)


async def test_a_token_that_may_look_exports_and_does_not_import(house: House):
    client = house.client(token=await house.token("ada", "read"))

    assert (await client.get("/api/export")).status_code == 200
    assert (await client.post("/api/imports", content=_json("a"))).status_code == 403


async def test_nobody_imports_in_somebody_elses_name(house: House):
    client = await house.browser("ada")

    answer = await client.post(f"/api/imports?person_id={house.people['bob'].id}", content=_json("a"))

    assert answer.status_code == 403


# Export.


@pytest.fixture
async def filled(desk: Desk) -> Desk:
    """A desk with 450 notes on board 1, some of them ticked off, one deleted."""
    await desk.bring(_json(*(f"note {n}" for n in range(450))))
    for note_id in (3, 400):
        await desk.core.notes.change(ANYBODY, 1, note_id, NoteUpdate(done=True, pinned=True, description="é\r\n=1"))
    await desk.core.notes.delete(ANYBODY, 1, 7)
    return desk


@pytest.mark.parametrize("kind", ["json", "csv", "markdown"])
async def test_an_export_comes_in_again_as_the_board_that_it_was(filled: Desk, kind: str):
    exported = await filled.client.get("/api/export", params={"format": kind})
    other = await filled.board()

    job = await filled.bring(exported.content, other, params={"name": "x"})

    assert (job["state"], job["outcome"]["created"]) == ("done", 449), job
    same = ("title", "description", "pinned", "done", "created_at", "updated_at")
    boards = [[[note[name] for name in same] for note in await filled.notes(board_id)] for board_id in (1, other)]
    assert boards[0] == boards[1]
    again = await filled.bring(exported.content, 1, params={"name": "x"})
    assert again["outcome"]["known"] == 449, "on its own board everything is there"


async def test_an_export_of_an_import_is_known_where_it_came_from(filled: Desk):
    other = await filled.board()
    first = await filled.client.get("/api/export")
    await filled.bring(first.content, other)

    back = await filled.client.get(f"/api/boards/{other}/export")

    assert (await filled.bring(back.content, 1))["outcome"]["known"] == 449


async def test_an_export_is_a_file_with_the_boards_name(desk: Desk):
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


async def test_what_comes_after_an_export_began_is_not_in_it(filled: Desk):
    export = await filled.core.exports.start(ANYBODY, 1)
    pages = filled.core.exports.pages(export)
    first = await anext(pages)
    await filled.bring(_json("late"))
    await filled.core.notes.delete(ANYBODY, 1, first[-1].note.id + 1)

    rest = [one async for page in pages for one in page]

    assert len(first) + len(rest) == 448
    assert "late" not in {one.note.title for one in rest}


notes_of_a_board = st.lists(
    st.fixed_dictionaries(
        {
            "done": st.booleans(),
            "pinned": st.booleans(),
            "title": st.sampled_from(["a", "b", "=c", None]),
            "description": st.sampled_from(["x", "y\n"]),
        }
    ),
    max_size=6,
)


@settings(max_examples=20)
@given(board=notes_of_a_board)
async def test_any_board_survives_the_way_out_and_in(desk: Desk, board: list[Json]):
    here, there = await desk.board(), await desk.board()
    await desk.bring(json.dumps(board).encode(), here)

    exported = await desk.client.get(f"/api/boards/{here}/export")
    await desk.bring(exported.content, there)
    back = await desk.client.get(f"/api/boards/{there}/export")

    assert json.loads(exported.content)["notes"] == json.loads(back.content)["notes"]
    assert len(json.loads(back.content)["notes"]) == len(board)
