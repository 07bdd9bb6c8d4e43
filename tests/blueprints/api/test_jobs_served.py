"""Imports on a running server: over restarts and crashes, in constant memory, and beside other requests."""

import json
import socket
import time
from typing import Any

import httpx
import pytest

from tests.support.servers.server_process import ServerProcess, wait_for

Json = dict[str, Any]
ENDED = {"done", "failed", "cancelled", "interrupted"}


def _file(count: int, size: int = 1) -> bytes:
    return json.dumps([{"title": f"note {n}", "description": "x" * size} for n in range(count)]).encode()


def _sent(server: ServerProcess, data: bytes) -> str:
    sent = httpx.post(f"{server.base}/api/imports", content=data, verify=False)
    assert sent.status_code == 202, sent.text
    return server.base + str(sent.headers["Location"])


def _job(where: str) -> Json:
    return dict(httpx.get(where, verify=False).json())


def _titles(server: ServerProcess) -> list[str]:
    titles: list[str] = []
    after = 0
    while page := httpx.get(f"{server.base}/api/notes", params={"after_id": after}, verify=False).json():
        titles += [note["title"] for note in page]
        after = page[-1]["id"]
    return titles


@pytest.mark.parametrize("way", ["kill", "stop"])
def test_an_import_interrupted_by_a_shutdown_runs_again_without_duplicates(server: ServerProcess, way: str):
    where = _sent(server, _file(2000, 500))
    wait_for(lambda: _job(where)["done"] >= 200, "it has begun", 30)

    getattr(server, way)()
    server.start()

    job = _job(where)
    assert (job["state"], job["text"]) == (
        "interrupted",
        "The server stopped during the import. Run it again: no note is imported twice.",
    )
    there = _titles(server)
    assert 0 < len(there) < 2000
    assert job["outcome"]["created"] == len(there), "progress and notes are one"
    assert httpx.post(f"{where}/retry", verify=False).status_code == 200
    wait_for(lambda: _job(where)["state"] == "done", "it ends", 60)
    assert sorted(_titles(server)) == sorted(f"note {n}" for n in range(2000))
    assert _job(where)["outcome"]["known"] == len(there)
    wait_for(lambda: not list((server.data / "imports").iterdir()), "its file is gone")
    assert "Traceback" not in server.log


def test_waiting_imports_start_after_a_restart_and_orphaned_files_are_deleted(server: ServerProcess):
    where = [_sent(server, _file(20_000)) for _ in range(3)]
    server.kill()
    (server.data / "imports" / "orphan").mkdir()
    waiting = [one for one in where if _state(server, one) == "waiting"]
    assert waiting

    server.start()

    assert not (server.data / "imports" / "orphan").exists()
    for one in waiting:
        assert _job(one)["state"] in {"waiting", "running", "done"}
    for one in waiting:
        httpx.post(f"{one}/cancel", verify=False)


def _state(server: ServerProcess, where: str) -> str:
    return str(server.stored(f"SELECT state FROM job WHERE id = {where.rpartition('/')[2]}")[0][0])


@pytest.mark.sqlite_only("the memory is that of our own process, on any database")
def test_many_long_notes_are_imported_and_exported_in_constant_memory(server: ServerProcess):
    httpx.get(f"{server.base}/api/notes", verify=False)
    wait_for(lambda: _job(_sent(server, _file(100)))["id"], "it is warm")
    before = server.rss_kib()
    data = _file(6000, 4000)

    where = _sent(server, data)
    peak = before
    while _job(where)["state"] not in ENDED:
        peak = max(peak, server.rss_kib())
        time.sleep(0.05)  # to leave the import the processor
    with httpx.stream("GET", f"{server.base}/api/export", timeout=60, verify=False) as exported:
        size = sum(len(piece) for piece in exported.iter_bytes())
        peak = max(peak, server.rss_kib())

    assert _job(where)["state"] == "done"
    assert size > len(data)
    assert peak - before < 64 * 1024, f"{len(data) >> 20} MiB of notes took {(peak - before) >> 10} MiB of memory"


async def test_the_server_responds_during_an_import(server: ServerProcess):
    where = _sent(server, _file(5000, 200))
    answered = 0
    async with server.client() as client:
        while (await client.get(where)).json()["state"] not in ENDED:
            assert (await client.post("/api/notes", json={"title": "during it"})).status_code == 201
            answered += 1

    assert answered > 5


def test_an_upload_larger_than_the_buffer_is_complete_and_so_is_a_slow_one(server: ServerProcess):
    data = _file(2000, 400)
    assert len(data) > 3 * 256 * 1024
    head = f"POST /api/imports HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(data)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(head + data[:1000])
        time.sleep(0.05)
        client.sendall(data[1000:])
        answer = client.recv(65_536)

    assert answer.startswith(b"HTTP/1.1 202"), answer


def test_an_aborted_upload_leaves_nothing(server: ServerProcess):
    folder = server.data / "imports"
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(
            b"POST /api/imports HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1000
        )
        wait_for(lambda: folder.is_dir() and list(folder.iterdir()), "it is being received")

    wait_for(lambda: not list(folder.iterdir()), "it is gone")
    assert httpx.get(f"{server.base}/api/jobs", verify=False).json() == []
