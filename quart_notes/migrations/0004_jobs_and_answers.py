from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0003_access_and_boards")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Job",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
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
                ("board_id", fields.BigIntField()),
                ("kind", fields.CharField(max_length=16)),
                ("state", fields.CharField(db_index=True, max_length=16)),
                ("options", fields.TextField(unique=False)),
                ("file_name", fields.CharField(max_length=255)),
                ("folder", fields.CharField(max_length=32)),
                ("done", fields.IntField(default=0)),
                ("total", fields.IntField(null=True)),
                ("text", fields.CharField(max_length=200)),
                ("outcome", fields.TextField(unique=False)),
                ("version", fields.IntField(default=1)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "job",
                "app": "quart_notes",
                "pk_attr": "id",
                "table_description": "Long work that somebody asked for. Its file lies in the data folder while it may be run again.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Message",
            name="answer_error",
            field=fields.CharField(null=True, max_length=300),
        ),
        ops.AddField(
            model_name="Message",
            name="answer_state",
            field=fields.CharField(null=True, max_length=8),
        ),
        ops.AddField(
            model_name="Message",
            name="asker_id",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="Message",
            name="question_id",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="Note",
            name="origin",
            field=fields.CharField(null=True, max_length=100),
        ),
        # Of the few rows that have one: an index of all would cost each new note and message a page of the commit.
        ops.RunSQL("CREATE INDEX note_by_origin ON note (board_id, origin) WHERE origin IS NOT NULL"),
        ops.RunSQL("CREATE INDEX message_being_answered ON message (id) WHERE answer_state IN ('waiting', 'writing')"),
        ops.AlterModelOptions(
            name="Room",
            options={
                "table": "room",
                "app": "quart_notes",
                "unique_together": (("lower", "upper"),),
                "pk_attr": "id",
                "table_description": "A room, a direct conversation, or somebody's private room, where the assistant answers.",
            },
        ),
    ]
