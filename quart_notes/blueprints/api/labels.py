"""The API of the labels of boards."""

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_querystring, validate_request

from quart_notes.errors import LabelNameTakenError
from quart_notes.schemas import CountedLabelOut, LabelCreate, LabelOut, LabelUpdate, PageQuery
from quart_notes.web.context import core
from quart_notes.web.openapi.document import ResponseDoc, responds
from quart_notes.web.responses import CREATED_HEADERS, item_response, json_item, json_made, list_response, page
from quart_notes.web.security.authentication import caller

blueprint = Blueprint("labels", __name__, url_prefix="/api/boards/<id:board_id>/labels")
tag_blueprint(blueprint, ["boards"])

LABEL = item_response("label", LabelOut)


@blueprint.get("")
@validate_querystring(PageQuery)
@responds(*list_response("The labels, by id.", list[CountedLabelOut]))
async def list_labels(board_id: int, query_args: PageQuery) -> Response:
    """List the labels of a board."""
    return page(CountedLabelOut, await core().board_labels.find(await caller(), board_id, query_args))


@blueprint.post("")
@validate_request(LabelCreate)
@responds(ResponseDoc(201, "The label.", LabelOut, headers=CREATED_HEADERS), problems=(LabelNameTakenError,))
async def create_label(board_id: int, data: LabelCreate) -> Response:
    """Add a label to a board.

    A label that a note gets is added by itself.
    """
    return json_made(await core().board_labels.add(await caller(), board_id, data), f"/api/boards/{board_id}/labels")


@blueprint.patch("/<id:label_id>")
@validate_request(LabelUpdate)
@responds(LABEL, problems=(LabelNameTakenError,))
async def update_label(board_id: int, label_id: int, data: LabelUpdate) -> Response:
    """Rename, recolour or merge a label.

    The response is the label that stays.
    """
    return json_item(*await core().board_labels.change(await caller(), board_id, label_id, data))


@blueprint.delete("/<id:label_id>")
@responds(LABEL)
async def delete_label(board_id: int, label_id: int) -> Response:
    """Delete a label, also from its notes."""
    return json_item(*await core().board_labels.delete(await caller(), board_id, label_id))
