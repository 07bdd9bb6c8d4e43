"""Changes of users, by themselves and by administrators."""

from datetime import UTC, datetime

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import SHARED_BOARD, Caller, record_access_change
from quart_notes.domain.api_tokens import revoke_all
from quart_notes.domain.boards import rename_personal
from quart_notes.domain.jobs import ACTIVE, request_work, set_state
from quart_notes.domain.notifications.recording import record_inboxes
from quart_notes.domain.rooms.note_threads import record_of_board
from quart_notes.domain.service import Service, transactional
from quart_notes.domain.succession import ensure_owners
from quart_notes.domain.users import RESERVED, nickname_taken, of_nickname, record_user_event, user_out
from quart_notes.errors import LastAdministratorError, NotFoundError, NotNowError
from quart_notes.live.writer import Change
from quart_notes.models import NICKNAME_KEY_MAX, Invitation, Job, User
from quart_notes.schemas import ProfileUpdate, UserOut, name_key

DEACTIVATED = "The person who asked for it is deactivated"  # text of a job


class Profiles(Service):
    """All profiles, with their access and administration."""

    async def get(self, user_id: int) -> UserOut:
        """A user as they see themselves; NotFoundError."""
        async with self._database.snapshot() as connection:
            return user_out(await _require_user(connection, user_id))

    async def id_of(self, nickname: str) -> int:
        """The id of a nickname's user, deactivated or not; NotFoundError when there is none."""
        async with self._database.snapshot() as connection:
            user = await of_nickname(connection, nickname)
        if user is None:
            raise NotFoundError(f"There is nobody with the nickname {nickname}")
        user_id: int = user.id
        return user_id

    @transactional
    async def change(self, change: Change, user_id: int, data: ProfileUpdate) -> UserOut:
        """Change a user's name, nickname or address; NicknameTakenError. Without a difference no event is sent."""
        change.by = user_id
        user = await _require_user(change.connection, user_id)
        changes = data.changes()
        if "email" in changes:
            changes["email"] = changes["email"] or ""
        if changes.get("nickname", user.nickname) != user.nickname:
            changes["nickname_key"] = await _free_key(change, user, changes["nickname"])
            await rename_personal(change, user.id, user.nickname, changes["nickname"])
        return await update_user(change, user, **changes)

    @transactional
    async def deactivate(self, change: Change, caller: Caller, user_id: int) -> UserOut:
        """Deactivate a user: end everything that lets them in, their links and their jobs; others become owners.

        raises   NotFoundError; LastAdministratorError; ForbiddenError unless the caller is an administrator
        """
        caller.require_admin()
        user = await _require_user(change.connection, user_id)
        await _require_another_administrator(change, user)
        if user.deactivated_at is None:
            await revoke_all(change, user.id)
            await Invitation.filter(inviter_id=user.id).using_db(change.connection).delete()
            await _end_jobs(change, user.id)
            await update_user(change, user, deactivated_at=datetime.now(UTC))
            await ensure_owners(change, user.id)
        return user_out(user)

    @transactional
    async def activate(self, change: Change, caller: Caller, user_id: int) -> UserOut:
        """Reactivate a user, with their former password; raises like `deactivate`."""
        caller.require_admin()
        user = await _require_user(change.connection, user_id)
        await revoke_all(change, user.id)  # sessions and tokens made while they were deactivated
        activated = await update_user(change, user, deactivated_at=None)
        await ensure_owners(change, user.id)
        return activated

    @transactional
    async def set_admin(self, change: Change, caller: Caller, user_id: int, *, admin: bool) -> UserOut:
        """Make a user an administrator, and a member of the server; or remove the right. Raises like `deactivate`."""
        caller.require_admin()
        user = await _require_user(change.connection, user_id)
        if not admin:
            await _require_another_administrator(change, user)
        return await update_user(change, user, is_admin=admin, is_guest=user.is_guest and not admin)

    @transactional
    async def set_guest(self, change: Change, caller: Caller, user_id: int, *, guest: bool) -> UserOut:
        """Make a user a guest, or a member of the server. A guest's links that bring further members end.

        raises   NotFoundError; NotNowError for an administrator; ForbiddenError unless the caller is one
        """
        caller.require_admin()
        user = await _require_user(change.connection, user_id)
        if guest and user.is_admin:
            raise NotNowError(f"{user.nickname} is an administrator: end that first.")
        if guest:
            await Invitation.filter(inviter_id=user.id, joins_as="member").using_db(change.connection).delete()
        return await update_user(change, user, is_guest=guest)


async def _require_user(connection: BaseDBAsyncClient, user_id: int) -> User:
    user = await User.get_or_none(id=user_id, using_db=connection)
    if user is None:
        raise NotFoundError(f"User {user_id} not found")
    return user


async def _free_key(change: Change, user: User, nickname: str) -> str:
    key = name_key(nickname, NICKNAME_KEY_MAX)
    others = User.filter(nickname_key=key).exclude(id=user.id).using_db(change.connection)
    if await others.exists() or (key in RESERVED and key != user.nickname_key):
        raise nickname_taken(nickname)
    return key


async def update_user(change: Change, user: User, **fields: object) -> UserOut:
    """Save the changed fields and record the event; caches of the user's access are dropped."""
    changed = {name: value for name, value in fields.items() if getattr(user, name) != value}
    if changed:
        user.update_from_dict(changed)
        await user.save(using_db=change.connection, update_fields=list(changed))
        await record_user_event(change, "update", user, themself="is_guest" in changed)
        if "is_guest" in changed:  # they see more, or less, of what they were notified of, and of their threads
            await record_inboxes(change, [user.id])
            await record_of_board(change, SHARED_BOARD, user.id, lost=user.is_guest)
        record_access_change(change, user_id=user.id)
    return user_out(user)


async def _require_another_administrator(change: Change, user: User) -> None:
    """LastAdministratorError when this user is the only active administrator."""
    able = User.filter(is_admin=True, password_hash__isnull=False, deactivated_at__isnull=True)
    others = able.exclude(id=user.id).using_db(change.connection)
    if user.is_admin and user.deactivated_at is None and not await others.exists():
        raise LastAdministratorError("This is the last administrator: make somebody else one first.")


async def _end_jobs(change: Change, user_id: int) -> None:
    for job in await Job.filter(user_id=user_id, state__in=ACTIVE).using_db(change.connection):
        request_work(change, job.id, "end")
        await set_state(change, job, "cancelled", DEACTIVATED)
