"""Older databases, on SQLite and on PostgreSQL: every row is migrated."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from quart_notes.domain.access import ANYBODY, SHARED_BOARD, Caller
from quart_notes.schemas import NoteQuery, NoteUpdate, TimeQuery
from tests.support.servers import postgres
from tests.support.servers.both_databases import KINDS, Kind, file_in, find, unused_database
from tests.support.servers.empty_database import settings_for
from tests.support.servers.in_process import opened
from tests.support.servers.older_versions import made_by

pytestmark = pytest.mark.sqlite_only("it has databases of both kinds of its own")
NOW = "'2026-01-31 09:30:00.000001+00:00'"
LONG_AGO = "'2001-01-31 09:30:00.000001+00:00'"
MANY = 1_001  # notes: more than one batch
PEOPLE = ["taro", "ｔａｒｏ", "ｋｏ", "Ada"]
ROWS = [
    *(
        "INSERT INTO note (title, done, version, created_at, updated_at, search_text, board_id)"
        f" VALUES ('Chloé {n}', false, 2, {NOW}, {NOW}, 'chloé {n}', 1)"
        for n in range(MANY)
    ),
    *(
        'INSERT INTO "user" (name, email, nickname, nickname_key, read_from, created_at)'
        f" VALUES ('x', 'x@example.org', '{name}', '{name.casefold()}', 0, {NOW})"
        for name in PEOPLE
    ),
    "INSERT INTO note (title, description, done, version, created_at, updated_at, search_text, board_id)"
    f" VALUES ('a', '- [x] one', false, 2, {NOW}, {NOW}, 'a', 1)",
    "INSERT INTO note (title, done, version, created_at, updated_at, search_text, board_id)"
    f" VALUES ('imported', false, 1, {LONG_AGO}, {LONG_AGO}, 'imported', 1)",
    f"INSERT INTO room (id, kind, name, name_key, created_at) VALUES (1, 'room', 'lobby', 'lobby', {NOW})",
    f"INSERT INTO room (id, kind, name, name_key, created_at) VALUES (2, 'room', 'Old kitchen', 'old kitchen', {NOW})",
    "INSERT INTO event_log (number, topic, body, created_at) VALUES"
    f""" (1, 'rooms', '{{"topic":"rooms","action":"create","room":{{"id":2,"name":"Old kitchen"}}}}', {NOW})""",
    "UPDATE log_head SET newest = 1",
    *(
        "INSERT INTO message (room_id, author_id, content, version, date, deleted_at)"
        f" VALUES (1, 1, '{text}', 1, {NOW}, {deleted})"
        for text, deleted in [
            *(("plain", "NULL") for _ in range(MANY)),
            ("**bold**", NOW),
            ("- [x] one", "NULL"),
            ("# no head", "NULL"),
            ("Chloé said", "NULL"),
        ]
    ),
    f"INSERT INTO board (id, kind, name, created_at) VALUES (102, 'personal', 'Personal', {NOW}),"
    f" (103, 'personal', 'Diary', {NOW}), (104, 'personal', 'Personal', {NOW})",
    "INSERT INTO membership (board_id, user_id, role) VALUES (102, 4, 'owner'), (103, 1, 'owner')",
    "INSERT INTO job (board_id, state, file_name, folder, kind, options, done, text, outcome, version, created_at,"
    f" updated_at) VALUES (1, 'done', 'x', 'kept', 'import', '{{}}', 0, '', '{{}}', 1, {NOW}, {NOW})",
]


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    kind: Kind = request.param
    with unused_database() if kind == "postgres" else nullcontext(f"sqlite:///{file_in(tmp_path / 'data')}") as url:
        yield url


async def execute(url: str, statements: list[str]) -> None:
    """Run plain SQL without the server: the current code would write other rows."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
            connection.executescript(";".join(statements))
    else:
        async with postgres.outsider(url) as connection:
            await connection.execute(";".join(statements))


async def test_an_older_database_keeps_all_its_rows(url: str, tmp_path: Path):
    await made_by(6, settings_for(tmp_path / "data", database_url=url), tmp_path)
    await execute(url, ROWS)

    async with opened(tmp_path / "data", database_url=url) as core:
        found = await core.notes.find(ANYBODY, SHARED_BOARD, NoteQuery(q="CHLOE", limit=1000))
        people = [await core.accounts.id_of(name) for name in (*PEOPLE, "KO", "ＴＡＲＯ")]
        activity = (await core.activity.find(ANYBODY, SHARED_BOARD, TimeQuery(limit=200))).items
        room, _ = await core.rooms.get(Caller(None), 2)
        await core.room_upkeep.delete(ANYBODY, 2)
        pinned = (await core.notes.change(ANYBODY, SHARED_BOARD, found.items[0].id, NoteUpdate(pinned=True))).result

    assert (len(found.items), found.more, found.items[0].version) == (1000, True, 2)
    assert {(note.pinned, note.colour, note.archived_at) for note in found.items} == {(False, "none", None)}
    assert {note.thread for note in found.items} == {None}
    assert find(url, "SELECT note_id, board_id FROM room WHERE id = 2") == [(None, None)]
    assert find(url, "SELECT COUNT(*) FROM message WHERE note_id IS NOT NULL") == [(0,)]
    assert pinned.pinned
    assert (room.name, room.closed, room.archived, room.role) == ("Old kitchen", False, False, "member")
    assert "Old kitchen" not in str(find(url, "SELECT body FROM event_log"))
    assert {entry.kind for entry in activity} == {"edited"}, "nobody knows what was changed"
    assert people == [1, 2, 3, 4, 3, 2], "nobody loses their name"
    keys = find(url, 'SELECT nickname_key FROM "user" ORDER BY id')
    assert keys == [("taro",), ("ｔａｒｏ",), ("ko",), ("ada",)]
    boards = find(url, "SELECT name, tick FROM board WHERE id IN (102, 103, 104) ORDER BY id")
    assert boards == [("Personal (Ada)", "notes"), ("Diary", "notes"), ("Personal", "notes")]
    assert find(url, "SELECT folder, size FROM job") == [("", 0)]
    tree = '[{"type":"ul","children":[{"type":"task","children":[{"type":"text","text":"one"}],"line":1,"done":true}]}]'
    assert find(url, "SELECT search_text FROM message WHERE content = 'Chloé said'") == [("chloe said",)]
    assert find(url, "SELECT title FROM note WHERE imported_at > created_at") == [("imported",)]
    counted = "SELECT content_json, tasks_done, tasks_total FROM note WHERE content_json IS NOT NULL"
    assert find(url, counted) == [(tree, 1, 1)]
    formatted = "SELECT content, formatted_json FROM message WHERE formatted_json IS NOT NULL ORDER BY id"
    bold = '[{"type":"p","children":[{"type":"strong","children":[{"type":"text","text":"bold"}]}]}]'
    assert find(url, formatted) == [("**bold**", bold), ("- [x] one", tree)]
