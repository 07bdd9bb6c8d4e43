"""Invitation links: they expire, are counted, and can be revoked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import F

from quart_notes.domain.access import Caller, require_role
from quart_notes.domain.idempotency import make_once, request_of
from quart_notes.domain.members import require_shared
from quart_notes.domain.secret_tokens import hash_of, new_secret, secret_for
from quart_notes.domain.service import Service, delete_chunk, transactional
from quart_notes.domain.users import by_id, require_users
from quart_notes.errors import ForbiddenError, InvitationGoneError, NotFoundError, NotNowError
from quart_notes.live.writer import Change, Committed
from quart_notes.models import Board, Invitation, Membership, User
from quart_notes.schemas import InvitationCreate, InvitationOut, UserOut

FIRST_DAYS = 30  # lifetime of the links of a first start: the next start makes new ones


class NewInvitation(NamedTuple):
    """A new invitation, and the secret of its link."""

    invitation: InvitationOut
    secret: str

    @property
    def id(self) -> int:
        """The invitation's id."""
        return self.invitation.id


class InvitationOffer(NamedTuple):
    """What a link offers: to become an existing user, or to register.

    inviter  who has created it; None: the server
    board    the name of the board that it leads to; None when there is none, or not any more
    """

    invitation: InvitationOut
    user: UserOut | None
    inviter: UserOut | None = None
    board: str | None = None


class SetupLinks(NamedTuple):
    """The secrets of a first start: of the administrator's link, and of the users without a password, by nickname."""

    setup: str
    claims: dict[str, str]


@dataclass(eq=False)
class Invitations(Service):
    """All invitation links."""

    _derive: Callable[[str], str]  # derives a secret from a name

    @transactional
    async def setup_links(self, change: Change) -> SetupLinks | None:
        """Links for a server without an administrator, replacing those of the last start; None when there is one."""
        connection = change.connection
        if await User.exists(is_admin=True, password_hash__isnull=False, using_db=connection):
            return None
        await Invitation.filter(inviter_id__isnull=True).using_db(connection).delete()
        setup = new_secret()
        await _add(connection, setup, kind="setup", days=FIRST_DAYS, joins_as="member")
        claims = {}
        waiting = User.filter(password_hash__isnull=True, deactivated_at__isnull=True).using_db(connection)
        for user in await waiting.order_by("id"):
            claims[user.nickname] = new_secret()
            await _add(connection, claims[user.nickname], kind="claim", days=FIRST_DAYS, user_id=user.id)
        return SetupLinks(setup, claims)

    async def add(self, caller: Caller, data: InvitationCreate) -> Committed[NewInvitation]:
        """Create a link. ForbiddenError for a password, a board or a membership that the caller may not offer."""
        request = request_of("invitation", caller.id, data, data.client_key)
        secret = secret_for(request, self._derive)

        async def work(change: Change) -> NewInvitation:
            connection = change.connection
            await _require_right_to_invite(connection, caller, data)
            row = await _add(
                connection,
                secret,
                kind="person" if data.user_id is None else "claim",
                days=data.days,
                user_id=data.user_id,
                inviter_id=caller.id,
                uses=data.uses if data.user_id is None else 1,
                board_id=data.board_id,
                role=data.role,
                joins_as=data.newcomer,
            )
            return NewInvitation(InvitationOut.model_validate(row), secret)

        async def made(connection: BaseDBAsyncClient, invitation_id: int) -> NewInvitation | None:
            await _require_right_to_invite(connection, caller, data)
            row = await Invitation.get_or_none(id=invitation_id, secret_hash=hash_of(secret), using_db=connection)
            return None if row is None else NewInvitation(InvitationOut.model_validate(row), secret)

        return await make_once(self._write, request, work, made, caller.id)

    async def find(self, caller: Caller) -> list[InvitationOut]:
        """The valid links, newest first: the caller's own, or all for an administrator."""
        async with self._database.snapshot() as connection:
            holding = Invitation.filter(uses_left__gt=0, expires_at__gt=datetime.now(UTC)).using_db(connection)
            if not caller.admin:
                holding = holding.filter(inviter_id=caller.id)
            return [InvitationOut.model_validate(row) for row in await holding.order_by("-id")]

    @transactional
    async def revoke(self, change: Change, caller: Caller, invitation_id: int) -> None:
        """Revoke a link; NotFoundError unless it is the caller's."""
        invitations = Invitation.filter(id=invitation_id).using_db(change.connection)
        if not caller.admin:
            invitations = invitations.filter(inviter_id=caller.id)
        if not await invitations.delete():
            raise NotFoundError(f"There is no invitation {invitation_id}")

    async def offer(self, secret: str) -> InvitationOffer:
        """What a link offers; InvitationGoneError when it is not valid any more."""
        async with self._database.snapshot() as connection:
            row = await valid_invitation(connection, secret)
            people = await by_id(connection, [row.user_id, row.inviter_id])
            board = await invites_to(connection, row)
        invitation = InvitationOut.model_validate(row)
        inviter = people.get(row.inviter_id or 0)
        return InvitationOffer(invitation, people.get(row.user_id or 0), inviter, None if board is None else board.name)

    @transactional
    async def forget_expired(self, change: Change) -> bool:
        """Delete a chunk of the expired links; returns whether there may be more."""
        return await delete_chunk(change, Invitation.filter(expires_at__lt=datetime.now(UTC)))


async def valid_invitation(connection: BaseDBAsyncClient, secret: str) -> Invitation:
    """The invitation of a secret; InvitationGoneError when it is not valid, or does not exist."""
    row = await Invitation.get_or_none(
        secret_hash=hash_of(secret), uses_left__gt=0, expires_at__gt=datetime.now(UTC), using_db=connection
    )
    if row is None:
        raise InvitationGoneError("This link has been used, was revoked or has expired. Ask for a new one.")
    return row


async def _require_right_to_invite(connection: BaseDBAsyncClient, caller: Caller, data: InvitationCreate) -> None:
    if data.user_id is not None:
        if not caller.admin:
            raise ForbiddenError("Only an administrator may invite in somebody's name.")
        (user,) = await require_users(connection, user_id=data.user_id)
        if user.deactivated:
            raise NotNowError(f"{user.nickname} is deactivated: activate them first.")
    if data.newcomer == "member":
        caller.require_member()  # a guest may bring guests to a board of theirs
    if data.board_id is not None:
        await require_role(connection, caller, data.board_id, "owner")
        await require_shared(connection, data.board_id)


async def invites_to(connection: BaseDBAsyncClient, invitation: Invitation) -> Board | None:
    """The board of a link, as long as it exists and the link's creator owns it."""
    ownership = Membership.filter(board_id=invitation.board_id, user_id=invitation.inviter_id, role="owner")
    if invitation.board_id is None or not await ownership.using_db(connection).exists():
        return None
    return await Board.get_or_none(id=invitation.board_id, deleted_at__isnull=True, using_db=connection)


async def consume(connection: BaseDBAsyncClient, invitation: Invitation) -> None:
    """Count one use of an invitation."""
    await Invitation.filter(id=invitation.id).using_db(connection).update(uses_left=F("uses_left") - 1)


async def delete_claims(connection: BaseDBAsyncClient, user_id: int) -> None:
    """Delete the links that set this user's password: it is set."""
    await Invitation.filter(kind="claim", user_id=user_id).using_db(connection).delete()


async def _add(
    connection: BaseDBAsyncClient, secret: str, *, kind: str, days: int, uses: int = 1, **further: Any
) -> Invitation:
    now = datetime.now(UTC)
    return await Invitation.create(
        secret_hash=hash_of(secret),
        kind=kind,
        uses_left=uses,
        created_at=now,
        expires_at=now + timedelta(days=days),
        using_db=connection,
        **further,
    )
