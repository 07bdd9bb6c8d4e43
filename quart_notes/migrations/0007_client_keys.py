from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0006_attempts")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ClientKey",
            fields=[
                ("key", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("digest", fields.CharField(max_length=64)),
                ("thing_id", fields.BigIntField()),
            ],
            options={
                "table": "client_key",
                "app": "quart_notes",
                "pk_attr": "key",
                "table_description": "A client's key that has made something. Only a hash says which, and whose.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Message",
            name="client_digest",
            field=fields.CharField(null=True, max_length=64),
        ),
    ]
