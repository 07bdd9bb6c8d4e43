"""When a user last saw each board: a preference, so that it is the same in all their browsers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from quart_notes.web.context import core

BOARDS_SEEN = "boards_seen"  # preference: times by the board's id; static/js/notes/history/last_visit.js sets it too
BOARDS_MAX = 100  # that are remembered: those seen last


async def seen_boards(user_id: int) -> dict[str, str]:
    """When a user last saw their boards, by id, as RFC 3339."""
    values, _ = await core().preferences.of_user(user_id)
    found = values.get(BOARDS_SEEN)
    return {key: time for key, time in found.items() if time_of(time)} if isinstance(found, dict) else {}


def time_of(text: Any) -> datetime | None:
    """The time that a text says; None when it says none."""
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return time if time.tzinfo else None


async def mark_seen(user_id: int, board_id: int, time: datetime) -> None:
    """Remember that a user has seen a board as it was at a time; one that is to come is now."""
    time = min(time, datetime.now(UTC))
    boards = {**await seen_boards(user_id), str(board_id): time.isoformat()}
    await core().preferences.set(user_id, BOARDS_SEEN, newest(boards))


def newest(boards: Mapping[str, str]) -> dict[str, str]:
    """Those boards that were seen last."""
    last = sorted(boards, key=lambda key: time_of(boards[key]) or datetime.min.replace(tzinfo=UTC))[-BOARDS_MAX:]
    return {key: boards[key] for key in last}
