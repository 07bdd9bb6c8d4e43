"""The pages to sign in and out, and those of invitation links."""

from functools import partial
from typing import Any

from pydantic import ValidationError
from quart import Blueprint, Response, g, render_template, request

from quart_notes.domain.access import ANYBODY
from quart_notes.domain.invitations import InvitationOffer
from quart_notes.errors import (
    InvitationGoneError,
    NicknameTakenError,
    ProblemError,
    TooManyAttemptsError,
    WrongPasswordError,
)
from quart_notes.schemas import Arrival, Claim, SignIn
from quart_notes.web.context import core
from quart_notes.web.forms import (
    INVALID,
    form_context,
    form_key,
    form_problem,
    form_values,
    parse_id,
    refused,
    safe_next_path,
)
from quart_notes.web.fragments import Page
from quart_notes.web.security import sign_in as signing_in
from quart_notes.web.security.authentication import caller, end_session, identify

blueprint = Blueprint("front_access", __name__, url_prefix="/front")

HOME = "/front/notes"
ARRIVAL = ("name", "email", "nickname")


@blueprint.before_request
async def hide_shell() -> None:
    """Show these pages without the shell, which is for signed-in users."""
    g.bare = True


@blueprint.get("/sign-in")
async def sign_in() -> str:
    """The sign-in page."""
    signing_in.require_accounts_mode()
    return await _sign_in(form_context({"nickname": ""}))


async def _sign_in(form: dict[str, Any]) -> str:
    where = safe_next_path((await request.form).get("next") or request.args.get("next") or "", HOME)
    return await render_template("sign_in.html", form=form, next=where)


@blueprint.post("/sign-in")
async def signed_in() -> Page:
    """The form to sign in."""
    form = await request.form
    nickname = form.get("nickname", "").strip()
    try:
        user = await signing_in.verify_login(SignIn(nickname=nickname, password=form.get("password", "")))
    except ValidationError:
        return await _refused_sign_in(nickname, WrongPasswordError("Wrong nickname or password."))
    except (WrongPasswordError, TooManyAttemptsError) as error:
        return await _refused_sign_in(nickname, error)
    response = _to(safe_next_path(form.get("next", ""), HOME))
    await signing_in.start_session(response, user)
    return response


async def _refused_sign_in(nickname: str, error: ProblemError) -> Response:
    form_problem(error)
    page = await _sign_in({"nickname": nickname, "errors": {"": error.detail}})
    return Response(page, error.status, error.headers, content_type="text/html; charset=utf-8")


@blueprint.post("/sign-out")
async def signed_out() -> Response:
    """The form to sign out."""
    response = _to("/front/sign-in")
    await end_session(response)
    return response


@blueprint.get("/join/<secret>")
async def join(secret: str) -> str:
    """The page of an invitation link: a form to register, or to set a password."""
    signing_in.require_accounts_mode()
    return await _join(await core().invitations.offer(secret), form_context(dict.fromkeys(ARRIVAL, "")))


async def _join(offer: InvitationOffer, form: dict[str, Any]) -> str:
    setup = offer.invitation.kind == "setup"
    people = await core().users.active(ANYBODY) if setup else []
    grant = await identify()
    return await render_template(
        "join.html",
        kind=offer.invitation.kind,
        user=offer.user,
        inviter=offer.inviter,
        board=offer.board,
        joins_as=offer.invitation.joins_as,
        member=None if grant is None else grant.caller.user,
        link_path=request.path,
        people=people,
        form=form,
    )


@blueprint.post("/join/<secret>")
async def joined(secret: str) -> Page:
    """The form to accept an invitation."""
    signing_in.require_accounts_mode()
    sent = await form_values(*ARRIVAL, "user_id")
    key, password = await form_key(sent), (await request.form).get("password", "")
    try:
        before = await core().accounts.find_by_invitation(secret, key, password)
        if before is None:
            return await _join_now(secret, sent, password, key)
    except (InvitationGoneError, NicknameTakenError) as error:
        # The same form may have been sent twice at once, and the other request was first.
        before = await core().accounts.find_by_invitation(secret, key, password)
        if before is None and isinstance(error, NicknameTakenError):
            return await _refused(await core().invitations.offer(secret), sent, error)
        if before is None:
            raise
    return await _let_in(*before)


async def _join_now(secret: str, sent: dict[str, str], password: str, key: str | None) -> Page:
    offer = await core().invitations.offer(secret)
    chosen = parse_id(sent["user_id"])
    try:
        if offer.invitation.kind == "claim" or chosen is not None:
            user = await core().accounts.set_password_by_link(secret, Claim(user_id=chosen, password=password), key)
        else:
            values = {**{name: sent[name] for name in ARRIVAL}, "email": sent["email"].strip() or None}
            arrival = Arrival.model_validate({**values, "password": password})
            user = await core().accounts.register(secret, arrival, key)
    except INVALID as error:
        return await _refused(offer, sent, error)
    return await _let_in(user.id, None if offer.board is None else offer.invitation.board_id)


async def _refused(offer: InvitationOffer, sent: dict[str, str], error: ValidationError | ProblemError) -> Page:
    return await refused(partial(_join, offer), sent, error)


async def _let_in(user_id: int, board_id: int | None) -> Response:
    response = _to(_start_page(board_id))
    await signing_in.start_session(response, user_id)
    return response


@blueprint.post("/join/<secret>/accept")
async def accepted(secret: str) -> Response:
    """Join the board of an invitation as the signed-in user."""
    signing_in.require_accounts_mode()
    board_id, _ = await core().accounts.accept(secret, await caller())
    return _to(_start_page(board_id))


def _start_page(board_id: int | None) -> str:
    return HOME if board_id is None else f"/front/boards/{board_id}/notes"


def _to(path: str) -> Response:
    return Response(b"", 303, {"Location": request.root_path + path})
