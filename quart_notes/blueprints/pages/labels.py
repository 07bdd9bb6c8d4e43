"""The forms of a board's labels, on its settings page: adding, renaming, recolouring, merging and deleting."""

from typing import Any

from pydantic import ValidationError
from quart import Blueprint, request

from quart_notes.blueprints.pages.boards import settings_page
from quart_notes.errors import LabelNameTakenError
from quart_notes.schemas import LabelCreate, LabelUpdate, PageQuery
from quart_notes.web.context import core
from quart_notes.web.forms import confirmation, form_values, refused
from quart_notes.web.fragments import Page, see_other
from quart_notes.web.security.authentication import caller

blueprint = Blueprint("front_labels", __name__, url_prefix="/front/boards/<id:board_id>/labels")


@blueprint.post("")
async def add(board_id: int) -> Page:
    """The form to add a label."""
    sent = await form_values("name", "colour")
    try:
        await core().board_labels.add(await caller(), board_id, LabelCreate.model_validate(_sent(sent)))
    except (ValidationError, LabelNameTakenError) as error:
        return await refused(lambda form: settings_page(board_id, new_label_form=form), sent, error)
    return _to_labels(board_id)


@blueprint.post("/<id:label_id>")
async def save(board_id: int, label_id: int) -> Page:
    """The form to rename and recolour a label. When the name is taken, it comes again with a button to merge."""
    sent = await form_values("name", "colour")
    merge = "merge" in await request.form
    try:
        data = LabelUpdate.model_validate({**_sent(sent), "merge": merge})
        await core().board_labels.change(await caller(), board_id, label_id, data)
    except (ValidationError, LabelNameTakenError) as error:
        more = {"id": label_id, "taken": isinstance(error, LabelNameTakenError)}
        return await refused(lambda form: settings_page(board_id, label_form={**form, **more}), sent, error)
    return _to_labels(board_id)


def _sent(sent: dict[str, str]) -> dict[str, Any]:
    return {name: text for name, text in sent.items() if name == "name" or text}


@blueprint.post("/<id:label_id>/delete")
async def delete(board_id: int, label_id: int) -> Page:
    """The form to delete a label, which asks first: all notes lose it, and there is no way back."""
    if page := await _confirm_deletion(board_id, label_id):
        return page
    await core().board_labels.delete(await caller(), board_id, label_id)
    return _to_labels(board_id)


async def _confirm_deletion(board_id: int, label_id: int) -> str | None:
    who = await caller()
    await core().boards.require(who, board_id, "editor")
    found = (await core().board_labels.find(who, board_id, PageQuery(after_id=label_id - 1, limit=1))).items
    label = next((label for label in found if label.id == label_id), None)
    if label is None:
        return None
    notes = "1 note has it" if label.note_count == 1 else f"{label.note_count:,} notes have it"
    question = f"Delete the label “{label.name}”?"
    back = f"/front/boards/{board_id}#labels"
    return await confirmation(question, f"{notes} and will stay without it.", verb="Delete the label", back=back)


def _to_labels(board_id: int) -> Page:
    return see_other(f"/front/boards/{board_id}#labels")
