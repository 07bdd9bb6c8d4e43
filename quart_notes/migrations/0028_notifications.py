from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


def _reference(model: str, column: str, on_delete: OnDelete = OnDelete.CASCADE, **options: Any) -> Any:
    return fields.ForeignKeyField(
        f"quart_notes.{model}",
        source_field=column,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=on_delete,
        **options,
    )


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0027_guests")]

    initial = False

    operations = [
        ops.AddField(model_name="Reading", name="level", field=fields.CharField(max_length=10, null=True)),
        ops.CreateModel(
            name="Notification",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("user", _reference("User", "user_id")),
                ("kind", fields.CharField(max_length=10)),
                ("actor", _reference("User", "actor_id", OnDelete.SET_NULL, null=True)),
                ("message", _reference("Message", "message_id", null=True)),
                ("note", _reference("Note", "note_id", null=True)),
                ("room", _reference("Room", "room_id", null=True)),
                ("board", _reference("Board", "board_id", null=True)),
                ("count", fields.IntField(default=1)),
                ("created_at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ("read_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "notification",
                "app": "quart_notes",
                "indexes": [Index(fields=["user_id", "id"])],
                "pk_attr": "id",
                "table_description": "What concerns a user, without its text: that is read with it, by who may see it then.",
            },
            bases=["Model"],
        ),
        # Of the rows that have one: for what is deleted with them, and for what is unread.
        *(
            ops.RunSQL(f"CREATE INDEX notification_{name} ON notification ({name}_id) WHERE {name}_id IS NOT NULL")
            for name in ("message", "note", "room", "board")
        ),
        ops.RunSQL("CREATE INDEX notification_unread ON notification (user_id) WHERE read_at IS NULL"),
        ops.RunSQL("CREATE INDEX reading_level ON reading (room_id) WHERE level IS NOT NULL"),
    ]
