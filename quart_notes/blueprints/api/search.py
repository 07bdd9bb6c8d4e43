"""The API of the search in everything that one sees."""

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_querystring

from quart_notes.errors import NotFoundError
from quart_notes.schemas import SearchOut, SearchQuery
from quart_notes.web.context import core
from quart_notes.web.openapi.document import ResponseDoc, responds
from quart_notes.web.responses import ITEM_HEADERS, json_item
from quart_notes.web.security.authentication import caller

blueprint = Blueprint("search", __name__, url_prefix="/api/search")
tag_blueprint(blueprint, ["search"])


@blueprint.get("")
@validate_querystring(SearchQuery)
@responds(ResponseDoc(200, "The hits.", SearchOut, headers=ITEM_HEADERS), problems=(NotFoundError,))
async def search(query_args: SearchQuery) -> Response:
    """Search notes and messages.

    Of all boards, rooms and conversations that the caller sees; of deleted ones never. Notes with all words in the
    title come first, then the rest, both newest first.
    """
    found, position = await core().search.find(await caller(), query_args)
    return json_item(found, position)
