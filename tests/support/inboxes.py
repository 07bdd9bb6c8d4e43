"""The notifications of users of an application in accounts mode."""

from typing import Any

from quart_notes.schemas import NotificationOut, NotificationQuery
from tests.support.accounts_app import House

Told = tuple[str, str | None, str]  # kind, actor, text


async def inbox(house: House, nickname: str, **query: Any) -> list[NotificationOut]:
    """A user's notifications, newest first."""
    found = await house.core.notifications.find(house.caller(nickname), NotificationQuery(**query))
    return found.items[0].notifications


async def told(house: House, nickname: str) -> list[Told]:
    """What a user is notified of, oldest first."""
    rows = (await inbox(house, nickname))[::-1]
    return [(one.kind, one.actor.nickname if one.actor else None, one.text) for one in rows]


async def unread(house: House, nickname: str) -> int:
    """How many of a user's notifications are unread."""
    return (await house.core.notifications.inbox(house.caller(nickname)))[0].unread
