"""Browser sessions: their user, their open board, and their end."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from quart_notes.domain.access import record_access_change
from quart_notes.domain.secret_tokens import hash_of, new_secret
from quart_notes.domain.service import Service, delete_chunk, transactional
from quart_notes.domain.users import by_id
from quart_notes.errors import NotFoundError
from quart_notes.live.writer import Change
from quart_notes.models import Session, User
from quart_notes.schemas import AGENT_MAX, SessionOut, UserOut

LIFETIME = timedelta(days=365)  # from sign-in, however much it is used
SEEN_INTERVAL = timedelta(hours=1)  # precision of "last used": one write an hour, not one a request


class SessionInfo(NamedTuple):
    """A valid session: its user, and its open board."""

    id: int
    user: UserOut | None
    admin: bool
    proven: bool
    board_id: int
    expires_at: datetime


class Sessions(Service):
    """All sessions."""

    async def start(self, user_id: int | None, agent: str, address: str, *, proven: bool, board_id: int = 1) -> str:
        """Start a session, with an open board; returns its secret, for the browser only."""
        secret = new_secret()

        async def work(change: Change) -> None:
            now = datetime.now(UTC)
            await Session.create(
                secret_hash=hash_of(secret),
                user_id=user_id,
                proven=proven,
                board_id=board_id,
                agent=agent[:AGENT_MAX],
                address=address,
                created_at=now,
                seen_at=now,
                expires_at=now + LIFETIME,
                using_db=change.connection,
            )

        await self._write(work)
        return secret

    async def find(self, secret: str) -> SessionInfo | None:
        """The session of a secret; None when there is none, or it has ended."""
        async with self._database.snapshot() as connection:
            session = await _valid_session().filter(secret_hash=hash_of(secret)).using_db(connection).first()
            if session is None:
                return None
            people = await by_id(connection, [session.user_id])
            if any(user.deactivated for user in people.values()):
                return None
            admin = bool(people) and await User.exists(id=session.user_id, is_admin=True, using_db=connection)
        if datetime.now(UTC) - session.seen_at > SEEN_INTERVAL:
            await self._update_seen_at(session.id)
        user = people.get(session.user_id or 0)
        return SessionInfo(session.id, user, admin, session.proven, session.board_id, _expiry(session))

    @transactional
    async def _update_seen_at(self, change: Change, session_id: int) -> None:
        now = datetime.now(UTC)
        await Session.filter(id=session_id).using_db(change.connection).update(seen_at=now)

    async def of_user(self, user_id: int, current: int | None) -> list[SessionOut]:
        """A user's signed-in browsers, the one used last first."""
        async with self._database.snapshot() as connection:
            sessions = _valid_session().filter(user_id=user_id, proven=True).using_db(connection)
            rows = await sessions.order_by("-seen_at", "-id")
        return [
            SessionOut(
                id=row.id,
                current=row.id == current,
                agent=row.agent,
                address=row.address,
                created_at=row.created_at,
                seen_at=row.seen_at,
                expires_at=_expiry(row),
            )
            for row in rows
        ]

    @transactional
    async def open_board(self, change: Change, session_id: int, board_id: int) -> None:
        """Store which board is open in a browser."""
        await Session.filter(id=session_id).using_db(change.connection).update(board_id=board_id)
        record_access_change(change, session_id=session_id)

    @transactional
    async def end(self, change: Change, user_id: int, session_id: int) -> None:
        """Sign out a user's browser; NotFoundError unless it is theirs and signed in."""
        mine = Session.filter(id=session_id, user_id=user_id).using_db(change.connection)
        if not await mine.delete():
            raise NotFoundError(f"There is no session {session_id}")
        record_access_change(change, user_id=user_id)

    @transactional
    async def end_secret(self, change: Change, secret: str) -> None:
        """End the session of a secret, if there is one."""
        session = await Session.get_or_none(secret_hash=hash_of(secret), using_db=change.connection)
        if session is not None:
            await session.delete(using_db=change.connection)
            if session.user_id is not None and session.proven:
                record_access_change(change, user_id=session.user_id)
            else:
                record_access_change(change, session_id=session.id)

    @transactional
    async def forget_expired(self, change: Change) -> bool:
        """Delete a chunk of the expired sessions; returns whether there may be more."""
        now = datetime.now(UTC)
        return await delete_chunk(change, Session.filter(Q(expires_at__lte=now) | Q(created_at__lte=now - LIFETIME)))


def _valid_session() -> QuerySet[Session]:
    """The valid sessions. Former versions extended a session with each use, so its end alone is not enough."""
    now = datetime.now(UTC)
    return Session.filter(expires_at__gt=now, created_at__gt=now - LIFETIME)


def _expiry(session: Session) -> datetime:
    return min(session.expires_at, session.created_at + LIFETIME)


async def end_others(connection: BaseDBAsyncClient, user_id: int, kept: int | None) -> None:
    """Sign out a user's browsers, all but one."""
    await Session.filter(user_id=user_id).exclude(id=kept or 0).using_db(connection).delete()
