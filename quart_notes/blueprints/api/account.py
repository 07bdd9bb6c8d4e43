"""The API of the caller's account: sign-in, sessions, the password, API tokens."""

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_request

from quart_notes.domain.service import Listed
from quart_notes.errors import (
    NotFoundError,
    TooManyAttemptsError,
    WrongPasswordError,
)
from quart_notes.schemas import NewTokenOut, PasswordChange, SessionOut, SignIn, TokenCreate, TokenOut, UserOut
from quart_notes.web.context import core
from quart_notes.web.openapi.document import ResponseDoc, responds
from quart_notes.web.responses import CREATED_HEADERS, json_item, json_made, list_response, made, page
from quart_notes.web.security import sign_in as signing_in
from quart_notes.web.security.authentication import caller, end_session

blueprint = Blueprint("account", __name__, url_prefix="/api")
tag_blueprint(blueprint, ["account"])


@blueprint.post("/sign-in")
@validate_request(SignIn)
@responds(
    ResponseDoc(200, "Who has signed in; the session is in a cookie.", UserOut, headers={"Set-Cookie": "The session."}),
    problems=(WrongPasswordError, NotFoundError, TooManyAttemptsError),
)
async def sign_in(data: SignIn) -> Response:
    """Sign in.

    An unknown nickname and a wrong password get the same response after the same time. After too many of them, further
    ones have to wait (429, `Retry-After`); a browser in which this person has signed in before is counted separately.
    """
    user = await signing_in.verify_login(data)
    response = json_item(await core().profiles.get(user), await core().log.newest())
    await signing_in.start_session(response, user)
    return response


@blueprint.post("/sign-out")
@responds(ResponseDoc(204, "Signed out."))
async def sign_out() -> Response:
    """Sign out.

    The session ends, and its open streams end.
    """
    response = Response(None, 204)
    await end_session(response)
    return response


@blueprint.get("/me/sessions")
@responds(*list_response("The browsers.", list[SessionOut]))
async def list_sessions() -> Response:
    """List the browsers in which you are signed in.

    The one used last comes first.
    """
    who = await caller()
    found = await core().sessions.of_user(who.id or 0, who.session)
    return page(SessionOut, Listed(found, await core().log.newest()))


@blueprint.delete("/me/sessions/<id:session_id>")
@responds(ResponseDoc(204, "The session has ended."))
async def end_one_session(session_id: int) -> Response:
    """Sign a browser out.

    Its open streams end.
    """
    await core().sessions.end((await caller()).id or 0, session_id)
    return Response(None, 204)


@blueprint.put("/me/password")
@validate_request(PasswordChange)
@responds(
    ResponseDoc(204, "Changed; all other sessions have ended."), problems=(WrongPasswordError, TooManyAttemptsError)
)
async def change_password(data: PasswordChange) -> Response:
    """Change your password.

    All your other sessions end; tokens stay valid.
    """
    await signing_in.change_password(await caller(), data)
    return Response(None, 204)


@blueprint.get("/me/tokens")
@responds(*list_response("The tokens, the newest first.", list[TokenOut]))
async def list_tokens() -> Response:
    """List your tokens.

    Without their secrets, of which only hashes are stored.
    """
    return page(TokenOut, Listed(await core().tokens.of_user((await caller()).id or 0), await core().log.newest()))


@blueprint.post("/me/tokens")
@validate_request(TokenCreate)
@responds(*made("token with its secret, which is shown this once", NewTokenOut, CREATED_HEADERS))
async def create_token(data: TokenCreate) -> Response:
    """Create a token for a program.

    The program sends `Authorization: Bearer qn_…` and may do what you may, or only read.
    """
    return json_made(await core().tokens.add((await caller()).id or 0, data), "/api/me/tokens")


@blueprint.delete("/me/tokens/<id:token_id>")
@responds(ResponseDoc(204, "The token holds no longer."))
async def end_token(token_id: int) -> Response:
    """Revoke a token.

    Its open streams end.
    """
    await core().tokens.revoke((await caller()).id or 0, token_id)
    return Response(None, 204)
