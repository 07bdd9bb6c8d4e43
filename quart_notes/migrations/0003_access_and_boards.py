from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0002_people_and_rooms")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ApiToken",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("secret_hash", fields.CharField(unique=True, max_length=64)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "quart_notes.User",
                        source_field="user_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("name", fields.CharField(max_length=100)),
                ("scope", fields.CharField(max_length=8)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "api_token",
                "app": "quart_notes",
                "pk_attr": "id",
                "table_description": "A program's way in, on behalf of a person. Only a hash of its secret is kept.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Board",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=8)),
                ("name", fields.CharField(max_length=80)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("deleted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "board",
                "app": "quart_notes",
                "pk_attr": "id",
                "table_description": "A board of notes. Board 1 is everybody's, each person has a personal one. Deleted ones are kept for a while.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Invitation",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("secret_hash", fields.CharField(unique=True, max_length=64)),
                ("kind", fields.CharField(max_length=8)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "quart_notes.User",
                        source_field="user_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "inviter",
                    fields.ForeignKeyField(
                        "quart_notes.User",
                        source_field="inviter_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("board_id", fields.BigIntField(null=True)),
                ("role", fields.CharField(null=True, max_length=8)),
                ("uses_left", fields.IntField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "invitation",
                "app": "quart_notes",
                "pk_attr": "id",
                "table_description": "A link that lets somebody in. Only a hash of its secret is kept.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Membership",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "board",
                    fields.ForeignKeyField(
                        "quart_notes.Board",
                        source_field="board_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="memberships",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "user",
                    fields.ForeignKeyField(
                        "quart_notes.User",
                        source_field="user_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("role", fields.CharField(max_length=8)),
            ],
            options={
                "table": "membership",
                "app": "quart_notes",
                "unique_together": (("board", "user"),),
                "pk_attr": "id",
                "table_description": "What a person may do on a board. Board 1 needs none: it is everybody's.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Preference",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
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
                ("key", fields.CharField(max_length=64)),
                ("value", fields.TextField(unique=False)),
            ],
            options={
                "table": "preference",
                "app": "quart_notes",
                "unique_together": (("user", "key"),),
                "pk_attr": "id",
                "table_description": "Something a person wants remembered, as JSON.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Session",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("secret_hash", fields.CharField(unique=True, max_length=64)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "quart_notes.User",
                        source_field="user_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("proven", fields.BooleanField(default=False)),
                ("board_id", fields.BigIntField(default=1)),
                ("agent", fields.CharField(max_length=200)),
                ("address", fields.CharField(max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("seen_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "session",
                "app": "quart_notes",
                "pk_attr": "id",
                "table_description": "A browser: who it is, and which board it has open. Only a hash of its secret is kept.",
            },
            bases=["Model"],
        ),
        ops.RemoveIndex(
            model_name="Note",
            name=None,
            fields=["deleted_at", "done", "id"],
        ),
        ops.AlterModelOptions(
            name="Note",
            options={
                "table": "note",
                "app": "quart_notes",
                "indexes": [
                    Index(fields=["board_id", "deleted_at", "done", "id"]),
                    Index(fields=["board_id", "deleted_at", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "A note of a board. A deleted one is kept aside for a while, so that a deletion can be undone.",
            },
        ),
        ops.AddField(
            model_name="Note",
            name="board_id",
            field=fields.BigIntField(default=1, db_default=1),
        ),
        ops.AddIndex(
            model_name="Note",
            index=Index(fields=["board_id", "deleted_at", "done", "id"]),
        ),
        ops.AddIndex(
            model_name="Note",
            index=Index(fields=["board_id", "deleted_at", "id"]),
        ),
        ops.AddField(
            model_name="User",
            name="is_admin",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name="User",
            name="password_hash",
            field=fields.CharField(null=True, max_length=200),
        ),
    ]
