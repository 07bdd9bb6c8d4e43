"""`quart-notes copy-database`: from SQLite to PostgreSQL as a whole, or not at all."""

import os
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from quart_notes.settings import Postgres
from quart_notes.storage.copying import sqlite_to_postgres
from quart_notes.storage.copying.tables import CopyError, Row, Table
from quart_notes.storage.postgres.tables import PostgresTableStore
from tests.support.clients.command_line import assert_refused, run_in
from tests.support.servers import database_copies
from tests.support.servers.both_databases import contents, file_in, find, serving, url_of
from tests.support.servers.database_copies import copied, copy
from tests.support.servers.server_fork import Child
from tests.support.servers.server_process import ROOT, ServerProcess, wait_for

target = database_copies.target

AT_WORK = """
    SELECT 1 FROM pg_stat_activity
    WHERE application_name = 'quart-notes copier' AND datname = current_database() AND query LIKE 'COPY%'
"""
END_IT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'quart-notes copier' AND datname = current_database()
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with the demo in its file."""
    done = run_in(tmp_path, "demo", "--data", str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr
    return tmp_path / "data"


def change(data: Path, *statements: str) -> None:
    """Do something to the file, past the server."""
    with closing(sqlite3.connect(file_in(data))) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_whatever_is_new_gets_an_id_that_nothing_ever_had(data: Path, target: str):
    change(data, "DELETE FROM note WHERE id > 7", "DELETE FROM event_log WHERE number > 20", "DELETE FROM reading")
    copied(data, target)

    with ServerProcess(data, "--database-url", target) as server, httpx.Client(base_url=server.base) as client:
        note = client.post("/api/notes", json={"title": "new"})
        person = {"name": "New", "email": "new@example.org", "nickname": "new"}
        made = [client.post("/api/users", json=person), client.post("/api/boards", json={"name": "new"})]
        said = client.post("/api/rooms/1/messages", json={"author_id": 1, "content": "new"})

        assert note.json()["id"] == 11
        assert [answer.json()["id"] for answer in made] == [4, 6]
        assert said.json()["id"] == 9
        assert len(client.get("/api/notes").json()) == 8


def test_without_a_key_it_says_that_everybody_signs_in_again(data: Path, target: str):
    assert not (data / "secret").exists()  # `demo` signs nothing

    assert "There is no key" in copied(data, target)

    assert find(target, "SELECT * FROM server_key") == []
    assert not (data / "secret").exists()


# Again, or not at all


def test_it_can_be_done_again_and_replaces_what_is_there(data: Path, target: str):
    first = copied(data, target)
    assert copied(data, target) == first
    with serving("sqlite", data) as server:
        httpx.post(server.base + "/api/notes", json={"title": "later"})
        httpx.delete(server.base + "/api/notes/1")

    copied(data, target)

    everything_there = contents(url_of("sqlite", data))
    assert {**contents(target), "server_key": []} == everything_there
    assert (data / "secret").read_bytes().hex() == find(target, "SELECT key FROM server_key")[0][0]


def test_a_database_on_which_a_server_did_nothing_yet_counts_as_empty(data: Path, target: str):
    with ServerProcess(data, "--database-url", target):
        pass

    copied(data, target)

    assert contents(target)["log_head"] == contents(url_of("sqlite", data))["log_head"]


@pytest.mark.parametrize("also_here", [False, True], ids=["there only", "on both sides"])
def test_what_was_written_on_the_other_side_is_never_replaced(data: Path, target: str, also_here: bool):
    copied(data, target)
    with ServerProcess(data, "--database-url", target) as server:
        httpx.post(server.base + "/api/notes", json={"title": "there"})
    if also_here:
        with serving("sqlite", data) as server:
            for n in range(3):
                httpx.post(server.base + "/api/notes", json={"title": f"here {n}"})
    before = contents(target)

    assert_refused(copy(data, target), "changed since", "event 35")

    assert contents(target) == before


def test_another_databases_notes_are_never_replaced(data: Path, target: str, tmp_path: Path):
    assert run_in(tmp_path, "demo", "--database-url", target).returncode == 0
    before = contents(target)

    assert_refused(copy(data, target), "holds the notes of another database")

    assert contents(target) == before


def test_a_server_on_either_side_is_in_the_way(data: Path, target: str):
    with serving("sqlite", data):
        assert_refused(copy(data, target), str(file_in(data)), "in use by another Quart Notes process")
    assert find(target, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
    copied(data, target)
    with ServerProcess(data, "--database-url", target):
        assert_refused(copy(data, target), "postgres://", "in use by another Quart Notes process")

    copied(data, target)


def test_a_file_of_an_older_version_is_not_copied(data: Path, target: str):
    change(data, "DELETE FROM tortoise_migrations WHERE name LIKE '0006%'")

    assert_refused(copy(data, target), "older version", "0006_attempts", "run quart-notes migrate")

    assert find(target, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_versions_that_are_newer_than_the_program_are_named(data: Path, target: str):
    copied(data, target)
    newer = "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('quart_notes', '0999_x', '2030-01-01')"
    find(target, newer)
    assert_refused(copy(data, target), "postgres://", "newer version", "0999_x")
    find(target, "DELETE FROM tortoise_migrations WHERE name = '0999_x' RETURNING id")
    change(data, newer)

    assert_refused(copy(data, target), "quart-notes.sqlite3", "newer version", "0999_x")


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
        ("UPDATE note SET created_at = 'today' WHERE id = 8", "note 8: created_at is no moment"),
        ("UPDATE note SET board_id = 'here' WHERE id = 9", "note 9: board_id is no whole number"),
        ("UPDATE membership SET user_id = 77 WHERE id = 1", "user_id"),
        ("UPDATE note SET done = 2 WHERE id = 1", "the copy is not the same"),
    ],
)
def test_what_postgresql_cannot_take_is_named_and_nothing_is_copied(
    data: Path, target: str, statement: str, trouble: str
):
    copied(data, target)
    before = contents(target)
    change(data, statement)

    assert_refused(copy(data, target), trouble)

    assert contents(target) == before


@contextmanager
def silent(_: str) -> Iterator[Any]:
    """Nobody looks how far it is."""
    yield lambda done, total: None


async def test_a_copy_that_is_not_the_same_is_taken_back(data: Path, target: str, monkeypatch: pytest.MonkeyPatch):
    write = PostgresTableStore.write

    async def forgetful(self: PostgresTableStore, table: Table, rows: list[Row]) -> None:
        await write(self, table, rows[1:] if table.name == "note" else rows)

    with monkeypatch.context() as patch:
        patch.setattr(PostgresTableStore, "write", forgetful)
        with pytest.raises(CopyError, match=r"not the same.*\nnote: 10 rows, \w+; 9 rows, \w+$"):
            await sqlite_to_postgres.migrate_to_postgres(file_in(data), data, Postgres(target, 2, 30), silent)

    assert find(target, "SELECT count(*) FROM note") == [(0,)]
    assert find(target, "SELECT last_value FROM note_id_seq") == [(1,)], "as in a new database"


def test_a_kill_in_the_middle_leaves_the_other_side_as_it_was(data: Path, target: str):
    copied(data, target)
    before = contents(target)
    sequences = find(target, "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
    add_notes(data, 3000)
    for seconds in (0.0, 0.3, 0.8):
        with tempfile.TemporaryFile() as nowhere:
            child = slow_copy(data, target, nowhere.fileno())
        wait_for(lambda: find(target, AT_WORK), "it copies", 30)
        time.sleep(seconds)

        assert child.poll() is None
        child.kill()
        child.wait(10)

        assert contents(target) == before
        assert find(target, "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1") == sequences

    copied(data, target)

    assert find(target, "SELECT count(*) FROM note") == [(3010,)]


def test_a_postgresql_that_goes_away_in_the_middle_is_told(data: Path, target: str):
    """And so it is when somebody at the terminal ends it."""
    add_notes(data, 3000)
    ends: tuple[tuple[Callable[[Child], object], str], ...] = (
        (lambda _: find(target, END_IT), "postgres://"),
        (lambda child: child.send_signal(signal.SIGINT), "Aborted!"),
    )
    for end, words in ends:
        with tempfile.TemporaryFile("w+") as err:
            child = slow_copy(data, target, err.fileno())
            wait_for(lambda: find(target, AT_WORK), "it copies", 30)

            end(child)

            assert child.wait(20) == 1
            err.seek(0)
            said = err.read()
        assert words in said
        assert "Traceback" not in said, said
        assert find(target, "SELECT count(*) FROM note") == [(0,)]


def slow_copy(data: Path, target: str, err: int) -> Child:
    """A copy that takes a while, to be stopped in the middle."""
    return Child(
        *("copy-database", "--data", str(data), "--to", target),
        folder=data.parent,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        out=err,
        err=err,
        constants={"quart_notes.storage.copying.tables.CHUNK_ROWS": 1},
    )


def add_notes(data: Path, number: int) -> None:
    """Put many there, with their events, in no time."""
    change(
        data,
        f"""
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number})
        INSERT INTO note (title, description, done, version, created_at, updated_at, search_text, board_id)
        SELECT 'Note ' || i, printf('%.*c', 200, 'x'), i % 2, 1, moment, moment, 'note ' || i, 1
        FROM n, (SELECT created_at AS moment FROM note LIMIT 1)
        """,
        f"""
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number})
        INSERT INTO event_log (topic, body, created_at)
        SELECT topic, body, created_at FROM n, (SELECT * FROM event_log WHERE number = 1)
        """,
        "UPDATE log_head SET newest = (SELECT max(number) FROM event_log)",
    )


# Wrong words


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
def test_wrong_words_are_named(tmp_path: Path, arguments: list[str], words: list[str]):
    done = run_in(tmp_path, "copy-database", "--data", "data", *arguments)

    assert_refused(done, *words, code=2)
    assert "hidden" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_what_is_not_there_is_named(tmp_path: Path, target: str, data: Path):
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
