"""Migrations: an empty folder gets its tables, an older file is copied first, and the models say the same."""

import re
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tortoise import Tortoise
from tortoise.migrations.autodetector import MigrationAutodetector

from quart_notes import database, migrations
from quart_notes.core import Core
from quart_notes.database import APPS, CannotOpenError, Database
from quart_notes.domain.access import ANYBODY, SHARED_BOARD
from quart_notes.schemas import NoteCreate, NoteQuery, RoomQuery
from quart_notes.settings import Settings
from tests.in_process import opened, rows

ALL = sorted(file.stem for file in Path(migrations.__file__).parent.glob("0*.py"))
FIRST, LATEST = ALL[0], ALL[-1]
LATER = """
from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "{after}")]
    operations = [{operations}]
"""
ADD_COLOUR = 'ops.AddField(model_name="Note", name="colour", field=fields.CharField(max_length=20, null=True))'
FAIL = 'ops.RunSQL("INSERT INTO no_such_table VALUES (1)")'
AddMigration = Callable[[str, str, str], None]


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AddMigration]:
    """Adds a migration to those of the program, as a later version of it would bring one."""
    package = tmp_path / "program" / "later_migrations"
    shutil.copytree(Path(migrations.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.setitem(APPS["quart_notes"], "migrations", "later_migrations")

    def add(name: str, after: str, operations: str) -> None:
        (package / f"{name}.py").write_text(LATER.format(after=after, operations=operations))

    yield add
    for name in [name for name in sys.modules if name.startswith("later_migrations")]:
        del sys.modules[name]


@pytest.fixture
def as_at_first(tmp_path: Path) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Makes the program know its first migration only, as its first version did."""
    package = tmp_path / "first" / "first_migrations"
    package.mkdir(parents=True)
    for name in ("__init__", FIRST):
        shutil.copy(Path(migrations.__file__).parent / f"{name}.py", package)

    @contextmanager
    def then() -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(package.parent)
            patch.setitem(APPS["quart_notes"], "migrations", "first_migrations")
            yield

    yield then
    for name in [name for name in sys.modules if name.startswith("first_migrations")]:
        del sys.modules[name]


async def _make(folder: Path, titles: list[str]) -> Path:
    async with opened(folder) as core:
        for title in titles:
            await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title=title))
    return core.settings.database_file


def _titles(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [title for (title,) in connection.execute("SELECT title FROM note ORDER BY id")]


def _columns(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as connection:
        return {row[1] for row in connection.execute("PRAGMA table_info(note)")}


async def _open(folder: Path) -> list[str]:
    core = Core.build(Settings(data=folder))
    try:
        return await core.database.open()
    finally:
        await core.database.close()


def _copies(folder: Path) -> list[Path]:
    return sorted((folder / "copies").glob("*")) if (folder / "copies").exists() else []


async def _differences(folder: Path) -> list[str]:
    """What the models say and the migrations do not, or the other way round."""
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


async def test_a_difference_between_models_and_migrations_would_be_seen(tmp_path: Path, later: AddMigration):
    later("0100_colour", LATEST, ADD_COLOUR)

    assert len(await _differences(tmp_path)) == 1


async def test_an_empty_folder_gets_its_tables_and_no_copy(tmp_path: Path):
    folder = tmp_path / "deep" / "data"

    assert await _open(folder) == ALL
    assert await _open(folder) == []

    with closing(sqlite3.connect(folder / "quart-notes.sqlite3")) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables >= {"note", "event_log", "log_head", "user", "room", "message", "reading"}
    assert _copies(folder) == []


async def test_an_older_file_is_copied_before_it_is_changed(tmp_path: Path, later: AddMigration):
    folder = tmp_path / "data"
    file = await _make(folder, ["kept", "whole"])
    assert _copies(folder) == []
    later("0100_colour", LATEST, ADD_COLOUR)

    applied = await _open(folder)

    assert applied == ["0100_colour"]
    assert "colour" in _columns(file)
    assert _titles(file) == ["kept", "whole"]
    (copy,) = _copies(folder)
    assert re.fullmatch(r"before-0100_colour-\d{8}T\d{6}Z\.sqlite3", copy.name)
    assert "colour" not in _columns(copy)
    assert _titles(copy) == ["kept", "whole"]


async def test_a_database_of_the_first_version_comes_up_with_its_notes_and_a_lobby(
    tmp_path: Path, as_at_first: Callable[[], AbstractContextManager[None]]
):
    folder = tmp_path / "data"
    with as_at_first():
        core = Core.build(Settings(data=folder))
        assert await core.database.open() == [FIRST]
        await core.log.open()
        core.writer.start()
        for title in ("one", "two"):
            await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title=title))
        await core.writer.stop()
        await core.database.close()
    assert _copies(folder) == []

    async with opened(folder) as core:
        notes = await core.notes.find(ANYBODY, SHARED_BOARD, NoteQuery())
        rooms = (await core.rooms.find(ANYBODY, RoomQuery())).rooms
        third = await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title="three"))

    assert [note.title for note in notes.notes] == ["one", "two"]
    assert [(room.id, room.kind, room.name) for room in rooms] == [(1, "room", "lobby")]
    assert (notes.position.number, third.position.number) == (2, 3)
    assert notes.position.epoch == third.position.epoch
    (copy,) = _copies(folder)
    assert copy.name.startswith(f"before-{ALL[1]}-")
    assert _titles(copy) == ["one", "two"]


async def test_the_lobby_is_made_once_and_told_to_nobody(tmp_path: Path):
    for _ in range(3):
        async with opened(tmp_path / "data") as core:
            assert rows(core, "SELECT id, kind, name, name_key FROM room") == [(1, "room", "lobby", "lobby")]
            assert (await core.log.newest()).number == 0


async def test_it_is_copied_once_however_much_is_pending_and_not_again(tmp_path: Path, later: AddMigration):
    folder = tmp_path / "data"
    await _make(folder, ["kept"])
    later("0100_colour", LATEST, ADD_COLOUR)
    later("0101_shade", "0100_colour", ADD_COLOUR.replace('"colour"', '"shade"'))

    assert await _open(folder) == ["0100_colour", "0101_shade"]
    assert await _open(folder) == []

    assert len(_copies(folder)) == 1


async def test_what_has_not_reached_the_file_itself_yet_is_in_the_copy(tmp_path: Path, later: AddMigration):
    """A killed server leaves its last notes in the write-ahead log beside the file."""
    killed = tmp_path / "killed"
    async with opened(tmp_path / "data") as core:
        for n in range(3):
            await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title=str(n)))
        shutil.copytree(tmp_path / "data", killed)
    assert (killed / "quart-notes.sqlite3-wal").stat().st_size > 0
    later("0100_colour", LATEST, ADD_COLOUR)

    await _open(killed)

    (copy,) = _copies(killed)
    assert _titles(copy) == ["0", "1", "2"]


async def test_a_migration_that_fails_stops_the_start_and_leaves_the_file_as_it_was(
    tmp_path: Path, later: AddMigration
):
    folder = tmp_path / "data"
    file = await _make(folder, ["kept"])
    later("0100_broken", LATEST, f"{ADD_COLOUR}, {FAIL}")

    with pytest.raises(CannotOpenError, match="no_such_table"):
        await _open(folder)

    assert "colour" not in _columns(file)
    assert _titles(file) == ["kept"]
    (copy,) = _copies(folder)
    assert _titles(copy) == ["kept"]


async def test_no_copy_no_change(tmp_path: Path, later: AddMigration, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "data"
    file = await _make(folder, ["kept"])
    later("0100_colour", LATEST, ADD_COLOUR)

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(database, "copy", fail)
    with pytest.raises(CannotOpenError, match="No space left"):
        await _open(folder)

    assert "colour" not in _columns(file)


async def test_what_is_pending_can_be_asked_without_doing_it(tmp_path: Path, later: AddMigration):
    folder = tmp_path / "data"
    file = await _make(folder, ["kept"])
    asked = Database(file)
    later("0100_colour", LATEST, ADD_COLOUR)

    try:
        assert await asked.inspect() == ["0100_colour"]
    finally:
        await asked.close()

    assert "colour" not in _columns(file)
    assert _copies(folder) == []
