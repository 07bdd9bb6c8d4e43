from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0025_closed_rooms")]

    initial = False

    operations = [
        ops.AddField(model_name="Message", name="reply_to_id", field=fields.BigIntField(null=True)),
        ops.AddField(model_name="Message", name="reactions_json", field=fields.TextField(null=True, unique=False)),
        ops.AddField(
            model_name="Message", name="reactions_unsent", field=fields.BooleanField(default=False, db_default=False)
        ),
        ops.AddField(model_name="Message", name="reactions_by", field=fields.BigIntField(null=True)),
        ops.CreateModel(
            name="Reaction",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "message",
                    fields.ForeignKeyField(
                        "quart_notes.Message",
                        source_field="message_id",
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
                ("emoji", fields.CharField(max_length=40)),
            ],
            options={
                "table": "reaction",
                "app": "quart_notes",
                "unique_together": (("message", "emoji", "user"),),
                "pk_attr": "id",
                "table_description": "An emoji that a user has put on a message. The message has a summary: `domain.reactions` writes both.",
            },
            bases=["Model"],
        ),
        # Of the few rows that have one: an index of all would cost each new message a page of the commit.
        ops.RunSQL("CREATE INDEX message_by_reply_to ON message (reply_to_id) WHERE reply_to_id IS NOT NULL"),
        ops.RunSQL("CREATE INDEX message_with_unsent_reactions ON message (id) WHERE reactions_unsent"),
    ]
