"""Migrations: tables are created in an empty folder, an older file is copied first, and the models match."""

import re
import shutil
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from tortoise import Tortoise
from tortoise.migrations.autodetector import MigrationAutodetector

from quart_notes import migrations
from quart_notes.core import Core
from quart_notes.dev.table_schema import table_schema
from quart_notes.domain.access import ANYBODY, SHARED_BOARD, Caller
from quart_notes.schemas import MessageQuery, NoteCreate, NoteQuery, PageQuery, RoomQuery
from quart_notes.settings import Settings
from quart_notes.storage.database import Database
from quart_notes.storage.schema_version import APPS, DatabaseOpenError
from quart_notes.storage.sqlite import file as sqlite_file
from quart_notes.storage.sqlite import new_tables
from quart_notes.storage.sqlite.new_tables import SCHEMA
from tests.support.servers.empty_database import database_file
from tests.support.servers.in_process import opened, rows
from tests.support.servers.older_versions import ALL, made_by
from tests.support.servers.permissions import not_private, umask

pytestmark = pytest.mark.sqlite_only("what becomes of an older file")

LATEST = ALL[-1]
LATER = """
from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "{after}")]
    operations = [{operations}]
"""
ADD_SHADE = 'ops.AddField(model_name="Note", name="shade", field=fields.CharField(max_length=20, null=True))'
FAIL = 'ops.RunSQL("INSERT INTO no_such_table VALUES (1)")'
AddMigration = Callable[[str, str, str], None]


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AddMigration]:
    """Adds a migration, as a later version of the program would."""
    package = tmp_path / "program" / "later_migrations"
    shutil.copytree(Path(migrations.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.setitem(APPS["quart_notes"], "migrations", "later_migrations")

    def add(name: str, after: str, operations: str) -> None:
        (package / f"{name}.py").write_text(LATER.format(after=after, operations=operations))

    yield add
    for name in [name for name in sys.modules if name.startswith("later_migrations")]:
        del sys.modules[name]


MakeOld = Callable[[Path, int], Awaitable[sqlite3.Connection]]


@pytest.fixture
def make_old(tmp_path: Path) -> MakeOld:
    """Creates a database as a version with this many migrations did; returns it, open, to insert rows.

    With plain SQL: the current code would write other rows.
    """

    async def make(folder: Path, known: int) -> sqlite3.Connection:
        settings = Settings(data=folder)
        await made_by(known, settings, tmp_path)
        return sqlite3.connect(database_file(settings))

    return make


NOW = "2026-01-31 09:30:00.000001+00:00"
OLD_NOTE = (
    "INSERT INTO note (title, done, version, created_at, updated_at, search_text)"
    f" VALUES (?, ?, 2, '{NOW}', '{NOW}', ?)"
)
OLD_EVENT = f"INSERT INTO event_log (number, topic, body, created_at) VALUES (?, 'board:1', '{{}}', '{NOW}')"
OLD_PERSON = (
    "INSERT INTO user (name, email, nickname, nickname_key, read_from, created_at)"
    f" VALUES (?, 'x@example.org', ?, ?, 0, '{NOW}')"
)
OLD_ROOM = f"INSERT INTO room (id, kind, name, name_key, created_at) VALUES (1, 'room', 'lobby', 'lobby', '{NOW}')"
OLD_MESSAGE = (
    f"INSERT INTO message (room_id, author_id, content, version, date) VALUES (1, ?, 'the first word', 1, '{NOW}')"
)


async def _make(folder: Path, titles: list[str]) -> Path:
    async with opened(folder) as core:
        for title in titles:
            await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title=title))
    return database_file(core.settings)


def _titles(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [title for (title,) in connection.execute("SELECT title FROM note ORDER BY id")]


def _columns(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as connection:
        return {row[1] for row in connection.execute("PRAGMA table_info(note)")}


async def _open(folder: Path) -> list[str]:
    core = Core(Settings(data=folder))
    try:
        return await core.database.open()
    finally:
        await core.database.close()


def _created(file: Path) -> tuple[list[Any], list[Any]]:
    """The definitions of all tables and indexes of a file, and its applied migrations."""
    with closing(sqlite3.connect(file)) as connection:
        made = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()
        applied = "SELECT id, app, name FROM tortoise_migrations ORDER BY id"
        return made, connection.execute(applied).fetchall() if made else []


def _copies(folder: Path) -> list[Path]:
    return sorted((folder / "copies").glob("*")) if (folder / "copies").exists() else []


async def _differences(folder: Path) -> list[str]:
    """Differences between the models and the migrations, in either direction."""
    opened_database = Database(folder / "notes.sqlite3")
    await opened_database.open()
    try:
        apps = Tortoise.apps
        assert apps is not None
        changes = await MigrationAutodetector(apps, APPS).changes()
    finally:
        await opened_database.close()
    return [repr(operation) for change in changes for operation in change.operations]


async def test_models_and_migrations_agree(tmp_path: Path):
    assert await _differences(tmp_path) == [], "run: tortoise makemigrations"


async def test_a_difference_between_models_and_migrations_is_detected(tmp_path: Path, later: AddMigration):
    later("0100_shade", LATEST, ADD_SHADE)

    assert len(await _differences(tmp_path)) == 1


async def test_an_empty_folder_gets_its_tables_and_no_copy(tmp_path: Path):
    folder = tmp_path / "deep" / "data"

    assert await _open(folder) == ALL
    assert await _open(folder) == []

    with closing(sqlite3.connect(folder / "quart-notes.sqlite3")) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables >= {"note", "event_log", "log_head", "user", "room", "message", "reading", "board", "session"}
    assert _copies(folder) == []


async def test_a_new_database_has_the_tables_that_the_migrations_create(tmp_path: Path):
    stepwise = tmp_path / "stepwise.sqlite3"

    assert await table_schema(stepwise) == SCHEMA.read_text(), "run: make tables"
    assert await _open(tmp_path / "data") == ALL

    assert _created(tmp_path / "data" / "quart-notes.sqlite3") == _created(stepwise)


async def test_migrations_after_the_tables_of_a_new_database_are_applied_to_it(tmp_path: Path, later: AddMigration):
    later("0100_shade", LATEST, ADD_SHADE)

    assert await _open(tmp_path / "data") == [*ALL, "0100_shade"]
    assert await _open(tmp_path / "data") == []

    assert "shade" in _columns(tmp_path / "data" / "quart-notes.sqlite3")


async def test_a_new_database_gets_all_tables_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    broken = tmp_path / "schema.sql"
    broken.write_text(f"{SCHEMA.read_text()}INSERT INTO no_such_table VALUES (1);\n")
    with monkeypatch.context() as patch:
        patch.setattr(new_tables, "SCHEMA", broken)
        with pytest.raises(DatabaseOpenError, match="no_such_table"):
            await _open(tmp_path / "data")
    assert _created(tmp_path / "data" / "quart-notes.sqlite3") == ([], [])

    assert await _open(tmp_path / "data") == ALL


async def test_an_older_file_is_copied_once_before_it_is_changed(tmp_path: Path, later: AddMigration):
    folder = tmp_path / "data"
    file = await _make(folder, ["kept", "whole"])
    assert _copies(folder) == []
    later("0100_shade", LATEST, ADD_SHADE)
    later("0101_gloss", "0100_shade", ADD_SHADE.replace('"shade"', '"gloss"'))

    with umask(0):
        applied = await _open(folder)

    assert applied == ["0100_shade", "0101_gloss"]
    assert await _open(folder) == []
    assert "shade" in _columns(file)
    assert [file for file in not_private(folder) if file.startswith("copies")] == []
    assert _titles(file) == ["kept", "whole"]
    (copy,) = _copies(folder)
    assert re.fullmatch(r"before-0100_shade-\d{8}T\d{6}Z\.sqlite3", copy.name)
    assert "shade" not in _columns(copy)
    assert _titles(copy) == ["kept", "whole"]


async def test_a_database_of_the_first_version_keeps_its_notes_and_gets_a_lobby(tmp_path: Path, make_old: MakeOld):
    folder = tmp_path / "data"
    with closing(await make_old(folder, 1)) as old, old:
        old.executemany(OLD_NOTE, [("one", False, "one"), ("two", True, "two")])
        old.executemany(OLD_EVENT, [(1,), (2,)])
        old.execute("UPDATE log_head SET newest = 2")
    assert _copies(folder) == []

    async with opened(folder) as core:
        notes = await core.notes.find(ANYBODY, SHARED_BOARD, NoteQuery())
        found = await core.notes.find(ANYBODY, SHARED_BOARD, NoteQuery(q="two", done="true"))
        rooms = (await core.rooms.find(ANYBODY, RoomQuery())).items
        boards = (await core.boards.find(ANYBODY, PageQuery())).items
        third = await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title="three"))

    assert [(note.title, note.board_id, note.version) for note in notes.items] == [("one", 1, 2), ("two", 1, 2)]
    assert found.items == notes.items[1:]
    assert [(room.id, room.kind, room.name) for room in rooms] == [(1, "room", "lobby")]
    assert [(board.id, board.kind) for board in boards] == [(1, "shared")]
    assert (notes.position.number, third.position.number) == (2, 3)
    assert notes.position.epoch == third.position.epoch
    (copy,) = _copies(folder)
    assert copy.name.startswith(f"before-{ALL[1]}-")
    assert _titles(copy) == ["one", "two"]


async def test_a_database_of_the_second_version_gets_a_personal_board_for_every_user(tmp_path: Path, make_old: MakeOld):
    folder = tmp_path / "data"
    with closing(await make_old(folder, 2)) as old, old:
        old.execute(OLD_NOTE, ("one", False, "one"))
        old.executemany(OLD_PERSON, [("Ada", "Ada", "ada"), ("Bob", "bob", "bob")])
        old.execute(OLD_ROOM)
        old.execute(OLD_MESSAGE, (1,))

    for _ in range(2):  # and the second start adds no more
        async with opened(folder) as core:
            people = (await core.users.find(PageQuery())).items
            notes = await core.notes.find(ANYBODY, SHARED_BOARD, NoteQuery())
            ada, bob = [await core.boards.roles(Caller(person)) for person in people]
            assert await core.accounts.without_password() == people
            said = await core.messages.in_room(ANYBODY, 1, MessageQuery())

        assert [person.nickname for person in people] == ["Ada", "bob"]
        assert rows(core, "SELECT id, kind, name FROM board ORDER BY id") == [
            (1, "shared", "Everybody's board"),
            (2, "personal", "Personal (Ada)"),
            (3, "personal", "Personal (bob)"),
        ]
        assert (ada, bob) == ({1: "editor", 2: "owner"}, {1: "editor", 3: "owner"})
        assert [(note.title, note.board_id) for note in notes.items] == [("one", 1)]
        assert [message.content for message in said.items] == ["the first word"]
        assert rows(core, "SELECT COUNT(*) FROM user WHERE is_admin OR password_hash IS NOT NULL") == [(0,)]
    (copy,) = _copies(folder)
    assert copy.name.startswith(f"before-{ALL[2]}-")


async def test_the_text_of_rows_deleted_before_is_removed_from_the_log(tmp_path: Path, make_old: MakeOld):
    folder = tmp_path / "data"
    kept, gone, many = 1, 2, 1_001  # more than one batch
    told = '{"topic":"board:1","action":"update","note":{"id":%d,"title":"Chloé","description":null,"version":%d}}'
    with closing(await make_old(folder, 12)) as old, old:
        old.executemany(OLD_NOTE, [("Chloé", False, "chloe"), ("Chloé", False, "chloe")])
        old.execute(f"UPDATE note SET deleted_at = '{NOW}' WHERE id = {gone}")
        bodies = [told % ((kept, gone, 77)[n % 3], n) for n in range(many)] + ['{"topic":"users","action":"create"}']
        insert = f"INSERT INTO event_log (number, topic, body, created_at) VALUES (?, 'board:1', ?, '{NOW}')"
        old.executemany(insert, enumerate(bodies, 1))

    async with opened(folder) as core:
        found = rows(core, "SELECT subject, body FROM event_log ORDER BY number")

    blank = [body.replace('"Chloé"', "null") for body in bodies]
    subjects = [f"note:{(kept, gone, 77)[n % 3]}" for n in range(many)]
    assert found[:many] == [
        (subject, bodies[n] if subject == f"note:{kept}" else blank[n]) for n, subject in enumerate(subjects)
    ]
    assert found[many:] == [(None, bodies[many])]


async def test_the_lobby_is_created_once_without_an_event(tmp_path: Path):
    for _ in range(3):
        async with opened(tmp_path / "data") as core:
            assert rows(core, "SELECT id, kind, name, name_key FROM room") == [(1, "room", "lobby", "lobby")]
            assert (await core.log.newest()).number == 0


async def test_the_copy_contains_the_write_ahead_log(tmp_path: Path, later: AddMigration):
    """A killed server leaves its last notes in the write-ahead log beside the file."""
    killed = tmp_path / "killed"
    async with opened(tmp_path / "data") as core:
        for n in range(3):
            await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title=str(n)))
        shutil.copytree(tmp_path / "data", killed)
    assert (killed / "quart-notes.sqlite3-wal").stat().st_size > 0
    later("0100_shade", LATEST, ADD_SHADE)

    await _open(killed)

    (copy,) = _copies(killed)
    assert _titles(copy) == ["0", "1", "2"]


async def test_a_failed_migration_stops_the_start_and_leaves_the_file_unchanged(tmp_path: Path, later: AddMigration):
    folder = tmp_path / "data"
    file = await _make(folder, ["kept"])
    later("0100_broken", LATEST, f"{ADD_SHADE}, {FAIL}")

    with pytest.raises(DatabaseOpenError, match="no_such_table"):
        await _open(folder)

    assert "shade" not in _columns(file)
    assert _titles(file) == ["kept"]
    (copy,) = _copies(folder)
    assert _titles(copy) == ["kept"]


async def test_without_a_copy_no_migration_runs(tmp_path: Path, later: AddMigration, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "data"
    file = await _make(folder, ["kept"])
    later("0100_shade", LATEST, ADD_SHADE)

    monkeypatch.setattr(sqlite_file, "copy", Mock(side_effect=OSError(28, "No space left on device")))
    with pytest.raises(DatabaseOpenError, match="No space left"):
        await _open(folder)

    assert "shade" not in _columns(file)


async def test_pending_migrations_can_be_listed_without_applying_them(tmp_path: Path, later: AddMigration):
    folder = tmp_path / "data"
    file = await _make(folder, ["kept"])
    later("0100_shade", LATEST, ADD_SHADE)

    async with Database(file).read_only() as pending:
        assert pending == ["0100_shade"]

    assert "shade" not in _columns(file)
    assert _copies(folder) == []
