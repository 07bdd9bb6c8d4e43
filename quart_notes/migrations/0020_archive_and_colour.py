from tortoise import fields, migrations
from tortoise.migrations import operations as ops

RANK = "COALESCE(moved_rank, substr(CAST(1999999999999 - id AS TEXT), 2))"  # models/notes.py has the same
COUNTED = "deleted_at, done_at, archived_at"  # last, these columns spare SQLite the rows when it counts


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0019_rank")]

    initial = False

    operations = [
        ops.AddField(model_name="Note", name="archived_at", field=fields.DatetimeField(null=True)),
        ops.AddField(
            model_name="Note", name="colour", field=fields.CharField(max_length=10, default="none", db_default="none")
        ),
        # The order of the page, as before, but only of what is on it.
        ops.RunSQL("DROP INDEX note_open"),
        ops.RunSQL("DROP INDEX note_done"),
        ops.RunSQL(
            f"CREATE INDEX note_open ON note (board_id, pinned DESC, ({RANK}), {COUNTED})"
            " WHERE deleted_at IS NULL AND archived_at IS NULL AND done_at IS NULL"
        ),
        ops.RunSQL(
            "CREATE INDEX note_done ON note (board_id, done_at DESC, id DESC, deleted_at, archived_at)"
            " WHERE deleted_at IS NULL AND archived_at IS NULL AND NOT done_at IS NULL"
        ),
    ]
