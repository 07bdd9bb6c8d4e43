from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0028_notifications")]

    initial = False

    operations = [
        ops.AddField(model_name="Message", name="deleted_by", field=fields.BigIntField(null=True)),
    ]
