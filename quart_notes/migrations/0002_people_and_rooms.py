from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0001_notes_and_log")]

    initial = False

    operations = [
        ops.CreateModel(
            name="User",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("name", fields.CharField(max_length=100)),
                ("email", fields.CharField(max_length=254)),
                ("nickname", fields.CharField(max_length=32)),
                ("nickname_key", fields.CharField(unique=True, max_length=128)),
                ("read_from", fields.BigIntField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "user", "app": "quart_notes", "pk_attr": "id", "table_description": "A person."},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Room",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=8)),
                ("name", fields.CharField(null=True, max_length=80)),
                ("name_key", fields.CharField(null=True, unique=True, max_length=320)),
                (
                    "lower",
                    fields.ForeignKeyField(
                        "quart_notes.User",
                        source_field="lower_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "upper",
                    fields.ForeignKeyField(
                        "quart_notes.User",
                        source_field="upper_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "room",
                "app": "quart_notes",
                "unique_together": (("lower", "upper"),),
                "pk_attr": "id",
                "table_description": "A room, or a direct conversation: then `lower` and `upper` are its people, the smaller id first.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Message",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "room",
                    fields.ForeignKeyField(
                        "quart_notes.Room",
                        source_field="room_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "author",
                    fields.ForeignKeyField(
                        "quart_notes.User",
                        source_field="author_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "recipient",
                    fields.ForeignKeyField(
                        "quart_notes.User",
                        source_field="recipient_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("guest", fields.CharField(null=True, max_length=32)),
                ("content", fields.TextField(unique=False)),
                ("client_key", fields.CharField(null=True, max_length=64)),
                ("version", fields.IntField(default=1)),
                ("date", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("edited_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("deleted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "message",
                "app": "quart_notes",
                "unique_together": (("author", "client_key"),),
                "indexes": [Index(fields=["room_id", "deleted_at", "id", "author_id"])],
                "pk_attr": "id",
                "table_description": "What somebody said. A deleted one is kept aside for a while, so that a deletion can be undone.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Reading",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "room",
                    fields.ForeignKeyField(
                        "quart_notes.Room",
                        source_field="room_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "user",
                    fields.ForeignKeyField(
                        "quart_notes.User",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("last_read_id", fields.BigIntField()),
            ],
            options={
                "table": "reading",
                "app": "quart_notes",
                "unique_together": (("user", "room"),),
                "pk_attr": "id",
                "table_description": "How far a person has read in a room.",
            },
            bases=["Model"],
        ),
    ]
