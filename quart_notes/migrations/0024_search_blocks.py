from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


async def store_plainly(_: Any, editor: Any) -> None:
    """On PostgreSQL, keep the words as they are: a search reads all of them, and unpacking takes longer."""
    if editor.client.capabilities.dialect == "postgres":
        await editor.client.execute_script("ALTER TABLE search_block ALTER COLUMN words SET STORAGE EXTERNAL")


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0023_search")]

    initial = False

    operations = [
        ops.CreateModel(
            name="SearchBlock",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=8)),
                ("first_id", fields.BigIntField()),
                ("words", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "search_block",
                "app": "quart_notes",
                "unique_together": (("kind", "first_id"),),
                "pk_attr": "id",
                "table_description": "The words of a block: all of its rows as of an event that SearchHead names, or a later one.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SearchHead",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("number", fields.BigIntField(default=0)),
            ],
            options={
                "table": "search_head",
                "app": "quart_notes",
                "pk_attr": "id",
                "table_description": "The one row that says how far the blocks are: what later events changed may have other words.",
            },
            bases=["Model"],
        ),
        ops.RunPython(store_plainly),
    ]
