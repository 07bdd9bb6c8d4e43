"""The pages of boards: the list, settings and members, and the open board."""

from typing import Any

from pydantic import ValidationError
from quart import Blueprint, render_template, request

from quart_notes.blueprints.api.invitations import join_link
from quart_notes.errors import NotFoundError, ProblemError, ValidationFailedError
from quart_notes.schemas import (
    NO_COLOUR,
    PAGE_MAX,
    BoardCreate,
    BoardUpdate,
    InvitationCreate,
    MemberUpdate,
    PageQuery,
    label_key,
)
from quart_notes.web.context import core
from quart_notes.web.current_board import board_menu
from quart_notes.web.error_handlers import log_server_error
from quart_notes.web.forms import confirmation, form_context, form_key, form_problem, form_values, parse_id, refused
from quart_notes.web.fragments import Page, see_other
from quart_notes.web.security.authentication import caller, visible_position

ALL_BOARDS = PageQuery(limit=PAGE_MAX)
blueprint = Blueprint("front_boards", __name__, url_prefix="/front/boards")


@blueprint.get("")
async def boards() -> str:
    """The boards that the caller sees."""
    return await _boards(form_context({"name": ""}))


async def _boards(form: dict[str, Any]) -> str:
    position = await core().log.newest()
    deleted = parse_id(request.args.get("deleted"))
    trash = await core().trash.boards(await caller())
    return await render_template(
        "boards.html",
        boards=await board_menu(),
        summaries={one.id: one for one in (await core().boards.summaries(await caller(), ALL_BOARDS)).items},
        deleted=deleted,
        trash=trash,
        users=await core().users.existing_users({one.deleted_by for one in trash}),
        last_event_id=visible_position(position),
        form=form,
    )


@blueprint.post("")
async def add() -> Page:
    """The form to add a board."""
    sent = await form_values("name")
    try:
        board, _ = await core().boards.add(
            await caller(), BoardCreate(name=sent["name"], client_key=await form_key(sent))
        )
    except ValidationError as error:
        return await refused(_boards, sent, error)
    return see_other(f"/front/boards/{board.id}/notes")


@blueprint.get("/<id:board_id>")
async def board(board_id: int) -> str:
    """A board's settings page: its name, its members, and invitations."""
    return await settings_page(board_id)


async def settings_page(board_id: int, **further: Any) -> str:
    """The page; `further` contains a refused form, or a link that is shown once."""
    who = await caller()
    shown, _ = await core().boards.get(who, board_id)
    members = await core().members.find(who, board_id)
    labels = await core().board_labels.find(who, board_id, PageQuery())
    member_ids = {member.user.id for member in members.items}
    return await render_template(
        "board_settings.html",
        **{
            "board": shown,
            "members": members.items,
            "people": [user for user in await core().users.active(who) if user.id not in member_ids],
            "last_event_id": visible_position(members.position),
            "settings_form": form_context({"name": shown.name, "tick": shown.tick}),
            "member_form": form_context({"user_id": "", "role": "editor"}),
            "new_link": None,
            "labels": sorted(labels.items, key=lambda label: label_key(label.name)),
            "label_form": {},
            "new_label_form": form_context({"name": "", "colour": NO_COLOUR}),
            **further,
        },
    )


@blueprint.post("/<id:board_id>")
async def save(board_id: int) -> Page:
    """The form with a board's settings: its name, and what is ticked off on it."""
    sent = await form_values("name", "tick")
    given = {name: text for name, text in sent.items() if text or name != "tick"}  # a form may have a name alone
    try:
        await core().boards.change(await caller(), board_id, BoardUpdate.model_validate(given))
    except ValidationError as error:
        return await refused(lambda form: settings_page(board_id, settings_form=form), sent, error)
    return _to_board(board_id)


@blueprint.post("/<id:board_id>/members")
async def set_member(board_id: int) -> Page:
    """The form to add a member, or to change their role."""
    sent = await form_values("user_id", "role")
    user_id = parse_id(sent["user_id"])
    try:
        if user_id is None:
            raise ValidationFailedError("Choose a person.")
        role = MemberUpdate.model_validate({"role": sent["role"]})
        await core().members.set(await caller(), board_id, user_id, role)
    except NotFoundError:
        raise
    except (ValidationError, ProblemError) as error:
        problem = form_problem(error)
        form = {**sent, "errors": {"user_id": problem.detail}}
        return await settings_page(board_id, member_form=form), problem.status
    return _to_board(board_id)


@blueprint.post("/<id:board_id>/members/<id:user_id>/remove")
async def remove_member(board_id: int, user_id: int) -> Page:
    """The form to remove a member, or to leave the board."""
    who = await caller()
    try:
        if page := await _confirm_removal(board_id, user_id):
            return page
        await core().members.remove(who, board_id, user_id)
    except NotFoundError:
        return see_other("/front/boards")
    except ProblemError as error:
        form_problem(error)
        log_server_error(error)
        form = {"user_id": "", "role": "editor", "errors": {"user_id": error.detail}}
        return await settings_page(board_id, member_form=form), error.status
    return see_other("/front/boards") if user_id == who.id else _to_board(board_id)


async def _confirm_removal(board_id: int, user_id: int) -> str | None:
    who = await caller()
    board, _ = await core().boards.get(who, board_id)
    members = (await core().members.find(who, board_id)).items
    name = next((member.user.nickname for member in members if member.user.id == user_id), None)
    if name is None:
        return None
    back = f"/front/boards/{board_id}"
    if user_id == who.id:
        words = "You will no longer see its notes. To come back, an owner has to add you again."
        return await confirmation(f"Leave “{board.name}”?", words, verb="Leave the board", back=back)
    words = "They will no longer see its notes. To come back, an owner has to add them again."
    return await confirmation(f"Remove {name} from “{board.name}”?", words, verb="Remove", back=back)


@blueprint.post("/<id:board_id>/invitations")
async def invite(board_id: int) -> Page:
    """The form to create an invitation to the board; the response is the page that shows its link, once."""
    sent = await form_values("role", "uses", "joins_as")
    values = {
        "board_id": board_id,
        "role": sent["role"] or "editor",
        "uses": parse_id(sent["uses"]) or 1,
        "joins_as": sent["joins_as"] or "guest",
        "client_key": await form_key(sent),
    }
    try:
        (_, secret), _ = await core().invitations.add(await caller(), InvitationCreate.model_validate(values))
    except ValidationError as error:
        return await refused(lambda form: settings_page(board_id, member_form=form), sent, error)
    return await settings_page(board_id, new_link=join_link(secret)), 201


@blueprint.post("/<id:board_id>/delete")
async def delete(board_id: int) -> Page:
    """The form to delete a board, with an offer to undo it."""
    who = await caller()
    if page := await _confirm_deletion(board_id):
        return page
    await core().boards.delete(who, board_id)
    return see_other(f"/front/boards?deleted={board_id}")


async def _confirm_deletion(board_id: int) -> str | None:
    who = await caller()
    board, _ = await core().boards.get(who, board_id)
    size = await core().boards.size(who, board_id)
    has = _counted(size.notes, "note", "notes")
    has += f" and {_counted(size.people, 'person', 'people')}" if size.people else ""
    days = _counted(core().settings.trash_days, "day", "days")
    words = f"The board has {has}. Nobody will see it any more. Its owners can restore it for {days}."
    return await confirmation(
        f"Delete “{board.name}”?", words, verb="Delete the board", back=f"/front/boards/{board_id}"
    )


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


@blueprint.post("/<id:board_id>/restore")
async def restore(board_id: int) -> Page:
    """Undo the deletion of a board."""
    await core().boards.restore(await caller(), board_id)
    return _to_board(board_id)


def _to_board(board_id: int) -> Page:
    return see_other(f"/front/boards/{board_id}")
