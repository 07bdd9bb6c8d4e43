"""Refused and failed uploads: nothing of them remains on the disk."""

import asyncio
import errno
import io
import os
import threading
from collections.abc import AsyncIterator
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import cast
from unittest.mock import Mock

import pytest
from quart import request
from werkzeug.exceptions import RequestEntityTooLarge

from quart_notes.transfer import upload_store
from quart_notes.transfer.upload_store import Upload, UploadStore
from quart_notes.web.request_body import BUFFER_BYTES, BackpressuredBody
from quart_notes.web.uploads import receive_upload
from tests.support.transfer_desk import LIMIT, Desk, Json, notes_file, opened_desk

FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--b--\r\n'


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened_desk(tmp_path / "data") as desk:
        yield desk


BROKEN_FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut'
NO_IMPORTS: list[tuple[Json, int, str]] = [
    ({"content": b""}, 422, "validation_failed"),
    ({"files": {"file": ("", b"")}}, 422, "validation_failed"),
    ({"data": {"field": "x"}, "files": {"file": ("", b"")}}, 422, "validation_failed"),
    ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "bad_request"),
    *(
        ({"content": content, "headers": {"Content-Type": "multipart/form-data; boundary=b"}}, 400, "bad_request")
        for content in (b"x", b"--b\r\n\r\nx", BROKEN_FORM)
    ),
    ({"data": {"long": "x" * 1001}, "files": {"file": ("a", b"x")}}, 413, "too_large"),
    ({"files": [("a", (None, "x"))] * 30}, 413, "too_large"),
    ({"content": b"x", "params": {"format": "xml"}}, 422, "validation_failed"),
    ({"content": b"x", "params": {"dry_run": "perhaps"}}, 422, "validation_failed"),
    ({"content": b"x", "params": {"person_id": "999"}}, 404, "not_found"),
    ({"content": b"x" * (LIMIT + 1)}, 413, "too_large"),
    ({"content": b"x", "headers": {"Content-Length": str(1 << 40)}}, 413, "too_large"),  # it is not read
    ({"files": [("file", (f"{n}", b"x" * (LIMIT // 2 + 1))) for n in range(2)]}, 413, "too_large"),
]


async def test_an_invalid_upload_is_refused_and_leaves_nothing(desk: Desk):
    for wanted, status, code in NO_IMPORTS:
        answer = await desk.client.post("/api/imports", **wanted)

        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert desk.left() == []
    assert (await desk.client.get("/api/jobs")).json() == []


def _fill_disk(monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """Simulate a full disk, at a write of the uploaded file or when it is closed."""
    no_room = Mock(side_effect=OSError(errno.ENOSPC, "No space left on device"))
    begin = Upload.start_file

    def full(self: Upload, name: str) -> None:
        begin(self, name)
        assert self._file is not None
        self._file.close()
        self._file = type("Full", (io.BytesIO,), {when: no_room})()

    monkeypatch.setattr(Upload, "start_file", full)


async def test_a_disk_full_at_the_first_import_is_reported(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    full = Mock(side_effect=OSError(errno.ENOSPC, "No space left on device"))
    monkeypatch.setattr(UploadStore, "_read_mark", full)
    answer = await desk.client.post("/api/imports", content=notes_file("a"))

    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")


@pytest.mark.parametrize(
    ("when", "content", "refusal"),
    [("write", notes_file("a"), (507, "storage_full")), ("close", b"x" * (LIMIT + 1), (413, "too_large"))],
)
async def test_a_full_disk_is_reported_and_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, when: str, content: bytes, refusal: tuple[int, str]
):
    _fill_disk(monkeypatch, when)
    answer = await desk.client.post("/api/imports", content=content)

    assert (answer.status_code, answer.json()["code"]) == refusal
    assert desk.left() == []


async def test_a_user_with_too_many_unfinished_imports_is_refused_before_the_upload(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("quart_notes.domain.jobs.MAX_JOBS", 2)
    for _ in range(2):
        assert (await desk.bring(b"nonsense"))["state"] == "failed"

    answer = await desk.client.post("/api/imports", content=notes_file("a"))

    assert (answer.status_code, answer.json()["code"]) == (409, "not_now")
    await desk.client.delete("/api/jobs/1")
    assert (await desk.bring(notes_file("a")))["state"] == "done"


async def test_a_stalled_upload_times_out(desk: Desk):
    over = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield notes_file("a")
        await over.wait()

    desk.app.config["BODY_TIMEOUT"] = 0.05
    answer = await desk.client.post("/api/imports", content=body())
    over.set()

    assert (answer.status_code, answer.json()["code"]) == (408, "request_timeout")
    assert desk.left() == []


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=b", "application/json"])
@pytest.mark.parametrize("times", [1, 2])
async def test_a_disconnect_while_a_file_is_created_leaves_nothing(
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
        for _ in range(5):  # turns of the event loop in which it could end
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


@pytest.mark.parametrize("wanted", [{"content": notes_file("a")}, {"files": {"file": ("a", notes_file("a"))}}])
async def test_a_process_that_locks_the_upload_folder_delays_only_the_import(
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


async def test_a_large_body_is_read_only_as_fast_as_it_is_consumed():
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


async def test_a_body_that_is_not_an_upload_is_bounded():
    announced, sent = BackpressuredBody(100, 10), BackpressuredBody(None, 10)
    sent.append(b"x" * 11)
    for body in (announced, sent):
        body.decided(pieces=False)
        await body.room()
        with pytest.raises(RequestEntityTooLarge):
            await body
