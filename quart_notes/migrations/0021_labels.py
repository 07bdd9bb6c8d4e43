from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0020_archive_and_colour")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Label",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "board",
                    fields.ForeignKeyField(
                        "quart_notes.Board",
                        source_field="board_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("name", fields.CharField(max_length=50)),
                ("name_key", fields.CharField(max_length=200)),
                ("colour", fields.CharField(default="none", db_default="none", max_length=10)),
            ],
            options={
                "table": "label",
                "app": "quart_notes",
                "unique_together": (("board", "name_key"),),
                "pk_attr": "id",
                "table_description": "A label of a board.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="NoteLabel",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "label",
                    fields.ForeignKeyField(
                        "quart_notes.Label",
                        source_field="label_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "note",
                    fields.ForeignKeyField(
                        "quart_notes.Note",
                        source_field="note_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
            ],
            options={
                "table": "note_label",
                "app": "quart_notes",
                "unique_together": (("label", "note"),),
                "pk_attr": "id",
                "table_description": "A label on a note. The note has the names too: `domain.labels.note_labels` writes both.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Note",
            name="labels_json",
            field=fields.TextField(null=True, unique=False),
        ),
    ]
