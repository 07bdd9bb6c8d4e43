"""What becomes of an older database on PostgreSQL: migrations that change rows, not only tables."""

from pathlib import Path

from quart_notes.domain.access import ANYBODY, SHARED_BOARD
from quart_notes.schemas import NoteQuery
from tests.support.servers.empty_database import settings_for
from tests.support.servers.in_process import opened
from tests.support.servers.older_versions import made_by
from tests.support.servers.postgres import Databases, asked, outsider

NOW = "TIMESTAMPTZ '2026-01-31 09:30:00.000001+00:00'"
MANY = 1_001  # notes: more than are read at once
PEOPLE = ["taro", "ｔａｒｏ", "ｋｏ", "Ada"]


async def test_an_older_database_comes_up_with_all_that_was_in_it(databases: Databases, tmp_path: Path):
    databases.server.ask("postgres", "CREATE DATABASE older")
    url = databases.server.url("older")
    settings = settings_for(tmp_path / "data", database_url=url)
    await made_by(6, settings, tmp_path)
    async with outsider(url) as old:
        await old.executemany(
            "INSERT INTO note (title, done, version, created_at, updated_at, search_text, board_id)"
            f" VALUES ($1, false, 2, {NOW}, {NOW}, $2, 1)",
            [(f"Chloé {n}", f"chloé {n}") for n in range(MANY)],
        )
        await old.executemany(
            'INSERT INTO "user" (name, email, nickname, nickname_key, read_from, created_at)'
            f" VALUES ('x', 'x@example.org', $1, $2, 0, {NOW})",
            [(name, name.casefold()) for name in PEOPLE],
        )
        await old.execute(
            f"INSERT INTO board (id, kind, name, created_at) VALUES (102, 'personal', 'Personal', {NOW}),"
            f" (103, 'personal', 'Diary', {NOW})"
        )
        await old.execute(
            "INSERT INTO membership (board_id, user_id, role) VALUES (102, 4, 'owner'), (103, 1, 'owner')"
        )
        await old.execute(
            "INSERT INTO job (board_id, state, file_name, folder, kind, options, done, text, outcome,"
            " version, created_at, updated_at)"
            f" VALUES (1, 'done', 'x', 'kept', 'import', '{{}}', 0, '', '{{}}', 1, {NOW}, {NOW})"
        )

    async with opened(tmp_path / "data", database_url=url) as core:
        found = await core.notes.find(ANYBODY, SHARED_BOARD, NoteQuery(q="CHLOE", limit=1000))
        people = [await core.accounts.id_of(name) for name in (*PEOPLE, "KO", "ＴＡＲＯ")]

    assert (len(found.items), found.more, found.items[0].version) == (1000, True, 2)
    assert {note.pinned for note in found.items} == {False}
    assert people == [1, 2, 3, 4, 3, 2]
    boards = await asked(url, "SELECT id, name FROM board WHERE id IN (102, 103) ORDER BY id")
    assert boards == [(102, "Personal (Ada)"), (103, "Diary")]
    assert await asked(url, "SELECT folder, size FROM job") == [("", 0)]
    databases.server.ask("postgres", "DROP DATABASE older WITH (FORCE)")
