from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0013_replay_and_deletion")]

    initial = False

    operations = [
        ops.AddField(model_name="Note", name="pinned", field=fields.BooleanField(default=False, db_default=False)),
    ]
