import json
import re
from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

CHUNK = 500  # events read at once
READ = "SELECT number, body FROM event_log WHERE number > ?1 ORDER BY number LIMIT ?2"
PRESENT = "SELECT id FROM {} WHERE deleted_at IS NULL AND id IN ({})"
# As blanking.py had it when this migration was made.
TEXT: dict[str, dict[str, str | None]] = {"note": {"title": None, "description": None}, "message": {"content": ""}}
BEGINNING = re.compile(r'\{"topic":"[^"]*","action":"[a-z]+","(note|message)":\{"id":(\d+)[,}]')


async def blank_what_was_deleted(_: Any, editor: Any) -> None:
    """Say of each event which note or message it is about; take the text from those that are deleted or gone."""
    last = 0
    while rows := (await editor.client.execute_query(READ, [last, CHUNK]))[1]:
        about = {row["number"]: match for row in rows if (match := BEGINNING.match(row["body"]))}
        present = set()
        for kind in TEXT:
            ids = ", ".join(match[2] for match in about.values() if match[1] == kind)
            if ids:
                _, found = await editor.client.execute_query(PRESENT.format(kind, ids))
                present |= {(kind, str(row["id"])) for row in found}
        for row in rows:
            match = about.get(row["number"])
            if match is None:
                continue
            body = row["body"]
            if match.groups() not in present:
                event = json.loads(body)
                event[match[1]] |= TEXT[match[1]]
                body = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
            await editor.client.execute_query(
                "UPDATE event_log SET subject = ?1, body = ?2 WHERE number = ?3",
                [":".join(match.groups()), body, row["number"]],
            )
        last = rows[-1]["number"]


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0012_personal_boards")]

    initial = False

    operations = [
        ops.AddField(
            model_name="LoggedEvent",
            name="subject",
            field=fields.CharField(null=True, max_length=32),
        ),
        ops.AddField(
            model_name="Membership",
            name="replay_after",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="User",
            name="replay_after",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.RunPython(blank_what_was_deleted, ops.RunPython.noop),
        ops.RunSQL("CREATE INDEX event_by_subject ON event_log (subject) WHERE subject IS NOT NULL"),
    ]
