import json
from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from quart_notes.domain.text.markdown import format_message

CHUNK = 500  # messages read at once
READ = "SELECT id, content FROM message WHERE id > ?1 ORDER BY id LIMIT ?2"
WRITE = "UPDATE message SET formatted_json = ?1 WHERE id = ?2"


async def format_messages(_: Any, editor: Any) -> None:
    """Make the tree of each message that is Markdown."""
    last = 0
    while rows := (await editor.client.execute_query(READ, [last, CHUNK]))[1]:
        for row in rows:
            tree = format_message(row["content"])
            if tree is not None:
                text = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
                await editor.client.execute_query(WRITE, [text, row["id"]])
        last = rows[-1]["id"]


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0016_content")]

    initial = False

    operations = [
        ops.AddField(model_name="Message", name="formatted_json", field=fields.TextField(null=True)),
        ops.RunPython(format_messages),
    ]
