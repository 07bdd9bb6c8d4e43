from typing import Any

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

RANK = "COALESCE(moved_rank, substr(CAST(1999999999999 - id AS TEXT), 2))"  # models/notes.py has the same


async def compare_bytes(_: Any, editor: Any) -> None:
    """Have PostgreSQL compare ranks byte by byte, as SQLite does, whatever the database's language."""
    if editor.DIALECT == "postgres":
        sql = 'ALTER TABLE note ALTER COLUMN moved_rank TYPE VARCHAR(64) COLLATE "C"'
        await editor.client.execute_script(sql)


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0018_note_history")]

    initial = False

    operations = [
        ops.AddField(model_name="Note", name="moved_rank", field=fields.CharField(null=True, max_length=64)),
        ops.RunPython(compare_bytes, ops.RunPython.noop),
        # The order of the page is that of these two indexes; a new note is in the first one alone.
        ops.RemoveIndex(model_name="Note", name=None, fields=["board_id", "deleted_at", "done", "id"]),
        ops.AlterModelOptions(
            name="Note",
            options={
                "table": "note",
                "app": "quart_notes",
                "indexes": [Index(fields=["board_id", "deleted_at", "id"]), Index(fields=["board_id", "updated_at"])],
                "pk_attr": "id",
                "table_description": "A note of a board. A deleted one is kept aside for a while, so that a deletion can be undone.",
            },
        ),
        # When a note was ticked off is not known from before 0015.
        ops.RunSQL("UPDATE note SET done_at = updated_at WHERE done AND done_at IS NULL"),
        ops.RunSQL(
            f"CREATE INDEX note_open ON note (board_id, pinned DESC, ({RANK}))"
            " WHERE deleted_at IS NULL AND done_at IS NULL"
        ),
        ops.RunSQL(
            "CREATE INDEX note_done ON note (board_id, done_at DESC, id DESC)"
            " WHERE deleted_at IS NULL AND NOT done_at IS NULL"  # as Tortoise writes it: SQLite compares the words
        ),
        # For the neighbours of a new rank: ranks of done and deleted notes, which may come back, are not given again.
        ops.RunSQL("CREATE INDEX note_moved ON note (board_id, moved_rank) WHERE moved_rank IS NOT NULL"),
    ]
