"""Earlier states of notes."""

from tortoise import fields
from tortoise.models import Model

from quart_notes.models.columns import reference
from quart_notes.models.notes import CHANGES_MAX, Note
from quart_notes.schemas import TITLE_MAX


class NoteRevision(Model):
    """An earlier state of a note. The newest one is in the note itself.

    board_id      that of the note, so that the activity of a board is read by an index
    version       of the note when that state was replaced: the last one of its group of changes
    changed_at    when it got that version, changed_by: who did it
    changes       what the group changed, as in the note
    deleted_at    when the note was deleted in that state, deleted_by: who did it; it was restored since
    """

    id = fields.BigIntField(primary_key=True)
    note: fields.ForeignKeyRelation[Note] = reference("Note", fields.CASCADE)
    board_id = fields.BigIntField()
    version = fields.IntField()
    title = fields.CharField(TITLE_MAX, null=True)
    description = fields.TextField(null=True)
    changes = fields.CharField(CHANGES_MAX, null=True)
    changed_at = fields.DatetimeField()
    changed_by = fields.BigIntField(null=True)
    deleted_at = fields.DatetimeField(null=True)  # indexed where it is set, by the migration
    deleted_by = fields.BigIntField(null=True)
    replaced_at = fields.DatetimeField()

    note_id: int

    class Meta:
        table = "note_revision"
        unique_together = (("note", "version"),)
        indexes = (("board_id", "changed_at"),)
