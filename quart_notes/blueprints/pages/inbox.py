"""The page of the viewer's notifications."""

from quart import Blueprint, render_template, request

from quart_notes.domain.access import Caller
from quart_notes.errors import ValidationFailedError
from quart_notes.schemas import MAX_ID, NotificationQuery, NotificationsRead
from quart_notes.web.context import core
from quart_notes.web.forms import form_values, parse_id
from quart_notes.web.fragments import Page, see_other
from quart_notes.web.security.authentication import caller, visible_position

blueprint = Blueprint("front_inbox", __name__, url_prefix="/front/inbox")


@blueprint.get("")
async def inbox() -> str:
    """The notifications, newest first; in open mode of nobody until somebody is chosen."""
    before = parse_id(request.args.get("before_id"))
    who: Caller = await caller()
    found = await core().notifications.find(who, NotificationQuery(before_id=before or MAX_ID))
    shown = found.items[0]
    return await render_template(
        "inbox.html",
        notifications=shown.notifications,
        unread_here=shown.unread,
        first_page=before is None,
        older=shown.notifications[-1].id if found.more else None,
        days=core().notifications.days,
        last_event_id=visible_position(found.position),
    )


@blueprint.post("/read")
async def mark_read() -> Page:
    """Mark one notification as read, or all up to the newest one on the page."""
    sent = await form_values("id", "up_to_id")
    one, newest = parse_id(sent["id"]), parse_id(sent["up_to_id"])
    if not (one or newest):
        raise ValidationFailedError.of_field("id", "There is no such notification.")
    read = NotificationsRead.model_validate({"ids": [one]} if one else {"up_to_id": newest})
    await core().notifications.mark_read(await caller(), read)
    return see_other("/front/inbox")
