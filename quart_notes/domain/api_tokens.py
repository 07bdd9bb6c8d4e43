"""API tokens, with which programs act for a user."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import record_access_change
from quart_notes.domain.idempotency import make_once, request_of
from quart_notes.domain.invitations import delete_claims
from quart_notes.domain.secret_tokens import hash_of, secret_for
from quart_notes.domain.service import Service, transactional
from quart_notes.domain.sessions import end_others
from quart_notes.domain.users import by_id
from quart_notes.errors import NotFoundError
from quart_notes.live.writer import Change, Committed
from quart_notes.models import ApiToken
from quart_notes.schemas import NewTokenOut, Scope, TokenCreate, TokenOut, UserOut

PREFIX = "qn_"  # marks tokens for scanners of published code
USED_INTERVAL = timedelta(minutes=1)  # precision of "last used"


class FoundToken(NamedTuple):
    """A valid token: its user and its rights."""

    id: int
    user: UserOut
    scope: Scope
    expires_at: datetime | None


@dataclass(eq=False)
class ApiTokens(Service):
    """All API tokens."""

    _derive: Callable[[str], str]  # derives a secret from a name

    async def add(self, user_id: int, data: TokenCreate) -> Committed[NewTokenOut]:
        """Create a token. Its secret is shown only here, and again when the same request is repeated."""
        request = request_of("token", user_id, data, data.client_key)
        secret = PREFIX + secret_for(request, self._derive)

        async def work(change: Change) -> NewTokenOut:
            now = datetime.now(UTC)
            token = await ApiToken.create(
                secret_hash=hash_of(secret),
                user_id=user_id,
                name=data.name,
                scope=data.scope,
                created_at=now,
                expires_at=None if data.days is None else now + timedelta(days=data.days),
                using_db=change.connection,
            )
            return _with_secret(token, secret)

        async def made(connection: BaseDBAsyncClient, token_id: int) -> NewTokenOut | None:
            token = await ApiToken.get_or_none(id=token_id, secret_hash=hash_of(secret), using_db=connection)
            return None if token is None else _with_secret(token, secret)

        return await make_once(self._write, request, work, made, user_id)

    async def of_user(self, user_id: int) -> list[TokenOut]:
        """A user's tokens, expired ones too, newest first."""
        async with self._database.snapshot() as connection:
            rows = await ApiToken.filter(user_id=user_id).using_db(connection).order_by("-id")
        return [TokenOut.model_validate(row) for row in rows]

    @transactional
    async def revoke(self, change: Change, user_id: int, token_id: int) -> None:
        """Revoke a token; NotFoundError unless it is theirs."""
        if not await ApiToken.filter(id=token_id, user_id=user_id).using_db(change.connection).delete():
            raise NotFoundError(f"There is no token {token_id}")
        record_access_change(change, user_id=user_id)

    async def find(self, secret: str) -> FoundToken | None:
        """The token of a secret; None when there is none, or it has expired."""
        now = datetime.now(UTC)
        async with self._database.snapshot() as connection:
            token = await ApiToken.get_or_none(secret_hash=hash_of(secret), using_db=connection)
            if token is None or (token.expires_at is not None and token.expires_at <= now):
                return None
            people = await by_id(connection, [token.user_id])
            if people[token.user_id].deactivated:
                return None
        if token.used_at is None or now - token.used_at > USED_INTERVAL:
            await self._update_used_at(token.id)
        return FoundToken(token.id, people[token.user_id], token.scope, token.expires_at)

    @transactional
    async def _update_used_at(self, change: Change, token_id: int) -> None:
        await ApiToken.filter(id=token_id).using_db(change.connection).update(used_at=datetime.now(UTC))


def _with_secret(token: ApiToken, secret: str) -> NewTokenOut:
    return NewTokenOut(**TokenOut.model_validate(token).model_dump(), token=secret)


async def revoke_all(change: Change, user_id: int) -> None:
    """End everything that lets a user in: sessions, tokens, and links to set their password."""
    await end_others(change.connection, user_id, None)
    await ApiToken.filter(user_id=user_id).using_db(change.connection).delete()
    await delete_claims(change.connection, user_id)
    record_access_change(change, user_id=user_id)
