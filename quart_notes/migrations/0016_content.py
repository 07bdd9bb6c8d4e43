import json
from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from quart_notes.domain.text.markdown import format_text

CHUNK = 500  # notes read at once
READ = "SELECT id, description FROM note WHERE id > ?1 AND description IS NOT NULL ORDER BY id LIMIT ?2"
WRITE = "UPDATE note SET content_json = ?1, tasks_done = ?2, tasks_total = ?3 WHERE id = ?4"


async def format_descriptions(_: Any, editor: Any) -> None:
    """Make the tree of each description that is Markdown."""
    last = 0
    while rows := (await editor.client.execute_query(READ, [last, CHUNK]))[1]:
        for row in rows:
            formatted = format_text(row["description"])
            if formatted.content is None and not formatted.tasks:
                continue
            content = formatted.content and json.dumps(formatted.content, ensure_ascii=False, separators=(",", ":"))
            count = formatted.task_count
            await editor.client.execute_query(WRITE, [content, count["done"], count["total"], row["id"]])
        last = rows[-1]["id"]


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0015_note_authors")]

    initial = False

    operations = [
        ops.AddField(model_name="Note", name="content_json", field=fields.TextField(null=True)),
        ops.AddField(model_name="Note", name="tasks_done", field=fields.IntField(default=0, db_default=0)),
        ops.AddField(model_name="Note", name="tasks_total", field=fields.IntField(default=0, db_default=0)),
        ops.RunPython(format_descriptions),
    ]
