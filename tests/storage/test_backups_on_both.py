"""Backups of SQLite and PostgreSQL, restored on either: complete, and clients with newer events get a reset."""

import asyncio
from contextlib import AsyncExitStack, closing
from pathlib import Path

import httpx
import pytest

from quart_notes.storage.copying.tables import EXCLUSIVE
from tests.storage import test_migrations
from tests.storage.test_migrations import MakeOld
from tests.support.acknowledged_notes import progress, writers
from tests.support.clients.command_line import Done, ask, assert_failed, assert_refused, run_in
from tests.support.clients.feed_clients import EDGES, follow
from tests.support.servers.both_databases import KINDS, Kind, contents, file_in, find, serving, unused_database, url_of
from tests.support.servers.database_copies import held
from tests.support.servers.empty_database import file_after
from tests.support.servers.populated_server import everything, furnish
from tests.support.servers.server_process import ServerProcess
from tests.support.servers.worker_processes import WorkerServer

make_old = test_migrations.make_old
on_each = pytest.mark.parametrize("kind", KINDS)
# A copy is a SQLite file, whatever its source: so each way to create one and to restore one is tested here.
across = pytest.mark.parametrize(("source", "target"), [("sqlite", "postgres"), ("postgres", "sqlite")])

PUT_KEY = "INSERT INTO server_key (id, key) VALUES (1, '{}') RETURNING id"


def backup(kind: Kind, data: Path, target: Path) -> Done:
    """The finished command."""
    return run_in(data.parent, "backup", str(target), "--data", str(data), "--database-url", url_of(kind, data))


def restore(kind: Kind, data: Path, source: Path) -> Done:
    """The finished command."""
    return run_in(data.parent, "restore", str(source), "--data", str(data), "--database-url", url_of(kind, data))


def succeeded(done: Done) -> str:
    """The output of a successful command."""
    assert done.returncode == 0, done.stderr
    return done.stdout


def add(server: ServerProcess, title: str) -> str:
    """The event id of a new note."""
    made = httpx.post(server.base + "/api/notes", json={"title": title}, verify=False)
    assert made.status_code == 201, made.text
    return made.headers["last-event-id"]


def titles(server: ServerProcess) -> list[str]:
    """Of all notes."""
    return [note["title"] for note in httpx.get(server.base + "/api/notes", verify=False).json()]


@across
async def test_after_a_restore_a_client_with_a_newer_id_gets_exactly_one_reset(
    tmp_path: Path, source: Kind, target: Kind
):
    copy, data = tmp_path / "copy.sqlite3", tmp_path / "target"
    with serving(source, tmp_path / "source") as server:
        add(server, "kept")
        said = succeeded(backup(source, server.data, copy))
        assert "checked" in said
    with serving(target, data) as server:
        later = ["later 0", "later 1", "later 2"]
        seen = [add(server, title) for title in later][-1]
        server.stop()

        said = succeeded(restore(target, data, copy))

        server.start()
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(server.client())
            clients = [await stack.enter_async_context(await follow(edge, server.port, seen)) for edge in EDGES]
            notes = await http.get("/api/notes")
            assert [note["title"] for note in notes.json()] == ["kept"]
            assert (await http.post("/api/notes", json={"title": "on it goes"})).status_code == 201
            for client in clients:
                await client.count(2)
                assert [event["action"] for event in client.events] == ["reset", "create"]
                epochs = {event_id.partition("-")[0] for event_id in client.ids}
                assert epochs == {notes.headers["last-event-id"].partition("-")[0]}
                assert not epochs & {seen.partition("-")[0], ask(copy, "SELECT epoch FROM log_head")}
        assert "Traceback" not in server.log

    (kept,) = data.glob("quart-notes-replaced-*.sqlite3")
    assert kept.name in said
    assert ask(kept, "SELECT count(*) FROM note") == 3
    assert not list(data.glob("*restoring*"))
    succeeded(restore(target, data, kept))
    with serving(target, data) as server:
        assert titles(server) == later


@across
def test_everything_except_the_key_and_the_epoch_is_restored(tmp_path: Path, source: Kind, target: Kind):
    copy, data = tmp_path / "copy.sqlite3", tmp_path / "target"
    with serving(source, tmp_path / "source", "--access", "accounts") as server:
        furnish(server)
        before = everything(server)
        server.stop()
        succeeded(backup(source, server.data, copy))
        there = contents(url_of(source, server.data))
        assert copy.stat().st_mode & 0o777 == 0o600

        succeeded(restore(target, data, copy))

        here = contents(url_of(target, data))
        assert contents(f"sqlite:///{copy}")["server_key"] == []
        names = {note["origin"] for note in here["note"]}
        assert names == {f"{there['log_head'][0]['epoch']}/{note['id']}" for note in there["note"]}
        for table in here.keys() - EXCLUSIVE - {"note", "log_head"}:
            assert here[table] == there[table], table
        if source == "sqlite":
            find(url_of(target, data), PUT_KEY.format((server.data / "secret").read_bytes().hex()))
        else:
            (key,) = find(url_of(source, server.data), "SELECT key FROM server_key")[0]
            (data / "secret").write_bytes(bytes.fromhex(key))
        server.data, server.flags = data, ("--database-url", url_of(target, data), "--access", "accounts")
        server.start()
        after = everything(server)
        assert _without_epoch(after) == _without_epoch(before)


def _without_epoch(stored: list[bytes | str]) -> list[bytes | str]:
    return [part.partition("-")[2] if isinstance(part, str) else part for part in stored]


@on_each
async def test_a_backup_during_writes_of_three_workers_is_consistent(tmp_path: Path, kind: Kind):
    """As many notes as events, no fewer than were acknowledged, and none partial."""
    data = tmp_path / "data"
    with WorkerServer(data, "--database-url", url_of(kind, data), workers=3) as server:
        async with writers(server, 3, pause=0.01) as acknowledged:  # not a load test
            await progress(acknowledged, 30)
            before, copy = len(acknowledged), tmp_path / "copy.sqlite3"
            assert "checked" in succeeded(await asyncio.to_thread(backup, kind, data, copy))
            notes = ask(copy, "SELECT count(*) FROM note")
            assert ask(copy, "PRAGMA integrity_check") == "ok"
            assert ask(copy, "SELECT count(*) FROM event_log") == ask(copy, "SELECT newest FROM log_head") == notes
            assert notes >= before, "an acknowledged note is missing"
        assert "ERROR" not in server.log
    names = [path.name for path in tmp_path.iterdir() if path.name.startswith("copy")]  # noqa: ASYNC240 - it is over
    assert names == ["copy.sqlite3"], "something is left beside the copy"


def test_a_restore_on_postgresql_is_refused_while_a_server_runs(tmp_path: Path):
    data, copy = tmp_path / "data", tmp_path / "copy.sqlite3"
    with serving("postgres", data) as server:
        add(server, "mine")
        succeeded(backup("postgres", data, copy))

        assert_failed(restore("postgres", data, copy), "in use by another Quart Notes process")

        assert titles(server) == ["mine"]
        assert not list(data.glob("*replaced*"))
        assert not list(data.glob("*restoring*"))


def test_a_backup_can_be_restored_to_an_empty_postgresql_database(tmp_path: Path):
    (tmp_path / "copy.sqlite3").write_bytes(file_after("demo"))

    said = succeeded(restore("postgres", tmp_path / "data", tmp_path / "copy.sqlite3"))

    assert "former" not in said
    assert len(contents(url_of("postgres", tmp_path / "data"))["note"]) == 10


async def test_a_backup_of_an_older_version_is_migrated_on_postgresql(tmp_path: Path, make_old: MakeOld):
    with closing(await make_old(tmp_path / "old", 2)) as old, old:
        old.execute(test_migrations.OLD_NOTE, ("one", False, "one"))
        old.execute(test_migrations.OLD_PERSON, ("Ada", "Ada", "ada"))
    before = file_in(tmp_path / "old").read_bytes()

    succeeded(restore("postgres", tmp_path / "new", file_in(tmp_path / "old")))

    there = contents(url_of("postgres", tmp_path / "new"))
    assert [(note["title"], note["board_id"]) for note in there["note"]] == [("one", 1)]
    assert file_in(tmp_path / "old").read_bytes() == before
    with serving("postgres", tmp_path / "new") as server:
        assert titles(server) == ["one"]


def test_a_foreign_file_is_not_restored_on_postgresql(tmp_path: Path):
    succeeded(run_in(tmp_path, "demo", "--database-url", url_of("postgres", tmp_path / "data")))
    before = contents(url_of("postgres", tmp_path / "data"))
    for content in (b"my diary", b"", b"SQLite format 3\0" + b"\xff" * 5000):
        (tmp_path / "other").write_bytes(content)

        assert_refused(restore("postgres", tmp_path / "data", tmp_path / "other"), "other")

    assert contents(url_of("postgres", tmp_path / "data")) == before
    assert not list((tmp_path / "data").glob("*re*"))


def test_a_failed_backup_of_postgresql_leaves_nothing(tmp_path: Path):
    with unused_database() as url:
        refused = run_in(tmp_path, "backup", "copy", "--database-url", url)
        assert_refused(refused, "holds no notes")
        assert_refused(run_in(tmp_path, "backup", "copy", "--database-url", url + "&port=1"), "postgres://")
        assert_refused(
            run_in(tmp_path, "backup", "copy", "--database-url", url.replace("/unused", "/missing")), "missing"
        )
        succeeded(run_in(tmp_path, "demo", "--database-url", url))
        assert_refused(run_in(tmp_path, "backup", "nowhere/copy", "--database-url", url), "no folder nowhere")
        find(url, "DELETE FROM tortoise_migrations WHERE name LIKE '0006%' RETURNING id")
        assert_refused(
            run_in(tmp_path, "backup", "copy", "--database-url", url), "older version", "quart-notes migrate"
        )
    (tmp_path / "there").write_text("precious")
    assert_refused(backup("postgres", tmp_path / "data", tmp_path / "there"), "exists already")

    assert not list(tmp_path.glob("copy*"))
    assert not (tmp_path / "nowhere").exists()
    assert (tmp_path / "there").read_text() == "precious"


def test_a_killed_restore_changes_nothing(tmp_path: Path):
    data, copy = tmp_path / "data", tmp_path / "copy.sqlite3"
    url = url_of("postgres", data)
    copy.write_bytes(file_after("demo"))
    succeeded(run_in(tmp_path, "demo", "--data", str(data), "--database-url", url))
    before = contents(url)

    with held(url, tmp_path, "restore", str(copy), "--data", str(data), "--database-url", url) as child:
        child.kill()
        child.wait(10)

    assert contents(url) == before
    assert (data / "restoring" / "copy.sqlite3").is_file()
    (data / "restoring" / "left.sqlite3").touch()
    with serving("postgres", data):
        assert_failed(restore("postgres", data, copy), "in use by another Quart Notes process")
        assert (data / "restoring" / "left.sqlite3").exists(), "it may be another restore's"
    succeeded(restore("postgres", data, copy))
    assert not (data / "restoring").exists()
    assert contents(url) != before
