"""The account page: profile, password, browsers, tokens, invitations; in open mode the profile only."""

from contextlib import suppress
from typing import Any

from pydantic import ValidationError
from quart import Blueprint, render_template, request

from quart_notes.blueprints.api.invitations import join_link
from quart_notes.domain.access import Caller
from quart_notes.errors import (
    NicknameTakenError,
    NotFoundError,
    ProblemError,
    TooManyAttemptsError,
    ValidationFailedError,
    WrongPasswordError,
)
from quart_notes.schemas import InvitationCreate, PasswordChange, ProfileUpdate, TokenCreate
from quart_notes.web.context import core
from quart_notes.web.forms import (
    INVALID,
    confirmation,
    form_context,
    form_key,
    form_problem,
    form_values,
    parse_id,
    refused,
)
from quart_notes.web.fragments import Page, see_other
from quart_notes.web.security import sign_in
from quart_notes.web.security.authentication import accounts_mode, caller
from quart_notes.web.user_agents import browser_name

blueprint = Blueprint("front_account", __name__, url_prefix="/front/account")

PROFILE = ("name", "nickname", "email")


@blueprint.get("")
async def account() -> str:
    """The account."""
    return await _account()


async def _account(**further: Any) -> str:
    """The page; `further` contains a refused form, or a secret that is shown once."""
    who = await caller()
    user = await core().profiles.get(who.id or 0)
    profile = {
        "user": user,
        "profile_form": form_context({name: getattr(user, name) or "" for name in PROFILE}),
        "changed": request.args.get("changed", ""),
    }
    access = await _access(who) if accounts_mode() else {}
    return await render_template("account.html", **{**profile, **access, **further})


async def _access(who: Caller) -> dict[str, Any]:
    return {
        "sessions": await core().sessions.of_user(who.id or 0, who.session),
        "tokens": await core().tokens.of_user(who.id or 0),
        "invitations": await core().invitations.find(who),
        "without_password": await core().accounts.without_password() if who.admin else [],
        "password_form": form_context({}),
        "token_form": form_context({"name": "", "scope": "read", "days": "90"}),
        "invitation_form": form_context({"uses": "1", "days": "7"}),
        "people": await core().users.active(who) if who.admin else [],
        "new_token": None,
        "new_link": None,
    }


@blueprint.post("/profile")
async def change_profile() -> Page:
    """The form to change the caller's name, nickname and address."""
    form = await request.form
    sent = await form_values(*(name for name in PROFILE if name in form))
    blank = {"email": None} if not sent.get("email", "-").strip() else {}
    try:
        if not sent:
            raise ValidationFailedError.of_field("", "Nothing of your profile was sent.")
        data = ProfileUpdate.model_validate(sent | blank)
        await core().profiles.change((await caller()).id or 0, data)
    except (ValidationError, ValidationFailedError, NicknameTakenError) as error:
        return await refused(lambda form: _account(profile_form=form), sent, error)
    return _back("?changed=profile")


@blueprint.post("/password")
async def change_password() -> Page:
    """The form to change the caller's password."""
    form = await request.form
    try:
        data = PasswordChange(current=form.get("current", ""), new=form.get("new", ""))
        await sign_in.change_password(await caller(), data)
    except INVALID as error:
        return await refused(lambda form: _account(password_form=form), {}, error)
    except (WrongPasswordError, TooManyAttemptsError) as error:
        form_problem(error)
        return await _account(password_form={"errors": {"current": error.detail}}), error.status
    return _back("?changed=password")


@blueprint.post("/sessions/end-others")
async def end_other_sessions() -> Page:
    """The form to sign out all other browsers."""
    who = await caller()
    sessions = await core().sessions.of_user(who.id or 0, who.session)
    others = sum(not session.current for session in sessions)
    words = f"{others} other {'browser has' if others == 1 else 'browsers have'} to sign in again."
    if page := await confirmation("Sign out everywhere else?", words, verb="Sign out", back="/front/account#sessions"):
        return page
    for session in sessions:
        if not session.current:
            with suppress(NotFoundError):  # ended already
                await core().sessions.end(who.id or 0, session.id)
    return _back("#sessions")


@blueprint.post("/sessions/<id:session_id>/end")
async def end_session(session_id: int) -> Page:
    """The form to sign out a browser."""
    who = await caller()
    agents = {one.id: one.agent for one in await core().sessions.of_user(who.id or 0, who.session)}
    name = browser_name(agents.get(session_id, "")) or "Unknown browser"
    if page := await confirmation(
        f"Sign out “{name}”?", "It will have to sign in again.", verb="Sign out", back="/front/account#sessions"
    ):
        return page
    with suppress(NotFoundError):  # ended already
        await core().sessions.end(who.id or 0, session_id)
    return _back("#sessions")


@blueprint.post("/tokens")
async def add_token() -> Page:
    """The form to create a token; the response is the page that shows it, once."""
    sent = await form_values("name", "scope", "days")
    days = parse_id(sent["days"])
    try:
        data = TokenCreate.model_validate(
            {"name": sent["name"], "scope": sent["scope"] or "read", "days": days, "client_key": await form_key(sent)}
        )
    except ValidationError as error:
        return await refused(lambda form: _account(token_form=form), sent, error)
    token, _ = await core().tokens.add((await caller()).id or 0, data)
    return await _account(new_token=token), 201


@blueprint.post("/tokens/<id:token_id>/end")
async def end_token(token_id: int) -> Page:
    """The form to revoke a token."""
    user_id = (await caller()).id or 0
    names = {one.id: one.name for one in await core().tokens.of_user(user_id)}
    if page := await confirmation(
        f"Revoke the token “{names.get(token_id, token_id)}”?",
        "Programs that use it are refused at once. This cannot be undone.",
        verb="Revoke",
        back="/front/account#tokens",
    ):
        return page
    with suppress(NotFoundError):  # revoked already
        await core().tokens.revoke(user_id, token_id)
    return _back("#tokens")


@blueprint.post("/invitations")
async def invite() -> Page:
    """The form to create an invitation; the response is the page that shows its link, once."""
    sent = await form_values("uses", "days", "user_id")
    values = {
        "uses": parse_id(sent["uses"]) or 1,
        "days": parse_id(sent["days"]) or 7,
        "user_id": parse_id(sent["user_id"]),
        "client_key": await form_key(sent),
    }
    try:
        (_, secret), _ = await core().invitations.add(await caller(), InvitationCreate.model_validate(values))
    except (ValidationError, ProblemError) as error:
        return await refused(lambda form: _account(invitation_form=form), sent, error)
    return await _account(new_link=join_link(secret)), 201


@blueprint.post("/invitations/<id:invitation_id>/take-back")
async def revoke_invitation(invitation_id: int) -> Page:
    """The form to revoke an invitation."""
    if page := await confirmation(
        "Revoke this invitation link?",
        "Nobody can join with it any more. People who have joined already stay.",
        verb="Revoke",
        back="/front/account#invitations",
    ):
        return page
    with suppress(NotFoundError):  # used up or revoked already
        await core().invitations.revoke(await caller(), invitation_id)
    return _back("#invitations")


def _back(where: str) -> Page:
    return see_other(f"/front/account{where}")
