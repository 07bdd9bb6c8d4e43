from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="LogHead",
            fields=[
                ("id", fields.IntField(primary_key=True, unique=True, db_index=True)),
                ("epoch", fields.CharField(max_length=16)),
                ("newest", fields.BigIntField(default=0)),
                ("pruned", fields.BigIntField(default=0)),
            ],
            options={
                "table": "log_head",
                "app": "quart_notes",
                "pk_attr": "id",
                "table_description": "The one row that numbers events: the process that holds its lock decides the order, up to the commit.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LoggedEvent",
            fields=[
                ("number", fields.BigIntField(primary_key=True, unique=True, db_index=True)),
                ("topic", fields.CharField(max_length=64)),
                ("body", fields.TextField(unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "event_log",
                "app": "quart_notes",
                "pk_attr": "number",
                "table_description": "One event of the log, its body encoded without the id.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Note",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("title", fields.CharField(null=True, max_length=200)),
                ("description", fields.TextField(null=True, unique=False)),
                ("done", fields.BooleanField(default=False)),
                ("version", fields.IntField(default=1)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("deleted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("search_text", fields.TextField(unique=False)),
            ],
            options={
                "table": "note",
                "app": "quart_notes",
                "indexes": [Index(fields=["deleted_at", "done", "id"])],
                "pk_attr": "id",
                "table_description": "A note of the shared board. A deleted one is kept aside for a while, so that a deletion can be undone.",
            },
            bases=["Model"],
        ),
    ]
