"""Labels of notes."""

from tortoise import fields
from tortoise.models import Model

from quart_notes.models.boards import Board
from quart_notes.models.columns import reference
from quart_notes.models.notes import Note
from quart_notes.schemas import LABEL_KEY_MAX, LABEL_NAME_MAX


class Label(Model):
    """A label of a board."""

    id = fields.BigIntField(primary_key=True)
    board: fields.ForeignKeyRelation[Board] = reference("Board", fields.CASCADE)
    name = fields.CharField(LABEL_NAME_MAX)
    name_key = fields.CharField(LABEL_KEY_MAX)  # for comparing (schemas.labels)
    colour = fields.CharField(10, default="none", db_default="none")

    board_id: int

    class Meta:
        table = "label"
        unique_together = (("board", "name_key"),)


class NoteLabel(Model):
    """A label on a note. The note has the names too: `domain.labels.note_labels` writes both."""

    id = fields.BigIntField(primary_key=True)
    label: fields.ForeignKeyRelation[Label] = reference("Label", fields.CASCADE)
    note: fields.ForeignKeyRelation[Note] = reference("Note", fields.CASCADE, db_index=True)

    label_id: int
    note_id: int

    class Meta:
        table = "note_label"
        unique_together = (("label", "note"),)
