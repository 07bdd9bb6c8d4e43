"""The history on the page of a note, and its forms."""

import asyncio
from typing import Any

from quart import Blueprint, request

from quart_notes.domain.access import Caller
from quart_notes.domain.text.word_diff import word_diff
from quart_notes.errors import NotFoundError
from quart_notes.schemas import VERSION_MAX, HistoryQuery
from quart_notes.web.context import core
from quart_notes.web.current_board import board_path
from quart_notes.web.forms import confirmation, number
from quart_notes.web.fragments import Page, see_other
from quart_notes.web.security.authentication import caller

# Registered twice, as the pages of the notes are.
blueprint = Blueprint("front_note_history", __name__)

PAGE_STATES = 20  # states on a page


async def shown_history(who: Caller, board_id: int, note_id: int) -> dict[str, Any]:
    """What the page of a note shows of its history: a part of its states, and the comparison that it is asked for."""
    asked = request.args.get("before")
    query = HistoryQuery(limit=PAGE_STATES, before=number(asked, 1, VERSION_MAX) if asked else None)
    found = await core().revisions.find(who, board_id, note_id, query)
    return {
        "history": found.items,
        "history_users": await core().users.existing_users({state.by for state in found.items}),
        "first_page": query.before is None,
        "older": found.items[-1].version if found.more else None,
        "compared": await _comparison(who, board_id, note_id),
    }


async def _comparison(who: Caller, board_id: int, note_id: int) -> dict[str, Any] | None:
    asked = request.args.get("version")
    if not asked:
        return None
    try:
        versions = [number(text, 1, VERSION_MAX) for text in (asked, request.args.get("with")) if text]
        state, before = await core().revisions.compare(who, board_id, note_id, *versions)
    except NotFoundError:
        return None
    old = (before.title, before.description) if before else (state.title, state.description)
    texts = zip(old, (state.title, state.description), strict=True)
    # In a thread: for a hostile text it takes a tenth of a second.
    title, text = [await asyncio.to_thread(word_diff, one or "", other or "") for one, other in texts]
    return {"version": state.version, "before": before and before.version, "title": title, "text": text}


@blueprint.post("/<id:note_id>/history/<id:version>/restore")
async def restore_version(board_id: int, note_id: int, version: int) -> Page:
    """The form to restore a state of a note."""
    await core().revisions.restore(await caller(), board_id, note_id, version)
    return _to_history(board_id, note_id)


@blueprint.post("/<id:note_id>/history/delete")
async def delete_history(board_id: int, note_id: int) -> Page:
    """The form to delete the history of a note."""
    who = await caller()
    await core().boards.require(who, board_id, "owner")
    back = f"{board_path(board_id)}/{note_id}"
    words = "All earlier versions of the note will be gone. The note stays as it is."
    if page := await confirmation("Delete the history of this note?", words, verb="Delete the history", back=back):
        return page
    await core().revisions.delete(who, board_id, note_id)
    return _to_history(board_id, note_id)


def _to_history(board_id: int, note_id: int) -> Page:
    return see_other(f"{board_path(board_id)}/{note_id}#history")
