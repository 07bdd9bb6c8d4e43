"""Sign-in, registration, and passwords."""

import unicodedata
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import Caller, record_access_change
from quart_notes.domain.api_tokens import revoke_all
from quart_notes.domain.idempotency import IdempotentRequest, store_result
from quart_notes.domain.invitations import consume, delete_claims, invites_to, valid_invitation
from quart_notes.domain.members import join_by_link
from quart_notes.domain.password_rules import require_strong
from quart_notes.domain.passwords import Passwords
from quart_notes.domain.profiles import update_user
from quart_notes.domain.secret_tokens import hash_of
from quart_notes.domain.service import Service, transactional
from quart_notes.domain.sessions import end_others
from quart_notes.domain.users import create_user, of_nickname, require_users, user_out
from quart_notes.errors import InvitationGoneError, NotFoundError, ValidationFailedError, WrongPasswordError
from quart_notes.live.writer import Change
from quart_notes.models import ClientKey, Invitation, Membership, User
from quart_notes.schemas import PASSWORD_MAX, PASSWORD_MIN, Arrival, Claim, SignIn, UserCreate, UserOut

WRONG_LOGIN = "Wrong nickname or password."


class Joined(NamedTuple):
    """The user who has joined by a link, and the board that the link names."""

    user_id: int
    board_id: int | None


@dataclass(eq=False)
class Accounts(Service):
    """Sign-in and registration."""

    _passwords: Passwords

    async def id_of(self, nickname: str) -> int | None:
        """The id of a nickname's user, or None."""
        async with self._database.snapshot() as connection:
            user = await _of_nickname(connection, nickname)
        return None if user is None else user.id

    async def sign_in(self, data: SignIn, *, known: bool = False) -> int:
        """The id of the user; WrongPasswordError, identical and after the same time whatever was wrong.

        known   the browser is one in which they have signed in before
        """
        async with self._database.snapshot() as connection:
            user = await _of_nickname(connection, data.nickname)
        matches = await self._passwords.verify(data.password, None if user is None else user.password_hash, known=known)
        if user is None or not matches:
            raise WrongPasswordError(WRONG_LOGIN)
        user_id: int = user.id
        return user_id

    async def without_password(self) -> list[UserOut]:
        """Users without a password, by id."""
        async with self._database.snapshot() as connection:
            rows = User.filter(password_hash__isnull=True, deactivated_at__isnull=True).using_db(connection)
            return [user_out(row) for row in await rows.order_by("id")]

    async def find_by_invitation(self, secret: str, client_key: str | None, password: str) -> Joined | None:
        """The user who has joined by a link with this key and password before (the response was lost), or None."""
        if client_key is None:
            return None
        async with self._database.snapshot() as connection:
            row = await ClientKey.get_or_none(key=_joining(secret, client_key).key, using_db=connection)
            user = row and await User.get_or_none(id=row.thing_id, deactivated_at__isnull=True, using_db=connection)
            if not user:
                return None
            invitation = await Invitation.get_or_none(secret_hash=hash_of(secret), using_db=connection)
            board = await invites_to(connection, invitation) if invitation else None
        if not await self._passwords.verify(password, user.password_hash, known=True):
            return None
        return Joined(user.id, None if board is None else board.id)

    async def register(self, secret: str, data: Arrival, client_key: str | None = None) -> UserOut:
        """Add a user who comes by an invitation; InvitationGoneError when the link is not valid any more."""
        async with self._database.snapshot() as connection:
            _require_kind(await valid_invitation(connection, secret), "person", "setup")
        require_strong("password", data.password, data.nickname, data.name, data.email)
        password_hash = await self._passwords.hash(data.password)

        async def work(change: Change) -> UserOut:
            invitation = await valid_invitation(change.connection, secret)
            guest = invitation.joins_as == "guest"
            new = UserCreate(name=data.name, email=data.email, nickname=data.nickname)
            user = await create_user(change, new, guest=guest)
            admin = invitation.kind == "setup"
            await _store_password(change.connection, user.id, password_hash, admin=admin)
            await self._use(change, invitation, user.id)
            await _remember(change, secret, client_key, user.id)
            return user

        return (await self._write(work)).result

    @transactional
    async def accept(self, change: Change, secret: str, caller: Caller) -> int | None:
        """Let a signed-in user join the board of a link; returns the board's id, None when the link names none.

        By a link for members of the server, a guest becomes one. A member of the board keeps their role and uses
        nothing up. They need no valid link: they may have used it up themselves, when the response was lost.

        raises   InvitationGoneError when the link is not valid any more
        """
        invitation = await Invitation.get_or_none(secret_hash=hash_of(secret), using_db=change.connection)
        promotes = caller.guest and invitation is not None and invitation.joins_as == "member"
        if invitation is None or promotes or not await _is_member(change.connection, invitation.board_id, caller):
            invitation = await valid_invitation(change.connection, secret)
        board = await invites_to(change.connection, invitation)
        joins = board is not None and not await _is_member(change.connection, board.id, caller)
        if joins or promotes:
            await self._use(change, invitation, caller.id or 0)
        if promotes:
            await update_user(change, await User.get(id=caller.id, using_db=change.connection), is_guest=False)
        return None if board is None else int(board.id)

    async def set_password_by_link(self, secret: str, data: Claim, client_key: str | None = None) -> UserOut:
        """Set the password of an existing user by a link; end their sessions, tokens and other such links.

        A link of kind claim names the user. With a link of kind setup it is the user `data.user_id`, who becomes the
        administrator. InvitationGoneError when the link is not valid any more.
        """
        async with self._database.snapshot() as connection:
            invitation = await valid_invitation(connection, secret)
            _require_kind(invitation, "claim", "setup")
            claimant = await _claimant(connection, invitation, data)
            _require_strong_password(await User.get(id=claimant.id, using_db=connection), "password", data.password)
        password_hash = await self._passwords.hash(data.password)

        async def work(change: Change) -> UserOut:
            invitation = await valid_invitation(change.connection, secret)
            user = await _claimant(change.connection, invitation, data)
            await self._use(change, invitation, user.id)
            await _reset(change, user.id, password_hash, admin=invitation.kind == "setup")
            await _remember(change, secret, client_key, user.id)
            return user

        return (await self._write(work)).result

    async def reset_password(self, nickname: str, new: str) -> UserOut:
        """Set a user's password for the operator of the server; end their sessions, tokens and links to set one.

        raises   NotFoundError; ValidationFailedError for a password that is too common or of the wrong length
        """
        new = unicodedata.normalize("NFC", new)
        if not PASSWORD_MIN <= len(new) <= PASSWORD_MAX:
            raise ValidationFailedError(f"A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters.")
        async with self._database.snapshot() as connection:
            user = await of_nickname(connection, nickname)
        if user is None:
            raise NotFoundError(f"There is nobody with the nickname {nickname}")
        _require_strong_password(user, "password", new)
        password_hash = await self._passwords.hash(new)
        await self._write(partial(_reset, user_id=user.id, password_hash=password_hash))
        return user_out(user)

    @staticmethod
    async def _use(change: Change, invitation: Invitation, user_id: int) -> None:
        await consume(change.connection, invitation)
        if invitation.board_id is not None and invitation.role is not None:
            await join_by_link(change, invitation.board_id, user_id, invitation.role, invitation.inviter_id)

    async def verify_password(self, user_id: int, password: str) -> None:
        """WrongPasswordError unless this is the user's password."""
        async with self._database.snapshot() as connection:
            user = await User.get(id=user_id, using_db=connection)
        if not await self._passwords.verify(password, user.password_hash, known=True):
            raise WrongPasswordError("This is not your current password.")

    async def change_password(self, user_id: int, new: str, session_id: int | None) -> None:
        """Set a new password and end the user's other sessions; ValidationFailedError for one that is too common."""
        async with self._database.snapshot() as connection:
            _require_strong_password(await User.get(id=user_id, using_db=connection), "new", new)
        password_hash = await self._passwords.hash(new)

        async def work(change: Change) -> None:
            await _store_password(change.connection, user_id, password_hash)
            await delete_claims(change.connection, user_id)
            await end_others(change.connection, user_id, session_id)
            record_access_change(change, user_id=user_id)

        await self._write(work)


async def _is_member(connection: BaseDBAsyncClient, board_id: int | None, caller: Caller) -> bool:
    membership = Membership.filter(board_id=board_id, user_id=caller.id).using_db(connection)
    return board_id is not None and await membership.exists()


def _joining(secret: str, client_key: str) -> IdempotentRequest:
    """The request to join by a link. Its key covers all fields but the password: no digest of a password is stored."""
    return IdempotentRequest("\0".join(("join", hash_of(secret), client_key)), "")


async def _remember(change: Change, secret: str, client_key: str | None, user_id: int) -> None:
    """Store the user who has joined with this key."""
    if client_key is not None:
        await store_result(change, _joining(secret, client_key), user_id)


async def _of_nickname(connection: BaseDBAsyncClient, nickname: str) -> User | None:
    user = await of_nickname(connection, nickname)
    return user if user is not None and user.deactivated_at is None else None


async def _claimant(connection: BaseDBAsyncClient, invitation: Invitation, data: Claim) -> UserOut:
    """The user who sets a password by a link."""
    user_id = data.user_id if invitation.kind == "setup" else invitation.user_id
    (user,) = await require_users(connection, user_id=user_id or 0)
    if user.deactivated:
        raise InvitationGoneError(f"{user.nickname} is deactivated.")
    return user


def _require_strong_password(user: User, field: str, password: str) -> None:
    require_strong(field, password, user.nickname, user.name, user.email)


def _require_kind(invitation: Invitation, *kinds: str) -> None:
    if invitation.kind not in kinds:
        raise InvitationGoneError("This link is for something else.")


async def _reset(change: Change, user_id: int, password_hash: str, *, admin: bool = False) -> None:
    await _store_password(change.connection, user_id, password_hash, admin=admin)
    await revoke_all(change, user_id)


async def _store_password(
    connection: BaseDBAsyncClient, user_id: int, password_hash: str, *, admin: bool = False
) -> None:
    further = {"is_admin": True, "is_guest": False} if admin else {}
    await User.filter(id=user_id).using_db(connection).update(password_hash=password_hash, **further)
