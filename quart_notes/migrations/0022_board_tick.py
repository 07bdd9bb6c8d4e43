from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0021_labels")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Board",
            name="tick",
            field=fields.CharField(default="notes", db_default="notes", max_length=10),
        ),
    ]
