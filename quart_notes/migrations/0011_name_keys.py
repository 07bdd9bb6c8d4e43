import re
import unicodedata
from hashlib import sha256

from tortoise import migrations
from tortoise.migrations import operations as ops

# As schemas/text.py had it when this migration was made.
IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U00016fe4\U0001d159"
    "\u2065\ufff0-\ufff8\U000e0000-\U000e0fff]"
)


def key_of(name, most):
    shown = "".join(one for one in name if unicodedata.category(one) != "Cf" and not IGNORABLE.match(one))
    key = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", shown).casefold())
    key = unicodedata.normalize("NFKC", key.casefold())
    return key if len(key) <= most else sha256(key.encode()).hexdigest()


async def compare_compatible_forms(apps, editor):
    """Give names the keys by which full-width letters are alike; who would then have another's key keeps their own."""
    first, second = ("$1", "$2") if editor.DIALECT == "postgres" else ("?1", "?2")
    for table, name, most in (("user", "nickname", 128), ("room", "name", 320)):
        rows = await editor.client.execute_query_dict(
            f'SELECT id, {name} AS name, {name}_key AS key FROM "{table}" WHERE {name} IS NOT NULL ORDER BY id'  # noqa: S608 - our own names
        )
        taken = {row["key"] for row in rows}
        update = f'UPDATE "{table}" SET {name}_key = {first} WHERE id = {second}'  # noqa: S608 - our own names
        for row in rows:
            key = key_of(row["name"], most)
            if key not in taken:
                taken.add(key)
                await editor.client.execute_query(update, [key, row["id"]])


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0010_deactivation")]

    initial = False

    operations = [ops.RunPython(compare_compatible_forms, ops.RunPython.noop)]
