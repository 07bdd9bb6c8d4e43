"""PostgreSQL's side of the database: connections and migrations."""

from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connections
from tortoise.transactions import in_transaction

from quart_notes.settings import Postgres


class PostgresBackend:
    """One connection that writes, a pool of readers, and one reader apart from it."""

    engine = "quart_notes.storage.postgres.client"

    def __init__(self, target: Postgres, *, alone: bool) -> None:
        self._target = target
        self._exclusive = alone

    def credentials(self) -> dict[str, dict[str, Any]]:
        """The engine's settings for each connection: the writer, the readers, and the separate reader."""
        roles = {"default": "alone" if self._exclusive else "shared", "reader": "reader"}
        if not self._exclusive:
            roles["aside"] = "aside"
        return {name: {"target": self._target, "role": role} for name, role in roles.items()}

    async def probe(self) -> None:
        """Do nothing: a failed connection leaves nothing locked."""

    def require_same(self) -> None:
        """Do nothing: a lost connection raises an error by itself."""

    async def examine(self, *, thoroughly: bool) -> None:
        """Do nothing: a query is the check."""

    async def migrate(self, connection: BaseDBAsyncClient, apps: dict[str, Any], first: str) -> None:
        """Apply pending migrations, all or none; of several processes that start at once, one does it."""
        # Late, as on SQLite.
        from tortoise.migrations.schema_editor.base_postgres import BasePostgresSchemaEditor

        from quart_notes.storage.migration_executor import MigrationExecutor

        name = f"{connection.connection_name}, migrating"
        migrator = type(connection)(name, target=self._target, role="migrator")
        await migrator.create_connection(with_db=True)
        token = get_connections().set(name, migrator)
        try:
            async with in_transaction(name) as transaction:
                executor = MigrationExecutor(transaction, apps)
                # Tortoise reads the applied migrations before it creates their table, and fails silently: not in this
                # transaction.
                await executor.recorder.ensure_schema(BasePostgresSchemaEditor(transaction))
                await executor.migrate()
        finally:
            get_connections().reset(token)
            await migrator.close()

    async def checkpoint(self, connection: BaseDBAsyncClient) -> None:
        """Do nothing: the server does it by itself."""
