from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0014_pinned")]

    initial = False

    operations = [
        ops.AddField(model_name="Note", name="created_by", field=fields.BigIntField(null=True)),
        ops.AddField(model_name="Note", name="updated_by", field=fields.BigIntField(null=True)),
        ops.AddField(model_name="Note", name="done_at", field=fields.DatetimeField(null=True)),
        ops.AddField(model_name="Note", name="done_by", field=fields.BigIntField(null=True)),
    ]
