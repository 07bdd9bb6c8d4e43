"""The next owners of boards and closed rooms whose owners are all deactivated.

A board or a closed room that has an active member has an active owner: a member with the highest role becomes one,
members of the server before guests, of these who has been there longest. They are notified. Where nobody is active,
nothing changes.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Subquery

from quart_notes.domain import members
from quart_notes.domain.access import RANK
from quart_notes.domain.notifications.recording import notify
from quart_notes.domain.rooms import members as room_members
from quart_notes.domain.service import Service, transactional
from quart_notes.domain.users import by_id
from quart_notes.live.writer import Change
from quart_notes.models import Membership, RoomMembership
from quart_notes.schemas import MemberOut, RoomMemberOut

ROOM_RANK = {"member": 0, "owner": 1}
CHUNK = 100  # boards, and rooms, that get owners in one transaction
# Plain SQL: it begins at the deactivated users, who are few, since housekeeping runs it every minute.
WITHOUT_OWNER = """
SELECT DISTINCT lost.{place} AS id FROM "user" gone JOIN {table} lost ON lost.user_id = gone.id AND lost.role = 'owner'
WHERE gone.deactivated_at IS NOT NULL AND EXISTS ({active}) AND NOT EXISTS ({active} AND one.role = 'owner') LIMIT ?1
"""
ACTIVE = """
SELECT 1 FROM {table} one JOIN "user" who ON who.id = one.user_id AND who.deactivated_at IS NULL
WHERE one.{place} = lost.{place}
"""


class Succession(Service):
    """The owners of places that lost theirs before `ensure_owners` existed."""

    @transactional
    async def repair(self, change: Change) -> bool:
        """Give a chunk of the places without an active owner one; returns whether there may be more."""
        boards = await _without_owner(change.connection, "membership", "board_id")
        rooms = await _without_owner(change.connection, "room_membership", "room_id")
        await _appoint(change, boards, rooms)
        return CHUNK in {len(boards), len(rooms)}


async def _without_owner(connection: BaseDBAsyncClient, table: str, place: str) -> list[int]:
    """The ids of places that have active members, but no active owner."""
    names = {"table": table, "place": place}
    _, rows = await connection.execute_query(WITHOUT_OWNER.format(**names, active=ACTIVE.format(**names)), [CHUNK])
    return [row["id"] for row in rows]


async def ensure_owners(change: Change, user_id: int) -> None:
    """Give the boards and closed rooms of a user an active owner, after the user was deactivated or activated."""
    boards = Subquery(Membership.filter(user_id=user_id).values("board_id"))
    await _appoint(change, boards, Subquery(RoomMembership.filter(user_id=user_id).values("room_id")))


async def _appoint(change: Change, boards: Any, rooms: Any) -> None:
    """Make members the owners of those of the places that have none; `boards` and `rooms` are ids, or a subquery."""
    connection = change.connection
    active = {"user__deactivated_at__isnull": True}
    of_boards: Any = Membership.filter(board_id__in=boards, **active).order_by("board_id", "id")
    of_rooms: Any = RoomMembership.filter(room_id__in=rooms, **active).order_by("room_id", "id")
    on_boards = _successors(await of_boards.select_related("user", "board").using_db(connection), "board_id", RANK)
    in_rooms = _successors(await of_rooms.select_related("user", "room").using_db(connection), "room_id", ROOM_RANK)
    people = await by_id(connection, [one.user_id for one in (*on_boards, *in_rooms)])
    for member in on_boards:
        member.role = "owner"
        await member.save(using_db=connection, update_fields=["role"])
        await notify(change, {member.user_id: "owner"}, None, board_id=member.board_id)
        if member.board.deleted_at is None:
            out = MemberOut(board_id=member.board_id, user=people[member.user_id], role="owner")
            members.record_role(change, out)
    for member in in_rooms:
        member.role = "owner"
        await member.save(using_db=connection, update_fields=["role"])
        await notify(change, {member.user_id: "owner"}, None, room_id=member.room_id)
        if member.room.deleted_at is None:
            room_out = RoomMemberOut(room_id=member.room_id, user=people[member.user_id], role="owner")
            room_members.record_role(change, room_out)


def _successors(rows: Iterable[Any], place: str, rank: Mapping[Any, int]) -> list[Any]:
    """Who becomes the owner of each place that has none: rows of active members, by place, the longest first."""
    found = []
    for _, group in groupby(rows, key=lambda row: getattr(row, place)):
        best = max(group, key=lambda row: (rank[row.role], not row.user.is_guest))  # of equals the first
        if best.role != "owner":
            found.append(best)
    return found
