"""The page about a room: its name, who sees it, its members; archive, leave and delete it."""

from typing import Any

from pydantic import ValidationError
from quart import Blueprint, render_template

from quart_notes.blueprints.pages.rooms import to_room
from quart_notes.domain.rooms.access import LOBBY
from quart_notes.errors import NotFoundError, ProblemError, RoomNameTakenError, ValidationFailedError
from quart_notes.schemas import MyRoomOut, RoomMemberUpdate, RoomUpdate
from quart_notes.web.context import core
from quart_notes.web.error_handlers import log_server_error
from quart_notes.web.forms import confirmation, form_context, form_problem, form_values, parse_id, refused
from quart_notes.web.fragments import Page, see_other
from quart_notes.web.security.authentication import caller, visible_position

blueprint = Blueprint("front_room_settings", __name__, url_prefix="/front/rooms/<id:room_id>")
NOBODY = {"user_id": "", "role": "member"}  # the form to add a member


@blueprint.get("/settings")
async def settings(room_id: int) -> str:
    """A room's settings page."""
    return await _settings(room_id)


async def _settings(room_id: int, **further: Any) -> str:
    """The page; `further` contains a refused form."""
    shown = await _room(room_id)
    who = await caller()
    members = await core().room_members.find(who, room_id)
    member_ids = {member.user.id for member in members.items}
    return await render_template(
        "room_settings.html",
        **{
            "room": shown,
            "members": members.items,
            "people": [user for user in await core().users.active(who) if user.id not in member_ids],
            "last_event_id": visible_position(members.position),
            "settings_form": form_context({"name": shown.name}),
            "member_form": form_context(NOBODY),
            **further,
        },
    )


async def _room(room_id: int) -> MyRoomOut:
    """A room that has such a page; NotFoundError for the lobby, for a conversation, and when the caller sees none."""
    found, _ = await core().rooms.get(await caller(), room_id)
    if found.kind != "room" or found.id == LOBBY:
        raise NotFoundError(f"Room {room_id} has no settings")
    return found


@blueprint.post("/settings")
async def save(room_id: int) -> Page:
    """The form with a room's name."""
    await _room(room_id)
    sent = await form_values("name")
    try:
        await core().room_upkeep.change(await caller(), room_id, RoomUpdate(name=sent["name"]))
    except (ValidationError, RoomNameTakenError) as error:
        return await refused(lambda form: _settings(room_id, settings_form=form), sent, error)
    return _to_settings(room_id)


def _to_settings(room_id: int) -> Page:
    return see_other(f"/front/rooms/{room_id}/settings")


@blueprint.post("/archive")
async def archive(room_id: int) -> Page:
    """Archive a room."""
    return await _change(room_id, RoomUpdate(archived=True))


@blueprint.post("/unarchive")
async def unarchive(room_id: int) -> Page:
    """Bring a room back from the archive."""
    return await _change(room_id, RoomUpdate(archived=False))


async def _change(room_id: int, data: RoomUpdate) -> Page:
    await core().room_upkeep.change(await caller(), room_id, data)
    return to_room(room_id)


@blueprint.post("/close")
async def close(room_id: int) -> Page:
    """Close a room: from now on its members see it."""
    shown = await _room(room_id)
    words = (
        "Only its members will see it and what was said in it: at first you and who opened it. Members invite others."
    )
    question = f"Close “{shown.name}”?"
    if page := await confirmation(question, words, verb="Close the room", back=f"/front/rooms/{room_id}/settings"):
        return page
    await core().room_upkeep.change(await caller(), room_id, RoomUpdate(closed=True))
    return _to_settings(room_id)


@blueprint.post("/open")
async def open_to_all(room_id: int) -> Page:
    """Open a closed room to everybody."""
    shown = await _room(room_id)
    words = "Everybody on this server will see it, and all that was said in it."
    question = f"Open “{shown.name}” to everybody?"
    if page := await confirmation(question, words, verb="Open the room", back=f"/front/rooms/{room_id}/settings"):
        return page
    try:
        await core().room_upkeep.change(await caller(), room_id, RoomUpdate(closed=False))
    except RoomNameTakenError as error:
        form = {"name": shown.name or ""}
        return await refused(lambda refused: _settings(room_id, settings_form=refused), form, error)
    return _to_settings(room_id)


@blueprint.post("/members")
async def set_member(room_id: int) -> Page:
    """The form to add a member, or to change their role."""
    await _room(room_id)
    sent = await form_values("user_id", "role")
    user_id = parse_id(sent["user_id"])
    try:
        if user_id is None:
            raise ValidationFailedError("Choose a person.")
        role = RoomMemberUpdate.model_validate({"role": sent["role"]})
        await core().room_members.set(await caller(), room_id, user_id, role)
    except (ValidationError, ProblemError) as error:
        return await _members_refused(room_id, sent, error)
    return _to_settings(room_id)


async def _members_refused(room_id: int, sent: dict[str, str], error: ValidationError | ProblemError) -> Page:
    problem = form_problem(error)
    log_server_error(problem)
    form = {**sent, "errors": {"user_id": problem.detail}}
    return await _settings(room_id, member_form=form), problem.status


@blueprint.post("/members/<id:user_id>/remove")
async def remove_member(room_id: int, user_id: int) -> Page:
    """The form to remove a member, or to leave the room."""
    who = await caller()
    if page := await _confirm_removal(room_id, user_id, own=user_id == who.id):
        return page
    try:
        await core().room_members.remove(who, room_id, user_id)
    except NotFoundError:
        pass  # they have left already
    except ProblemError as error:
        return await _members_refused(room_id, NOBODY, error)
    return see_other("/front/rooms") if user_id == who.id and not who.trusted else _to_settings(room_id)


async def _confirm_removal(room_id: int, user_id: int, *, own: bool) -> str | None:
    shown = await _room(room_id)
    back = f"/front/rooms/{room_id}/settings"
    if own:
        words = "You will no longer see it. To come back, a member has to add you again."
        return await confirmation(f"Leave “{shown.name}”?", words, verb="Leave the room", back=back)
    found = (await core().users.existing_users({user_id})).get(user_id)
    name = found.nickname if found else "this person"
    words = "They will no longer see it. To come back, a member has to add them again."
    return await confirmation(f"Remove {name} from “{shown.name}”?", words, verb="Remove", back=back)


@blueprint.post("/delete")
async def delete(room_id: int) -> Page:
    """The form to delete a room, with an offer to undo it."""
    shown = await _room(room_id)
    days = core().settings.trash_days
    kept = f"{days:,} {'day' if days == 1 else 'days'}"
    words = f"Nobody will see it and its messages any more. You can restore it for {kept}."
    question = f"Delete “{shown.name}”?"
    if page := await confirmation(question, words, verb="Delete the room", back=f"/front/rooms/{room_id}/settings"):
        return page
    await core().room_upkeep.delete(await caller(), room_id)
    return see_other(f"/front/rooms?deleted={room_id}")


@blueprint.post("/restore")
async def restore(room_id: int) -> Page:
    """Undo the deletion of a room."""
    await core().room_upkeep.restore(await caller(), room_id)
    return to_room(room_id)
