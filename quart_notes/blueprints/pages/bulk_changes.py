"""Several notes of a board at once, without scripts: the form, and the way back."""

from typing import Any, NamedTuple

from pydantic import ValidationError
from quart import Blueprint, request

from quart_notes.domain.access import Caller
from quart_notes.schemas import BULK_MAX, BulkUpdate
from quart_notes.web.board_filter import back_to_board
from quart_notes.web.context import core
from quart_notes.web.forms import form_problem, parse_id
from quart_notes.web.fragments import Page, see_other
from quart_notes.web.security.authentication import caller

# Registered twice, as the pages of the notes are.
blueprint = Blueprint("front_bulk_changes", __name__)

FLAGS = {"true": True, "false": False}
UNDOABLE = ("deleted", "archived")  # fields after which notes are no longer on the page


class BulkNotice(NamedTuple):
    """An offer to take a change back: its field, and the notes that it fits."""

    field: str
    ids: list[int]


@blueprint.post("/bulk")
async def change_notes(board_id: int) -> Page:
    """The form: `id` for each note, and `do`, a field of a change with its value (`archived:true`)."""
    form = await request.form
    field, _, text = form.get("do", "").partition(":")
    try:
        ids = [parse_id(one) for one in form.getlist("id")]
        data = BulkUpdate.model_validate({"ids": ids, "change": {field: _value(field, text)}})
        changed, _ = await core().bulk_changes.change(await caller(), board_id, data)
    except ValidationError as error:
        raise form_problem(error) from None
    if field in UNDOABLE and text == "true":
        return see_other(await back_to_board(board_id, undo=field, id=[note.id for note in changed.notes]))
    return see_other(await back_to_board(board_id))


def _value(field: str, text: str) -> Any:
    if field == "board_id":
        return parse_id(text)
    return [text] if field.startswith("labels_") else FLAGS.get(text, text)


async def bulk_notice(who: Caller, board_id: int) -> BulkNotice | None:
    """What the address offers to take back, of those notes that are in the bin or in the archive; None for nothing."""
    field = request.args.get("undo", "")
    ids = [number for one in request.args.getlist("id")[:BULK_MAX] if (number := parse_id(one))]
    if field not in UNDOABLE or not ids:
        return None
    found = await core().bulk_changes.put_away(who, board_id, ids, deleted=field == "deleted")
    return BulkNotice(field, found) if found else None
