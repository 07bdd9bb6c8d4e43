"""The tables of a new database, created at once.

Each migration takes about as long as all tables together. `schema.sql` has the tables as the migrations leave them in
an empty file: `make tables` writes it, and a test compares both.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.storage import schema_version

SCHEMA = Path(__file__).with_name("schema.sql")
HEAD = "-- The tables after migration {}. Written by `make tables`: do not edit.\n"
LAST_MIGRATION = re.compile(HEAD.format("([0-9a-z_]+)"))


async def create_tables(connection: BaseDBAsyncClient) -> bool:
    """Create the tables in an empty database, and record their migrations; returns whether no other one is pending.

    It does nothing for a program that lacks the last of these migrations.
    """
    script = SCHEMA.read_text(encoding="utf-8")
    head = LAST_MIGRATION.match(script)
    migrations = schema_version.pending([])
    if head is None or head[1] not in migrations:
        return False
    included = migrations[: migrations.index(head[1]) + 1]
    now = datetime.now(UTC).isoformat(" ")
    rows = ", ".join(f"('quart_notes', '{name}', '{now}')" for name in included)
    record = f"INSERT INTO tortoise_migrations (app, name, applied_at) VALUES {rows};"  # noqa: S608 - names of our modules
    await connection.execute_script(f"BEGIN IMMEDIATE;\n{script}\n{record}\nCOMMIT;")
    return included == migrations
