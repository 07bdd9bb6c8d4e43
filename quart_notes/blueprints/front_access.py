"""The pages by which people get in and out: signing in, and the links of invitations."""

from typing import Any

from pydantic import ValidationError
from quart import Blueprint, Response, g, render_template, request
from quart_schema import hide

from quart_notes.blueprints import signing_in
from quart_notes.blueprints.context import core
from quart_notes.blueprints.errors import form_problem
from quart_notes.blueprints.forms import digits, filled, own_page, typed
from quart_notes.blueprints.identity import caller, end_session, identify
from quart_notes.domain.invitations import Offer
from quart_notes.errors import (
    NicknameTakenError,
    ProblemError,
    TooManyAttemptsError,
    ValidationFailedError,
    WrongPasswordError,
)
from quart_notes.schemas import PAGE_MAX, Arrival, Claim, PageQuery, SignIn

blueprint = Blueprint("front_access", __name__, url_prefix="/front")

HOME = "/front/notes"
ARRIVAL = ("name", "email", "nickname")
Page = str | tuple[str, int] | Response


@blueprint.before_request
async def alone() -> None:
    """These pages stand without the shell, which is for those who are in."""
    g.bare = True


@blueprint.get("/sign-in")
@hide
async def sign_in() -> str:
    """The form to sign in."""
    signing_in.must_have_accounts()
    return await _sign_in(filled({"nickname": ""}))


async def _sign_in(form: dict[str, Any]) -> str:
    where = own_page((await request.form).get("next") or request.args.get("next") or "", HOME)
    return await render_template("sign_in.html", form=form, next=where)


@blueprint.post("/sign-in")
@hide
async def signed_in() -> Page:
    """Sign in by the form."""
    form = await request.form
    nickname = form.get("nickname", "").strip()
    try:
        person = await signing_in.check(SignIn(nickname=nickname, password=form.get("password", "")))
    except ValidationError:
        return await _refused_sign_in(nickname, WrongPasswordError("Wrong nickname or password."))
    except (WrongPasswordError, TooManyAttemptsError) as error:
        return await _refused_sign_in(nickname, error)
    response = _to(own_page(form.get("next", ""), HOME))
    await signing_in.let_in(response, person)
    return response


async def _refused_sign_in(nickname: str, error: ProblemError) -> Response:
    form_problem(error)
    page = await _sign_in({"nickname": nickname, "errors": {"": error.detail}})
    return Response(page, error.status, error.headers, content_type="text/html; charset=utf-8")


@blueprint.post("/sign-out")
@hide
async def signed_out() -> Response:
    """Sign out by the form."""
    response = _to("/front/sign-in")
    await end_session(response)
    return response


@blueprint.get("/join/<secret>")
@hide
async def join(secret: str) -> str:
    """What a link offers: a form to become somebody, or to set a password."""
    signing_in.must_have_accounts()
    return await _join(await core().invitations.look(secret), filled(dict.fromkeys(ARRIVAL, "")))


async def _join(offer: Offer, form: dict[str, Any]) -> str:
    setup = offer.invitation.kind == "setup"
    people = (await core().people.find(PageQuery(limit=PAGE_MAX), active=True)).users if setup else []
    passed = await identify()
    return await render_template(
        "join.html",
        kind=offer.invitation.kind,
        person=offer.person,
        inviter=offer.inviter,
        board=offer.board,
        member=None if passed is None else passed.caller.person,
        link_path=request.path,
        people=people,
        form=form,
    )


@blueprint.post("/join/<secret>")
@hide
async def joined(secret: str) -> Page:
    """Take a link's offer by the form."""
    signing_in.must_have_accounts()
    offer = await core().invitations.look(secret)
    sent = await typed(*ARRIVAL, "user_id")
    password = (await request.form).get("password", "")
    chosen = digits(sent["user_id"])
    try:
        if offer.invitation.kind == "claim" or chosen is not None:
            person = await core().accounts.claim(secret, Claim(user_id=chosen, password=password))
        else:
            wanted = {**{name: sent[name] for name in ARRIVAL}, "email": sent["email"].strip() or None}
            arrival = Arrival.model_validate({**wanted, "password": password})
            person = await core().accounts.arrive(secret, arrival)
    except (ValidationError, ValidationFailedError, NicknameTakenError) as error:
        problem = form_problem(error)
        return await _join(offer, filled(sent, problem.errors)), problem.status
    response = _to(HOME if offer.board is None else _board(offer.invitation.board_id))
    await signing_in.let_in(response, person.id)
    return response


@blueprint.post("/join/<secret>/accept")
@hide
async def accepted(secret: str) -> Response:
    """Join the board of a link as who is signed in."""
    signing_in.must_have_accounts()
    board_id = await core().accounts.accept(secret, await caller())
    return _to(HOME if board_id is None else _board(board_id))


def _board(board_id: int | None) -> str:
    return f"/front/boards/{board_id}/notes"


def _to(path: str) -> Response:
    return Response(b"", 303, {"Location": request.root_path + path})
