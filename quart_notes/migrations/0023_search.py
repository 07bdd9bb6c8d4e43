from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from quart_notes.domain.text.normalization import searchable

CHUNK = 500  # messages read at once
READ = "SELECT id, content FROM message WHERE id > ?1 ORDER BY id LIMIT ?2"
# Of earlier imports only the creation of the notes is known. A note that follows a younger one was imported after it.
IMPORTED = """
    UPDATE note SET imported_at = earlier.newest
    FROM (SELECT id, MAX(created_at) OVER (ORDER BY id) AS newest FROM note) AS earlier
    WHERE earlier.id = note.id AND earlier.newest > note.created_at
"""


async def fold(_: Any, editor: Any) -> None:
    """Write what a search compares: the messages without case and accents."""
    last = 0
    while rows := (await editor.client.execute_query(READ, [last, CHUNK]))[1]:
        for row in rows:
            values = [searchable(row["content"]), row["id"]]
            await editor.client.execute_query("UPDATE message SET search_text = ?1 WHERE id = ?2", values)
        last = rows[-1]["id"]


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0022_board_tick")]

    initial = False

    operations = [
        ops.AddField(model_name="Message", name="search_text", field=fields.TextField(default="", db_default="")),
        ops.AddField(model_name="Note", name="imported_at", field=fields.DatetimeField(null=True)),
        ops.RunPython(fold),
        ops.RunSQL(IMPORTED),
    ]
