from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0007_client_keys")]

    initial = False

    operations = [
        ops.AddField(model_name="Job", name="size", field=fields.BigIntField(default=0, db_default=0)),
        # What has ended well has had no files since.
        ops.RunSQL("UPDATE job SET folder = '' WHERE state = 'done'"),
    ]
