"""PostgreSQL's side of the database: what is asked of the server, and its tables."""

from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connections
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.schema_editor.base_postgres import BasePostgresSchemaEditor
from tortoise.transactions import in_transaction

from quart_notes.settings import Postgres


class PostgresServer:
    """One connection that writes, a pool of those that read, and one that reads aside from them."""

    engine = "quart_notes.storage.postgres.client"

    def __init__(self, place: Postgres, *, alone: bool) -> None:
        self._place = place
        self._alone = alone

    def credentials(self) -> tuple[dict[str, Any], ...]:
        """What the engine needs for the connection that writes, for those that read, and for the one aside."""
        roles = ("alone", "reader") if self._alone else ("shared", "reader", "aside")
        return tuple({"place": self._place, "role": role} for role in roles)

    async def probe(self) -> None:
        """Nothing to do: a connection that cannot be made leaves nothing locked."""

    def opened(self) -> None:
        """Nothing to remember: a server is known by its address."""

    def check(self) -> None:
        """Nothing to look at: a lost connection says so itself."""

    async def examine(self, *, thoroughly: bool) -> None:
        """Nothing to look at: what is asked of a server is answered by it."""

    async def migrate(self, connection: BaseDBAsyncClient, apps: dict[str, Any], first: str) -> None:
        """Apply the migrations that are pending, all or none; of processes that start at once, one does it."""
        name = f"{connection.connection_name}, migrating"
        migrator = type(connection)(name, place=self._place, role="migrator")
        await migrator.create_connection(with_db=True)
        token = get_connections().set(name, migrator)
        try:
            async with in_transaction(name) as transaction:
                executor = MigrationExecutor(transaction, apps)
                # It looks for what was applied before it makes the table of that, and fails quietly: not in here.
                await executor.recorder.ensure_schema(BasePostgresSchemaEditor(transaction))
                await executor.migrate()
        finally:
            get_connections().reset(token)
            await migrator.close()

    async def checkpoint(self) -> None:
        """Nothing to do: the server does it by itself."""
