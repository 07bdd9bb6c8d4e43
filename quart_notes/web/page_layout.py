"""The data of the layout around every page: the user, their theme, rooms, and unread counts."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from quart import request

from quart_notes.domain.rooms.access import LOBBY
from quart_notes.domain.service import Listed
from quart_notes.live import events
from quart_notes.schemas import PAGE_MAX, MyRoomOut, RoomQuery, UnreadOut
from quart_notes.web.context import core
from quart_notes.web.security.authentication import accounts_mode, caller, current_user, visible_position

THEMES = ("light", "dark", "system")
GUEST_TOPICS = (events.CLOSED_ROOMS,)
SHELL_TOPICS = (events.USERS, events.ROOMS, events.ALL_ROOMS, *GUEST_TOPICS)
THREADS = 8  # in the list of rooms, unless more have unread messages
CHOICES = 12  # users in the bar's list; the people page has all


async def shell() -> dict[str, Any]:
    """The names that templates/base.html and the macros of the rooms use.

    me               UserOut or None
    admin            whether they may add people
    choices          users to choose from, when there are few and everybody chooses
    theme            light, dark or system as `me` has chosen it; "" without a choice
    last_room        RoomOut that `me` opened last, or None
    rooms            MyRoomOut: the lobby first, then by newest activity; archived ones are in `archived_rooms`;
                     conversations: those of `me`, by newest activity
    threads          MyRoomOut: the threads that `me` follows, by newest activity: those with unread messages, and
                     THREADS in all
    online           ids of the users who are online, without `me`
    assistant_room   RoomOut, the private room of `me` with the assistant, or None
    assistant_there  whether it could answer since the start; assistant_wanted: whether the settings ask for one
    unread           unread counts by the room's id; unread_total: their sum
    inbox_unread     unread notifications of `me`
    unread_marks     "room:count:last read …", as of shell_event_id, for the script that goes on counting
    shell_topics     topics of the bar
    is_guest         whether they are a guest, who does not see what is everybody's
    shell_job        JobOut: the oldest unfinished job of `me`, or None
    here             page to return to after the choice of a user
    """
    me = await current_user()
    who = await caller()
    people = [] if accounts_mode() else await core().users.active(who, CHOICES + 1)
    found = await core().rooms.find(who, RoomQuery(limit=PAGE_MAX, person_id=me and me.id))
    preferences = (await core().preferences.of_user(me.id))[0] if me else {}
    # Last, so that no unread message is in a room that is not listed; the script skips what is counted already.
    unread = await core().read_markers.of_user(who, me.id) if me else Listed([], found.position)
    private = next((room for room in found.items if room.kind == "private"), None)
    recent = sorted(found.items, key=_by_activity, reverse=True)
    counts = {one.room_id: one.count for one in unread.items if one.count}
    public = [room for room in recent if room.kind == "room"]
    return {
        "me": me,
        "admin": who.trusted or who.admin,
        "choices": people if len(people) <= CHOICES else [],
        "theme": preferences["theme"] if preferences.get("theme") in THEMES else "",
        "last_room": next((room for room in found.items if room.id == preferences.get("room")), None),
        "rooms": [room for room in public if not room.archived],
        "archived_rooms": [room for room in public if room.archived],
        "conversations": [room for room in recent if room.kind == "direct"],
        "threads": _threads(recent, counts),
        "online": core().presence.online - {me and me.id},
        "assistant_room": private,
        "assistant_there": await core().assistant.is_there(),
        "assistant_wanted": core().assistant.enabled,
        "unread": counts,
        "inbox_unread": (await core().notifications.inbox(who))[0].unread if me else 0,
        "unread_total": sum(one.count for one in unread.items),
        "unread_marks": _marks(unread.items),
        "shell_event_id": visible_position(unread.position),
        "shell_topics": ",".join(
            [*(GUEST_TOPICS if who.guest else SHELL_TOPICS), *([events.user(me.id)] if me else [])]
        ),
        "is_guest": who.guest,
        "shell_job": next(iter(await core().jobs.active(who)), None),
        "here": _here({f"/front/rooms/{room.id}" for room in found.items if room.kind != "room"}),
    }


def _threads(recent: Iterable[MyRoomOut], counts: Mapping[int, int]) -> list[MyRoomOut]:
    """The threads that are listed; `counts`: of unread messages, by room."""
    threads = [room for room in recent if room.kind == "note"]
    return [room for place, room in enumerate(threads) if place < THREADS or room.id in counts]


def _by_activity(room: MyRoomOut) -> tuple[bool, datetime, int]:
    """The order of static/js/shell/room_list.js, which knows milliseconds."""
    moment = room.last_activity_at
    return room.id == LOBBY, moment.replace(microsecond=moment.microsecond // 1000 * 1000), room.id


def _marks(unread: Iterable[UnreadOut]) -> str:
    return " ".join(f"{one.room_id}:{one.count}:{one.last_read_id}" for one in unread)


def _here(own: set[str]) -> str:
    """The address of this page for any user: not one's own conversations, nor a form that was refused."""
    for_anybody = request.method == "GET" and request.path not in own
    if for_anybody or request.path.startswith("/front/messages/"):
        return request.path
    return "/".join(request.path.split("/")[:3])
