"""The tasks of notes, each changed in its own line: what others change at the same time stays."""

from quart_notes.domain.access import Caller, require_role
from quart_notes.domain.notes import note_out, require_note, save_note, set_formatted
from quart_notes.domain.order.note_rows import FORMATTED
from quart_notes.domain.service import Service, transactional
from quart_notes.domain.text.markdown import format_text, tree_json
from quart_notes.domain.text.task_lines import find_task, task_nodes, ticks_of, with_task, with_ticks, without_done
from quart_notes.errors import TaskMovedError, ValidationFailedError
from quart_notes.live.writer import Change
from quart_notes.models import Note
from quart_notes.schemas import DESCRIPTION_MAX, NoteOut, TaskCreate, TaskTick

ACTIONS = ("uncheck", "delete-done")  # for all tasks of a note


class Tasks(Service):
    """All tasks. Every method raises NotFoundError or ForbiddenError as those of `Notes` do."""

    @transactional
    async def tick(self, change: Change, caller: Caller, board_id: int, note_id: int, data: TaskTick) -> NoteOut:
        """Tick a task, or take the tick back; TaskMovedError, with the current note, when it is not to be found."""
        await require_role(change.connection, caller, board_id, "ticker")
        note = await require_note(change.connection, board_id, note_id)
        content = note.content
        ticks = ticks_of(note.description, content)
        line = find_task(note.description or "", ticks, data.line, data.source)
        if line is None:
            current = note_out(note).model_dump(mode="json")
            raise TaskMovedError("Somebody else has changed this task or deleted it.", extra={"note": current})
        if ticks[line] == data.done:
            return note_out(note)
        note.description = with_ticks(note.description or "", {line: data.done})
        note.tasks_done += 1 if data.done else -1
        if content is not None:  # a tick changes nothing else in it; to parse the whole text costs much more
            next(node for node in task_nodes(content) if node["line"] == line)["done"] = data.done
            note.update_from_dict({"content_json": tree_json(content)})
        return await save_note(change, "update", note, "description", *FORMATTED, changed=["tasks"])

    @transactional
    async def add(self, change: Change, caller: Caller, board_id: int, note_id: int, data: TaskCreate) -> NoteOut:
        """Add a task in a line of its own; ValidationFailedError when it does not fit there."""
        await require_role(change.connection, caller, board_id, "editor")
        note = await require_note(change.connection, board_id, note_id)
        try:
            text = with_task(note.description or "", data.text, data.after_line)
        except ValueError as error:
            raise ValidationFailedError.of_field("after_line", str(error)) from None
        if len(text) > DESCRIPTION_MAX:
            raise ValidationFailedError.of_field("text", f"A note has at most {DESCRIPTION_MAX:,} characters.")
        return await _save_text(change, note, text)

    @transactional
    async def change_all(self, change: Change, caller: Caller, board_id: int, note_id: int, action: str) -> NoteOut:
        """Untick all tasks (`uncheck`), or delete those that are ticked off (`delete-done`)."""
        if action not in ACTIONS:
            raise ValidationFailedError.of_field("action", f"must be one of: {', '.join(ACTIONS)}")
        await require_role(change.connection, caller, board_id, "editor")
        note = await require_note(change.connection, board_id, note_id)
        text = note.description or ""
        if action == "uncheck":
            text = with_ticks(text, dict.fromkeys(ticks_of(text, note.content), False))
        else:
            text = without_done(text)
        if not text.strip() and note.title is None:
            raise ValidationFailedError.of_field("", "Nothing would be left of the note. Delete it instead.")
        return await _save_text(change, note, text)


async def _save_text(change: Change, note: Note, text: str) -> NoteOut:
    if text == (note.description or ""):
        return note_out(note)
    note.update_from_dict({"description": text if text.strip() else None})
    await set_formatted(change, note, format_text(note.description))
    return await save_note(change, "update", note, "description", *FORMATTED, changed=["tasks"])
