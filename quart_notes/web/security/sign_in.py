"""Sign-in: attempts are counted, passwords checked, sessions started. Pages and API use the same functions."""

from quart import Response

from quart_notes.domain.access import Caller
from quart_notes.domain.login_attempts import LoginAttempt
from quart_notes.errors import NotFoundError
from quart_notes.schemas import NAME_MAX, PasswordChange, SignIn, name_key
from quart_notes.web.context import core
from quart_notes.web.security.authentication import accounts_mode, begin_session, known_device, remember_device
from quart_notes.web.security.client_addresses import client_address, counted


def require_accounts_mode() -> None:
    """NotFoundError in open mode, where there is no sign-in."""
    if not accounts_mode():
        raise NotFoundError("This server has no accounts: it runs with --access open.")


async def verify_login(data: SignIn) -> int:
    """The id of the user with this nickname and password.

    Wrong ones are counted by nickname and address, by nickname, and by address. A browser in which the user has signed
    in before is counted separately: others who try their nickname do not lock them out.
    raises   WrongPasswordError; TooManyAttemptsError before the password is checked
    """
    require_accounts_mode()
    nickname, address = name_key(data.nickname, NAME_MAX), counted(client_address())
    known = await core().accounts.id_of(data.nickname)
    device = None if known is None else known_device(known)
    tries = (
        [LoginAttempt("device", (known, device))]
        if device
        else [
            LoginAttempt("account", (nickname, address)),
            LoginAttempt("nickname", (nickname,)),
            LoginAttempt("address", (address,)),
        ]
    )
    await core().login_attempts.count(*tries)
    user = await core().accounts.sign_in(data, known=device is not None)
    await core().login_attempts.reset(*tries)
    return user


async def start_session(response: Response, user_id: int) -> None:
    """Start a session, and mark the browser as known."""
    await begin_session(response, user_id, proven=True)
    remember_device(response, user_id)


async def change_password(who: Caller, data: PasswordChange) -> None:
    """Change the caller's password; wrong current ones are counted too, separately in each browser."""
    one = LoginAttempt("password", (who.id, who.session))
    await core().login_attempts.count(one)
    await core().accounts.verify_password(who.id or 0, data.current)
    await core().login_attempts.reset(one)
    await core().accounts.change_password(who.id or 0, data.new, who.session)
