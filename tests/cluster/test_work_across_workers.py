"""Background work of several workers: imports and answers run once, whichever worker takes them or dies."""

import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.servers import worker_processes
from tests.support.servers.fake_ollama import FakeOllama
from tests.support.servers.server_process import wait_for
from tests.support.servers.worker_processes import WorkerServer

server, shared = worker_processes.server, worker_processes.shared


def test_an_import_runs_once_whichever_worker_gets_the_upload(shared: WorkerServer):
    for worker in shared.workers():
        with shared.client_of(worker) as client:
            board = client.post("/api/boards", json={"name": f"For {worker}"}).json()["id"]
            notes = [{"title": f"{worker}, {n}"} for n in range(300)]
            started = client.post(f"/api/boards/{board}/imports", json=notes)
            assert started.status_code == 202, started.text
            job = partial(client.get, started.headers["Location"])
            _until(job, lambda answer: answer["state"] == "done")
            found = client.get(f"/api/boards/{board}/notes?limit=1000").json()
        assert sorted(note["title"] for note in found) == sorted(note["title"] for note in notes)


def test_workers_share_the_limit_of_concurrent_imports(server: WorkerServer):
    notes = [{"title": f"note {n}"} for n in range(1_500)]
    with server.clients() as found:
        for client in found.values():
            assert client.post("/api/imports", json=notes).status_code == 202
        most, states = 0, ["waiting"]
        while set(states) != {"done"}:
            states = [job["state"] for job in client.get("/api/jobs").json()]
            most = max(most, states.count("running"))
            assert set(states) <= {"waiting", "running", "done"}
    assert most == 2


def test_an_import_whose_worker_dies_is_interrupted_and_can_be_retried(server: WorkerServer):
    with server.client_of(server.workers()[-1]) as client:
        notes = [{"title": f"note {n}"} for n in range(5_000)]
        place = client.post("/api/imports", json=notes).headers["Location"]
        wait_for(lambda: client.get(place).json()["done"], "it has begun")
        os.kill(_leader(server), signal.SIGKILL)
        wait_for(lambda: client.get(place).json()["state"] == "interrupted", "another worker takes over")
        assert client.post(f"{place}/retry").status_code in {200, 202}
        wait_for(lambda: client.get(place).json()["state"] == "done", "it is done", 30)
        found: list[Any] = []
        while page := client.get(f"/api/notes?limit=1000&after_id={found[-1]['id'] if found else 0}").json():
            found += page
    assert sorted(note["title"] for note in found) == sorted(note["title"] for note in notes)


def _leader(server: WorkerServer) -> int:
    """The worker that runs imports: it holds a lock on a file."""
    inode = str((server.data / "imports.lock").stat().st_ino)
    for line in Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        if fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == inode:
            return int(fields[4])
    raise AssertionError("nobody leads")


@pytest.fixture(scope="module")
def assisted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WorkerServer, FakeOllama]]:
    """A server with three workers, and the Ollama of its assistant."""
    folder = tmp_path_factory.mktemp("assisted") / "data"
    with FakeOllama() as ollama, WorkerServer(folder, "--ollama-url", ollama.url) as server:
        yield server, ollama


def _asked(client: httpx.Client, nickname: str, question: str) -> tuple[int, Callable[[], httpx.Response]]:
    """A new user's id, and their conversation with the assistant, with this question."""
    about = {"name": "Ada", "email": f"{nickname}@example.org", "nickname": nickname}
    user: int = client.post("/api/users", json=about).json()["id"]
    room = client.post(f"/api/assistant/room?person_id={user}").json()["id"]
    sent = client.post(f"/api/rooms/{room}/messages", json={"author_id": user, "content": question})
    assert sent.status_code == 201, sent.text
    return user, partial(client.get, f"/api/rooms/{room}/messages?person_id={user}")


def test_a_question_is_answered_once_whichever_worker_gets_it(assisted: tuple[WorkerServer, FakeOllama]):
    server, ollama = assisted
    with server.clients() as found:
        for count, client in enumerate(found.values(), 1):
            before = len(ollama.received)
            _, said = _asked(client, f"asking{count}", f"Who is number {count}?")
            _until(said, _answered)
            assert len(ollama.received) == before + 1


def test_an_answer_can_be_stopped_at_any_worker(assisted: tuple[WorkerServer, FakeOllama]):
    server, ollama = assisted
    ollama.will("slowly", "Well", {"hold": "for ever"})
    with server.clients() as found:
        for count, client in enumerate(found.values()):
            user, said = _asked(client, f"stopping{count}", "Say it slowly")
            _until(said, lambda messages: messages[-1]["content"] == "Well")
            answer = said().json()[-1]["id"]
            stopped = client.post(f"/api/messages/{answer}/stop", json={"person_id": user})
            assert stopped.status_code == 200, stopped.text
            ollama.is_answering(0)
            assert said().json()[-1]["answer"]["state"] == "stopped"


def _until(ask: Callable[[], httpx.Response], holds: Callable[[Any], bool]) -> None:
    """Poll until the answer meets the condition."""
    wait_for(lambda: holds(ask().json()), "the answer is as it is to be")


def _answered(messages: list[Any]) -> bool:
    return any(message["answer"] and message["answer"]["state"] == "done" for message in messages)
