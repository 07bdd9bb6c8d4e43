"""The API of the caller's notifications."""

from quart import Blueprint, Response, request
from quart_schema import tag_blueprint, validate_querystring, validate_request

from quart_notes.domain.access import Caller
from quart_notes.errors import NobodyChosenError, NotFoundError
from quart_notes.schemas import InboxOut, NotificationQuery, NotificationsOut, NotificationsRead
from quart_notes.web.context import core
from quart_notes.web.forms import parse_id
from quart_notes.web.openapi.document import PERSON_ID, ResponseDoc, responds, takes
from quart_notes.web.responses import json_item, json_list, list_response
from quart_notes.web.security.authentication import accounts_mode, acting_as

blueprint = Blueprint("notifications", __name__, url_prefix="/api/me/notifications")
tag_blueprint(blueprint, ["me"])


async def _me() -> Caller:
    """Whose notifications are meant: the caller's; in open mode, those of `person_id`."""
    who = await acting_as(None if accounts_mode() else parse_id(request.args.get("person_id")))
    if who.user is None:
        raise NobodyChosenError("Choose who you are first, on a page or with person_id.")
    return who


@blueprint.get("")
@takes(PERSON_ID)
@validate_querystring(NotificationQuery)
@responds(*list_response("A page, newest first.", NotificationsOut), problems=(NotFoundError,))
async def list_notifications(query_args: NotificationQuery) -> Response:
    """List your notifications.

    Newest first, those that you may see; `Link` leads to older ones. An event `inbox` says when to ask again.
    """
    found = await core().notifications.find(await _me(), query_args)
    (shown,) = found.items
    links = {"next": {"before_id": shown.notifications[-1].id}} if found.more else {}
    return json_list(shown.json_bytes, found.position, **links)


@blueprint.post("/read")
@takes(PERSON_ID)
@validate_request(NotificationsRead)
@responds(ResponseDoc(200, "What is unread now.", InboxOut), problems=(NotFoundError,))
async def mark_notifications_read(data: NotificationsRead) -> Response:
    """Mark notifications as read.

    Some, and all up to one; on all your screens.
    """
    return json_item(*await core().notifications.mark_read(await _me(), data))
