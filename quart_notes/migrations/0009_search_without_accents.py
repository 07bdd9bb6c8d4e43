from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

from quart_notes.domain.text.normalization import searchable

CHUNK = 500  # notes read at once
READ = "SELECT id, title, description FROM note WHERE id > ?1 ORDER BY id LIMIT ?2"


async def fold(_: Any, editor: Any) -> None:
    """Write again what a search looks at: without accents."""
    last = 0
    while rows := (await editor.client.execute_query(READ, [last, CHUNK]))[1]:
        for row in rows:
            text = searchable(f"{row['title'] or ''}\n{row['description'] or ''}")
            await editor.client.execute_query("UPDATE note SET search_text = ?1 WHERE id = ?2", [text, row["id"]])
        last = rows[-1]["id"]


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0008_kept_imports")]

    initial = False

    operations = [ops.RunPython(fold)]
