import json
from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


async def set_subjects(_: Any, editor: Any) -> None:
    """Say of each event of a room which room it is about, so that its name leaves the log when it is closed or deleted."""
    _, rows = await editor.client.execute_query("SELECT number, body FROM event_log WHERE topic = 'rooms'", [])
    for row in rows:
        subject = f"room:{json.loads(row['body'])['room']['id']}"
        await editor.client.execute_query(
            "UPDATE event_log SET subject = ?1 WHERE number = ?2", [subject, row["number"]]
        )


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0024_search_blocks")]

    initial = False

    operations = [
        ops.AddField(model_name="Room", name="created_by", field=fields.BigIntField(null=True)),
        ops.AddField(model_name="Room", name="closed", field=fields.BooleanField(default=False, db_default=False)),
        ops.AddField(model_name="Room", name="archived_at", field=fields.DatetimeField(null=True)),
        ops.AddField(model_name="Room", name="deleted_at", field=fields.DatetimeField(null=True)),
        ops.CreateModel(
            name="RoomMembership",
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
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("role", fields.CharField(max_length=8)),
                ("replay_after", fields.BigIntField(default=0, db_default=0)),
            ],
            options={
                "table": "room_membership",
                "app": "quart_notes",
                "unique_together": (("room", "user"),),
                "pk_attr": "id",
                "table_description": "What a person may do in a closed room. The other rooms need none: they are everybody's.",
            },
            bases=["Model"],
        ),
        ops.RunPython(set_subjects, ops.RunPython.noop),
    ]
