from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0005_server_key")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Attempt",
            fields=[
                ("key", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("forgiven_at", fields.FloatField(db_index=True)),
            ],
            options={
                "table": "attempt",
                "app": "quart_notes",
                "pk_attr": "key",
                "table_description": "Tries of passwords that are not forgiven yet. Only a hash says whose.",
            },
            bases=["Model"],
        ),
    ]
