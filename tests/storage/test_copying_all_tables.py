"""`quart-notes copy-database` copies all tables."""

import asyncio
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from quart_notes.storage.copying.tables import EXCLUSIVE
from tests.support.clients.command_line import assert_refused
from tests.support.clients.feed_clients import EDGES, FeedClient, follow
from tests.support.routes import PASSWORD
from tests.support.servers import database_copies
from tests.support.servers.both_databases import TABLES, contents, file_in, find, serving, unused_database, url_of
from tests.support.servers.database_copies import copied, copy
from tests.support.servers.populated_server import everything, furnish
from tests.support.servers.postgres import TEMPLATE
from tests.support.servers.server_process import ServerProcess, wait_for

target = database_copies.target

ACCOUNTS = ("--access", "accounts")


def fill_all_tables(server: ServerProcess) -> None:
    """Put rows into every table."""
    furnish(server)
    cookie = dict([server.me.split(": ", 1)])
    with httpx.Client(base_url=server.base, verify=False, trust_env=False, headers=cookie) as client:
        made = [
            client.post("/api/me/tokens", json={"name": "script", "scope": "write"}),
            client.post("/api/invitations", json={"uses": 9}),
            client.post(
                "/api/notes",
                json={
                    "labels": ["Ünïcödé"],
                    "client_key": "copied-too",
                    "title": "Ünïcödé 🎈",
                    "description": "a\tb\n\\N \\x00 {} \"'",
                },
            ),
        ]
        assert {answer.status_code for answer in made} == {201}, [answer.text for answer in made]
        assert (
            client.patch(
                "/api/notes/1", json={"done": True, "pinned": True, "colour": "teal", "archived": True}
            ).status_code
            == 200
        )
        assert client.delete("/api/notes/2").status_code == 200
        for _ in range(2):  # its history
            assert client.delete("/api/notes/1").status_code == 200
            assert client.post("/api/notes/1/restore").status_code == 200
        assert client.post("/api/rooms/1/read", json={"reader_id": 1, "message_id": 1}).status_code == 200
        assert client.put("/api/messages/1/reactions/👍", params={"author_id": 1}).status_code == 200
        wait_for(lambda: client.get("/api/messages/1").json()["version"] == 2, "its event is sent")
    wrong = httpx.post(
        server.base + "/api/sign-in", json={"nickname": "first", "password": "wrong horse"}, verify=False
    )
    assert wrong.status_code in {401, 403, 422}, wrong.text


class Copied(NamedTuple):
    """A data folder in accounts mode with rows in every table, and the database that it was copied to twice."""

    data: Path
    url: str
    me: dict[str, str]
    everything: list[bytes | str]  # which a server reports
    said: str  # of the first copy


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copied]:
    """For tests that change nothing there."""
    data = tmp_path_factory.mktemp("copied") / "data"
    with unused_database(TEMPLATE) as url, serving("sqlite", data, *ACCOUNTS) as server:
        fill_all_tables(server)
        told = everything(server)
        server.stop()
        with closing(sqlite3.connect(file_in(data))) as file, file:  # a server makes the index within a minute
            file.execute("INSERT OR REPLACE INTO search_block (kind, first_id, words) VALUES ('note', 0, 'ünïcode')")
            file.execute("INSERT OR REPLACE INTO search_head (id, number) VALUES (1, 0)")
        said = copied(data, url)
        copied(data, url)
        yield Copied(data, url, dict([server.me.split(": ", 1)]), told, said)


@pytest.fixture
def clone(once: Copied, tmp_path: Path) -> Iterator[Copied]:
    """A clone of both sides, for a test that changes it."""
    shutil.copytree(once.data, tmp_path / "data")
    with unused_database(once.url.partition("?")[0].rpartition("/")[2]) as url:
        yield once._replace(data=tmp_path / "data", url=url)


def test_every_table_is_copied_unchanged(once: Copied):
    here, there = contents(once.url), contents(url_of("sqlite", once.data))
    forgotten = {TABLES[table] for table, rows in there.items() if not rows and table not in EXCLUSIVE}
    assert not forgotten, "put something there in fill_all_tables"

    assert {name for name in TABLES if name not in EXCLUSIVE} == set(
        re.findall(r"^(\w+) +[\d,]+  \w{16}$", once.said, re.M)
    )
    for table in set(TABLES) - EXCLUSIVE:
        assert here[table] == there[table], table
    assert [note["id"] for note in here["note"] if note["pinned"]] == [1]
    assert [note["id"] for note in here["note"] if note["colour"] == "teal" and note["archived_at"]] == [1]
    assert here["server_key"] == [{"id": 1, "key": (once.data / "secret").read_bytes().hex()}]
    assert "Imports that can still be run: 1" in once.said


def test_a_server_on_the_copy_returns_the_same_and_retries_a_failed_job(clone: Copied):
    with serving_copy(clone) as server:
        server.me = f"Cookie: {clone.me['Cookie']}"
        assert everything(server) == clone.everything
        run_failed_job_again(server)


def serving_copy(copied: Copied) -> ServerProcess:
    """A server on the copied database."""
    return ServerProcess(copied.data, "--database-url", copied.url, *ACCOUNTS)


def run_failed_job_again(server: ServerProcess) -> None:
    """Its file is in the same place, and without known notes."""
    me = dict([server.me.split(": ", 1)])
    with httpx.Client(base_url=server.base, verify=False, trust_env=False, headers=me) as client:
        before = client.get("/api/jobs/1").json()
        assert client.post("/api/jobs/1/retry").status_code == 200
        wait_for(lambda: client.get("/api/jobs/1").json()["state"] == "failed", "it fails again")
        after = client.get("/api/jobs/1").json()
    assert after["text"] == before["text"]
    assert after["version"] > before["version"]


async def test_clients_resume_by_event_id_on_the_copy_and_stay_signed_in(tmp_path: Path, target: str):
    data = tmp_path / "data"
    with serving("sqlite", data, *ACCOUNTS) as server:
        furnish(server)
        me = dict([server.me.split(": ", 1)])
        begun = [await follow(edge, server.port, headers=me) for edge in EDGES for _ in range(2)]
        early, late = begun[::2], begun[1::2]
        async with server.client() as http:
            http.headers.update(me)
            await _add(http, 5)
            await asyncio.gather(*(client.count(5) for client in early))
            for client in early:
                client.cut()
            await _add(http, 7)
            await asyncio.gather(*(client.count(12) for client in late))
        for client in late:
            client.cut()
        await asyncio.to_thread(server.stop)

        await asyncio.to_thread(copied, data, target)
        server.flags = ("--database-url", target, *ACCOUNTS)
        await asyncio.to_thread(server.start)

        again: list[FeedClient] = [
            await follow(type(client), server.port, client.ids[-1], headers=me) for client in begun
        ]
        async with server.client() as http:
            http.headers.update(me)
            ids = await _add(http, 6)
        assert ids == list(range(14, 20))
        for before, after in zip(begun, again, strict=True):
            await after.count(18 - len(before.ids))
            assert "reset" not in [event["action"] for event in after.events]
            numbers = before.numbers + after.numbers
            assert numbers == list(range(numbers[0], numbers[0] + 18))
            assert len({event_id.partition("-")[0] for event_id in before.ids + after.ids}) == 1
        for client in [*begun, *again]:
            client.connection.close()
        assert "Traceback" not in server.log


async def _add(http: httpx.AsyncClient, number: int) -> list[int]:
    answers = [await http.post("/api/notes", json={"title": str(n)}) for n in range(number)]
    assert {answer.status_code for answer in answers} == {201}, answers[0].text
    return [answer.json()["id"] for answer in answers]


def test_a_target_that_was_only_read_can_be_copied_to_again(clone: Copied):
    find(
        clone.url, "UPDATE session SET seen_at = seen_at - interval '1 day', expires_at = expires_at - interval '1 day'"
    )
    with serving_copy(clone) as server:
        assert httpx.get(server.base + "/api/notes", headers=clone.me, verify=False).status_code == 200
        wrong = {"nickname": "first", "password": "wrong horse"}
        assert httpx.post(server.base + "/api/sign-in", json=wrong, verify=False).status_code == 401

    copied(clone.data, clone.url)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/me/tokens", {"name": "another", "scope": "read"}),
        ("DELETE", "/api/invitations/1", None),
        ("POST", "/api/sign-in", {"nickname": "first", "password": PASSWORD}),
    ],
)
def test_changes_in_the_target_that_leave_no_event_are_never_replaced(
    clone: Copied, method: str, path: str, body: dict[str, Any] | None
):
    with serving_copy(clone) as server:
        done = httpx.request(method, server.base + path, json=body, headers=clone.me, verify=False)
        assert done.is_success, done.text
    before = contents(clone.url)

    assert_refused(copy(clone.data, clone.url), "changed since")

    assert contents(clone.url) == before
