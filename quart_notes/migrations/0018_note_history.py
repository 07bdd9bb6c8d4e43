from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0017_formatted_messages")]

    initial = False

    operations = [
        ops.CreateModel(
            name="NoteRevision",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "note",
                    fields.ForeignKeyField(
                        "quart_notes.Note",
                        source_field="note_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("board_id", fields.BigIntField()),
                ("version", fields.IntField()),
                ("title", fields.CharField(null=True, max_length=200)),
                ("description", fields.TextField(null=True, unique=False)),
                ("changes", fields.CharField(null=True, max_length=200)),
                ("changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("changed_by", fields.BigIntField(null=True)),
                ("deleted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("deleted_by", fields.BigIntField(null=True)),
                ("replaced_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "note_revision",
                "app": "quart_notes",
                "unique_together": (("note", "version"),),
                "indexes": [Index(fields=["board_id", "changed_at"])],
                "pk_attr": "id",
                "table_description": "An earlier state of a note. The newest one is in the note itself.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Board",
            name="deleted_by",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="Note",
            name="changes",
            field=fields.CharField(null=True, max_length=200),
        ),
        ops.AddField(
            model_name="Note",
            name="changes_since",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Note",
            name="deleted_by",
            field=fields.BigIntField(null=True),
        ),
        ops.AddIndex(
            model_name="Note",
            index=Index(fields=["board_id", "updated_at"]),
        ),
        ops.RunSQL(
            "CREATE INDEX note_revision_deleted ON note_revision (board_id, deleted_at) WHERE deleted_at IS NOT NULL"
        ),
        # Of notes that were changed before, nobody knows what and since when.
        ops.RunSQL("UPDATE note SET changes = 'edited', changes_since = updated_at WHERE version > 1"),
    ]
