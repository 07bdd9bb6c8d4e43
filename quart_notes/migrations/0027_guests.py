from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0026_replies_and_reactions")]

    initial = False

    operations = [
        # Everybody who is there already is a member of the server.
        ops.AddField(model_name="User", name="is_guest", field=fields.BooleanField(default=False, db_default=False)),
        ops.AddField(model_name="Invitation", name="joins_as", field=fields.CharField(max_length=6, null=True)),
        # Links that were given away before keep their promise.
        ops.RunSQL("UPDATE invitation SET joins_as = 'member' WHERE kind <> 'claim'"),
    ]
