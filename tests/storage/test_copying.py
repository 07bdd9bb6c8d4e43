"""`quart-notes copy-database`: from SQLite to PostgreSQL, completely or not at all."""

import re
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from quart_notes.cli.main import cli
from quart_notes.settings import Postgres
from quart_notes.storage.copying.sqlite_to_postgres import migrate_to_postgres
from quart_notes.storage.copying.tables import CopyError, Row, Table
from quart_notes.storage.postgres.tables import PostgresTableStore
from tests.support.clients.command_line import assert_refused, run_in
from tests.support.servers import database_copies
from tests.support.servers.both_databases import Contents, contents, file_in, find, serving, unused_database, url_of
from tests.support.servers.database_copies import MOMENTS, copied, copy, held
from tests.support.servers.empty_database import file_after
from tests.support.servers.postgres import TEMPLATE
from tests.support.servers.server_fork import Child
from tests.support.servers.server_process import ServerProcess

target = database_copies.target

END_IT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'quart-notes copier' AND datname = current_database()
"""
TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"


def put_demo(data: Path) -> Path:
    """Put the demo into a data folder's database."""
    data.mkdir()
    file_in(data).write_bytes(file_after("demo"))
    return data


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with the demo in its database."""
    return put_demo(tmp_path / "data")


@pytest.fixture
def unused() -> Iterator[str]:
    """A PostgreSQL database without tables."""
    with unused_database() as url:
        yield url


def change(data: Path, *statements: str) -> None:
    """Change the file without the server."""
    with closing(sqlite3.connect(file_in(data))) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_new_rows_get_ids_that_were_never_used(data: Path, target: str):
    change(data, "DELETE FROM note WHERE id > 7", "DELETE FROM event_log WHERE number > 20", "DELETE FROM reading")
    copied(data, target)

    with (
        ServerProcess(data, "--database-url", target) as server,
        httpx.Client(base_url=server.base, verify=False) as client,
    ):
        note = client.post("/api/notes", json={"title": "new"})
        person = {"name": "New", "email": "new@example.org", "nickname": "new"}
        made = [client.post("/api/users", json=person), client.post("/api/boards", json={"name": "new"})]
        said = client.post("/api/rooms/1/messages", json={"author_id": 1, "content": "new"})

        assert note.json()["id"] == 11
        assert [answer.json()["id"] for answer in made] == [4, 6]
        assert said.json()["id"] == 9
        assert len(client.get("/api/notes").json()) == 8


# Repeated copies


def test_a_second_copy_replaces_the_first(data: Path, unused: str):
    first = copied(data, unused)
    assert "There is no key" in first  # `demo` creates no key
    assert find(unused, "SELECT * FROM server_key") == []
    assert not (data / "secret").exists()
    assert copied(data, unused) == first
    with serving("sqlite", data) as server:
        httpx.post(server.base + "/api/notes", json={"title": "later"}, verify=False)
        httpx.delete(server.base + "/api/notes/1", verify=False)

    copied(data, unused)

    everything_there = contents(url_of("sqlite", data))
    assert {**contents(unused), "server_key": []} == everything_there
    assert (data / "secret").read_bytes().hex() == find(unused, "SELECT key FROM server_key")[0][0]


def test_a_database_with_only_initial_rows_counts_as_empty(data: Path, target: str):
    with ServerProcess(data, "--database-url", target):
        pass

    copied(data, target)

    assert contents(target)["log_head"] == contents(url_of("sqlite", data))["log_head"]


def test_changes_in_the_target_are_never_replaced(data: Path, target: str):
    copied(data, target)
    with ServerProcess(data, "--database-url", target) as server:
        httpx.post(server.base + "/api/notes", json={"title": "there"}, verify=False)
    before = contents(target)
    ((newest,),) = find(target, "SELECT newest FROM log_head")

    assert_refused(copy(data, target), "changed since", f"event {newest}")

    with serving("sqlite", data) as server:
        for n in range(3):
            httpx.post(server.base + "/api/notes", json={"title": f"here {n}"}, verify=False)
    assert_refused(copy(data, target), "changed since", f"event {newest}")
    assert contents(target) == before


def test_the_notes_of_another_database_are_never_replaced(data: Path, target: str, tmp_path: Path):
    assert run_in(tmp_path, "demo", "--database-url", target).returncode == 0
    before = contents(target)

    assert_refused(copy(data, target), "holds the notes of another database")

    assert contents(target) == before


def test_a_running_server_on_either_side_is_refused(data: Path, unused: str):
    with serving("sqlite", data):
        assert_refused(copy(data, unused), str(file_in(data)), "in use by another Quart Notes process")
    assert find(unused, TABLES) == [(0,)]
    with ServerProcess(data, "--database-url", unused):
        assert_refused(copy(data, unused), "postgres://", "in use by another Quart Notes process")

    copied(data, unused)


def test_a_file_of_an_older_version_is_not_copied(data: Path, unused: str):
    change(data, "DELETE FROM tortoise_migrations WHERE name LIKE '0006%'")

    assert_refused(copy(data, unused), "older version", "0006_attempts", "run quart-notes migrate")

    assert find(unused, TABLES) == [(0,)]


@contextmanager
def silent(_: str) -> Iterator[Any]:
    """No progress report."""
    yield lambda done, total: None


@pytest.fixture(scope="module")
def copied_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str, Contents]]:
    """The demo, the database that it was copied to, and its content, for tests that change nothing there."""
    data = put_demo(tmp_path_factory.mktemp("copied") / "data")
    with unused_database(TEMPLATE) as url:
        copied(data, url)
        yield data, url, contents(url)


@pytest.mark.parametrize(
    ("statement", "trouble"),
    [
        ("UPDATE note SET title = 'a' || char(0) || 'b' WHERE id = 3", "note 3: title holds a NUL"),
        (
            "UPDATE note SET description = CAST(x'41eda080' AS TEXT) WHERE id = 4",
            "note 4: description is not UTF-8, or holds half of a surrogate pair",
        ),
        ("UPDATE note SET title = CAST(x'ff' AS TEXT) WHERE id = 5", "note 5: title is not UTF-8"),
        ("UPDATE note SET title = x'ff' WHERE id = 5", "note 5: title is no text"),
        ("UPDATE note SET title = printf('%.*c', 201, 'x') WHERE id = 6", "note 6: title is longer than 200"),
        ("UPDATE note SET version = 1 << 31 WHERE id = 7", "note 7: version is no number below"),
        ("UPDATE note SET created_at = 'today' WHERE id = 8", "note 8: created_at is no time"),
        ("UPDATE note SET board_id = 'here' WHERE id = 9", "note 9: board_id is no whole number"),
        ("UPDATE membership SET user_id = 77 WHERE id = 1", "user_id"),
        ("UPDATE note SET done = 2 WHERE id = 1", "the copy is not the same"),
    ],
)
async def test_values_that_postgresql_cannot_store_are_named_and_nothing_is_copied(
    copied_once: tuple[Path, str, Contents], tmp_path: Path, statement: str, trouble: str
):
    data, url, before = copied_once
    shutil.copytree(data, tmp_path / "data")
    change(tmp_path / "data", statement)

    with pytest.raises(CopyError, match=re.escape(trouble)):
        await migrate_to_postgres(file_in(tmp_path / "data"), tmp_path / "data", Postgres(url, 2, 30), silent)

    assert contents(url) == before


async def test_a_copy_that_differs_is_rolled_back(data: Path, target: str, monkeypatch: pytest.MonkeyPatch):
    write = PostgresTableStore.write

    async def forgetful(self: PostgresTableStore, table: Table, rows: list[Row]) -> None:
        await write(self, table, rows[1:] if table.name == "note" else rows)

    with monkeypatch.context() as patch:
        patch.setattr(PostgresTableStore, "write", forgetful)
        with pytest.raises(CopyError, match=r"not the same.*\nnote: 10 rows, \w+; 9 rows, \w+$"):
            await migrate_to_postgres(file_in(data), data, Postgres(target, 2, 30), silent)

    assert find(target, "SELECT count(*) FROM note") == [(0,)]
    assert find(target, "SELECT last_value FROM note_id_seq") == [(1,)], "as in a new database"


@pytest.mark.parametrize(("method", "table"), MOMENTS)
def test_a_killed_copy_leaves_the_target_unchanged(data: Path, target: str, method: str, table: str):
    copied(data, target)
    before = contents(target)
    sequences = find(target, "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
    change(data, "UPDATE note SET title = 'later' WHERE id = 3")

    with held(target, data.parent, *command(data, target), method=method, table=table) as child:
        child.kill()
        child.wait(10)

    assert contents(target) == before
    assert find(target, "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1") == sequences
    copied(data, target)
    assert find(target, "SELECT title FROM note WHERE id = 3") == [("later",)]


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (lambda _, target: find(target, END_IT), "postgres://"),
        (lambda child, _: child.send_signal(signal.SIGINT), "Aborted!"),  # a user at the terminal
    ],
    ids=["the server", "a user"],
)
def test_an_interrupted_copy_is_reported(data: Path, target: str, end: Callable[[Child, str], object], words: str):
    with held(target, data.parent, *command(data, target)) as child:
        end(child, target)

        assert child.wait(20) == 1
    said = (data.parent / "said").read_text()
    assert words in said
    assert "Traceback" not in said, said
    assert find(target, "SELECT count(*) FROM note") == [(0,)]


def command(data: Path, target: str) -> tuple[str, ...]:
    """Copies."""
    return ("copy-database", "--data", str(data), "--to", target)


# Invalid arguments


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "sqlite:///elsewhere"], ["--to", "must begin with postgres://"]),
        (["--to", "nonsense"], ["--to", "must begin with"]),
        (["--to", "postgres://host"], ["--to", "must name a database"]),
        (["--to", "postgres:///d?host=/h&password=hidden&sslmode=no"], ["--to", "sslmode must be one of"]),
        (["--to", "postgres://h/d", "--database-url", "postgres://h/d"], ["in PostgreSQL already", "sqlite:///"]),
    ],
)
def test_invalid_arguments_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: list[str]
):
    monkeypatch.chdir(tmp_path)

    done = CliRunner().invoke(cli, ["copy-database", "--data", "data", *arguments])

    assert (done.exit_code, done.stdout) == (2, "")
    assert all(word in done.stderr for word in words), done.stderr
    assert "hidden" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_missing_databases_are_reported(tmp_path: Path, target: str, data: Path):
    assert_refused(copy(tmp_path / "nothing", target), "there is no database at")
    missing = copy(data, target.replace("unused", "missing"))
    assert_refused(missing, "postgres://", "does not exist")
    nobody = copy(data, "postgres://someone:hidden@127.0.0.1:1/notes")
    assert_refused(nobody, "postgres://127.0.0.1:1/notes")
    assert "hidden" not in nobody.stderr
    (data / "secret").write_bytes(b"short")
    assert_refused(copy(data, target), "has 5 bytes")
    assert run_in(tmp_path, "migrate", "--data", "new").returncode == 0
    assert_refused(copy(tmp_path / "new", target), "nothing to copy yet")
