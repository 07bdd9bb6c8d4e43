"""How somebody gets in: counted, checked, and given a session. Pages and API use the same."""

from collections.abc import Hashable, Sequence
from math import ceil

from quart import Response, request

from quart_notes.blueprints.context import core
from quart_notes.blueprints.identity import accounts, begin_session, is_known_device, remember_device
from quart_notes.domain.access import Caller
from quart_notes.domain.text import normalised
from quart_notes.errors import NotFoundError, TooManyAttemptsError
from quart_notes.schemas import PasswordChange, SignIn
from quart_notes.throttle import Throttle


def must_have_accounts() -> None:
    """NotFoundError in open mode, where nobody signs in."""
    if not accounts():
        raise NotFoundError("There is no signing in here: the server runs with --access open.")


async def check(data: SignIn) -> int:
    """The id of whoever gives this nickname and password.

    Wrong ones are counted by nickname and address, and by address. A browser in which the person has signed in before
    is counted for itself: whoever else tries their nickname does not lock them out.
    raises   WrongPasswordError; TooManyAttemptsError before the password is looked at
    """
    must_have_accounts()
    nickname, address = normalised(data.nickname), request.remote_addr or ""
    attempts = core().attempts
    known = await core().accounts.id_of(data.nickname)
    device = known is not None and is_known_device(known)
    counts: list[tuple[Throttle, Hashable]] = (
        [(attempts.by_device, (known, request.cookies.get("quart_notes_device")))]
        if device
        else [(attempts.by_account, (nickname, address)), (attempts.by_address, address)]
    )
    _must_not_wait(counts)
    for throttle, key in counts:
        throttle.count(key)  # before the hash, or many at once would all be let through
    person = await core().accounts.sign_in(data)
    for throttle, key in counts[:1]:
        throttle.forgive(key)
    return person


async def let_in(response: Response, user_id: int) -> None:
    """Begin a session, and know the browser again."""
    await begin_session(response, user_id, proven=True)
    remember_device(response, user_id)


async def change_password(who: Caller, data: PasswordChange) -> None:
    """Change one's own password; wrong current ones are counted too."""
    counts: list[tuple[Throttle, Hashable]] = [(core().attempts.by_device, ("password", who.id))]
    _must_not_wait(counts)
    for throttle, key in counts:
        throttle.count(key)  # before the hash, as above
    await core().accounts.change_password(who.id or 0, data, who.session)
    for throttle, key in counts:
        throttle.forgive(key)


def _must_not_wait(counts: Sequence[tuple[Throttle, Hashable]]) -> None:
    wait = max(throttle.wait(key) for throttle, key in counts)
    if wait > 0:
        seconds = ceil(wait)
        raise TooManyAttemptsError(
            f"Too many wrong passwords; try again in {seconds} s.", headers={"Retry-After": str(seconds)}
        )
