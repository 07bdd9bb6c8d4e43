from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


async def start_after_our_own(apps, editor):
    """Have PostgreSQL count on after the board and the room whose number, 1, we give ourselves."""
    if editor.DIALECT == "postgres":
        for table in ("board", "room"):
            await editor.client.execute_script(f"ALTER SEQUENCE {table}_id_seq RESTART WITH 2")


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0004_jobs_and_answers")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ServerKey",
            fields=[
                ("id", fields.IntField(primary_key=True, unique=True, db_index=True)),
                ("key", fields.CharField(max_length=64)),
            ],
            options={
                "table": "server_key",
                "app": "quart_notes",
                "pk_attr": "id",
                "table_description": "The one row with the key by which servers sign. On SQLite it is empty: there the key is a file.",
            },
            bases=["Model"],
        ),
        ops.RunPython(start_after_our_own, ops.RunPython.noop),
    ]
