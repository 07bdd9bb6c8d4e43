"""The API of users."""

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_querystring, validate_request

from quart_notes.blueprints.api.messages import MESSAGE_LIST, pages
from quart_notes.errors import ForbiddenError, NicknameTakenError
from quart_notes.schemas import MessageQuery, PageQuery, UnreadOut, UnreadQuery, UserCreate, UserOut
from quart_notes.web.context import core
from quart_notes.web.openapi.document import ResponseDoc, responds
from quart_notes.web.responses import CREATED_HEADERS, json_item, json_made, list_response, made, page
from quart_notes.web.security.authentication import caller

blueprint = Blueprint("users", __name__, url_prefix="/api/users")
tag_blueprint(blueprint, ["people"])

PERSON = ResponseDoc(200, "The person as they are now.", UserOut)


@blueprint.get("")
@validate_querystring(PageQuery)
@responds(*list_response("The people, by id.", list[UserOut]))
async def list_users(query_args: PageQuery) -> Response:
    """List people.

    By id ascending, at most `limit`; `Link` leads to the next page.
    """
    return page(UserOut, await core().users.find(query_args, await caller()))


@blueprint.post("")
@validate_request(UserCreate)
@responds(*made("person", UserOut, CREATED_HEADERS), problems=(NicknameTakenError,))
async def create_user(data: UserCreate) -> Response:
    """Add a person.

    The nickname must be unique, regardless of case. In accounts mode administrators only; others invite.
    """
    who = await caller()
    who.require_admin()
    return json_made(await core().users.add(data, who.id), "/api/users")


@blueprint.get("/<id:user_id>")
@responds(PERSON)
async def get_user(user_id: int) -> Response:
    """Get a person."""
    return json_item(*await core().users.get(user_id, await caller()))


@blueprint.get("/<id:user_id>/messages")
@validate_querystring(MessageQuery)
@responds(*MESSAGE_LIST)
async def list_user_messages(user_id: int, query_args: MessageQuery) -> Response:
    """List a person's direct messages.

    Those to them and from them, by id ascending, at most `limit`; `Link` leads to further pages.
    """
    return pages(await core().messages.of_user(await caller(), user_id, query_args), query_args)


@blueprint.get("/<id:user_id>/unread")
@validate_querystring(UnreadQuery)
@responds(*list_response("One entry a room.", list[UnreadOut]), problems=(ForbiddenError,))
async def list_unread(user_id: int, query_args: UnreadQuery) -> Response:
    """List a person's unread counts.

    One entry for every room and every direct conversation of theirs, and every thread that they follow.
    """
    who, board_id = await caller(), query_args.board_id
    markers = core().read_markers
    found = await (markers.of_user(who, user_id) if board_id is None else markers.of_board(who, user_id, board_id))
    return page(UnreadOut, found)
