"""The pages of deleted notes and boards: the bin of a board, and deleting for good."""

from quart import Blueprint, render_template

from quart_notes.blueprints.pages.activity import time_query
from quart_notes.schemas import Moment
from quart_notes.web.context import core
from quart_notes.web.forms import confirmation
from quart_notes.web.fragments import Page, see_other
from quart_notes.web.security.authentication import caller, visible_position

blueprint = Blueprint("front_trash", __name__, url_prefix="/front/boards")


@blueprint.get("/<id:board_id>/trash")
async def trash(board_id: int) -> str:
    """The deleted notes of a board, the last one first."""
    who = await caller()
    query = time_query()
    found = await core().trash.notes(who, board_id, query)
    last = found.items[-1] if found.more else None
    return await render_template(
        "trash.html",
        board=(await core().boards.get(who, board_id))[0],
        entries=found.items,
        users=await core().users.existing_users({entry.deleted_by for entry in found.items}),
        first_page=query.before is None,
        older=Moment(last.deleted_at, last.note.id) if last else None,
        days=core().trash.days,
        last_event_id=visible_position(found.position),
    )


@blueprint.post("/<id:board_id>/trash/<id:note_id>/delete")
async def delete_note(board_id: int, note_id: int) -> Page:
    """The form to delete a deleted note for good."""
    who = await caller()
    back = f"/front/boards/{board_id}/trash"
    await core().boards.require(who, board_id, "owner")
    words = "The note and its history will be gone. Nobody can restore them."
    if page := await confirmation("Delete this note for good?", words, verb="Delete for good", back=back):
        return page
    await core().trash.delete(who, board_id, note_id)
    return see_other(back)


@blueprint.post("/<id:board_id>/trash/empty")
async def empty(board_id: int) -> Page:
    """The form to delete all deleted notes of a board for good."""
    who = await caller()
    back = f"/front/boards/{board_id}/trash"
    await core().boards.require(who, board_id, "owner")
    words = "All deleted notes of this board and their history will be gone. Nobody can restore them."
    if page := await confirmation("Empty the bin?", words, verb="Empty the bin", back=back):
        return page
    await core().trash.empty(who, board_id)
    return see_other(back)


@blueprint.post("/trash/<id:board_id>/delete")
async def delete_board(board_id: int) -> Page:
    """The form to delete a deleted board for good."""
    who = await caller()
    found = next((one.board for one in await core().trash.boards(who) if one.board.id == board_id), None)
    if found is not None:
        words = "Its notes and their history will be gone. Nobody can restore them."
        question = f"Delete “{found.name}” for good?"
        if page := await confirmation(question, words, verb="Delete for good", back="/front/boards"):
            return page
    await core().trash.delete_board(who, board_id)
    return see_other("/front/boards")
