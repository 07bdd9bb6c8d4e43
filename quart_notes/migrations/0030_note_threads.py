from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0029_message_deleted_by")]

    initial = False

    operations = [
        ops.AddField(model_name="Room", name="note_id", field=fields.BigIntField(null=True)),
        ops.AddField(model_name="Room", name="board_id", field=fields.BigIntField(null=True)),
        ops.AddField(model_name="Note", name="thread_id", field=fields.BigIntField(null=True)),
        ops.AddField(model_name="Note", name="message_count", field=fields.IntField(default=0, db_default=0)),
        ops.AddField(model_name="Note", name="last_message_id", field=fields.BigIntField(null=True)),
        ops.AddField(
            model_name="Note", name="thread_unsent", field=fields.BooleanField(default=False, db_default=False)
        ),
        ops.AddField(model_name="Message", name="note_id", field=fields.BigIntField(null=True)),
        # A note has one thread, however many people open it at once.
        ops.RunSQL("CREATE UNIQUE INDEX room_by_note ON room (note_id) WHERE note_id IS NOT NULL"),
        ops.RunSQL("CREATE INDEX room_by_board ON room (board_id) WHERE board_id IS NOT NULL"),
        # Lists of rooms, and unread counts, do not read the threads.
        ops.RunSQL("CREATE INDEX room_by_kind ON room (kind, id)"),
        ops.RunSQL("CREATE INDEX note_with_unsent_thread ON note (id) WHERE thread_unsent"),
    ]
