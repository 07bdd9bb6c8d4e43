"""The tables of a new SQLite file: `make tables` writes them to quart_notes/storage/sqlite/schema.sql."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from quart_notes.patching import patched
from quart_notes.storage.database import Database
from quart_notes.storage.sqlite import file as sqlite_file
from quart_notes.storage.sqlite.new_tables import HEAD

STATEMENTS = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"


async def migrate(file: Path) -> list[str]:
    """Apply all migrations to a new file, one after another; returns their names."""

    async def create_nothing(_: Any) -> bool:
        return False

    with patched(sqlite_file, "create_tables", create_nothing):
        return await Database(file).migrate()


async def table_schema(file: Path) -> str:
    """The statements that create the tables as the migrations leave them in a new file."""
    migrations = await migrate(file)
    database = Database(file)
    async with database.read_only(), database.snapshot() as connection:
        _, rows = await connection.execute_query(STATEMENTS)
        return HEAD.format(migrations[-1]) + "".join(f"{row['sql']};\n" for row in rows)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(asyncio.run(table_schema(Path(folder) / "new.sqlite3")))
