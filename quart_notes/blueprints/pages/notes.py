"""The board's pages: the same reads and shapes as the API, as HTML; every form works without JavaScript."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from pydantic import ValidationError
from quart import Blueprint, g, render_template, request

from quart_notes.blueprints.pages.bulk_changes import bulk_notice
from quart_notes.blueprints.pages.history import shown_history
from quart_notes.domain.access import Caller
from quart_notes.domain.order.note_moves import DIRECTIONS
from quart_notes.domain.text.markdown import LINE_END
from quart_notes.domain.text.normalization import searched_words
from quart_notes.errors import FieldError, NotFoundError, StaleVersionError, ValidationFailedError
from quart_notes.schemas import (
    MAX_ID,
    LabelOut,
    MyBoardOut,
    NoteCreate,
    NoteMove,
    NoteOut,
    NoteQuery,
    NoteUpdate,
    TaskCreate,
    TaskTick,
    UserOut,
    one_line,
)
from quart_notes.web.board_filter import (
    BoardFilter,
    author_choices,
    back_query,
    back_to_board,
    board_filter,
    page_number,
    sort_in,
)
from quart_notes.web.context import core
from quart_notes.web.current_board import WRITING_ROLES, board_menu, board_path, board_url, current_board_id
from quart_notes.web.forms import INVALID, form_context, form_key, form_problem, form_values, number, parse_id
from quart_notes.web.fragments import Page, removed, see_other, wants_fragment, wants_page
from quart_notes.web.last_visit import mark_seen, seen_boards, time_of
from quart_notes.web.search_highlights import marked
from quart_notes.web.security.authentication import caller, current_user, visible_position

# Registered twice: /front/notes is the open board (and what is posted there everybody's), and each has its own address.
blueprint = Blueprint("front_notes", __name__)
blueprint.add_app_template_filter(marked)
blueprint.add_app_template_filter(LINE_END.split, "lines")

BLANK = {"title": "", "description": ""}
PAGE_SIZE = 100  # cards on a page; with JavaScript the rest follows in idle time
SORT_PREFERENCE = "board_sort"  # a user's preference, one of BOARD_SORTS (static/js/notes/order/note_sorting.js)
DELETED = FieldError("title", "Somebody else deleted this note. Your text is kept here. You can add it as a new note.")


def _form(sent: dict[str, str], errors: Iterable[FieldError] = ()) -> dict[str, Any]:
    # An error of the whole stands beside the first field, one of a label beside all labels.
    return form_context(sent, [FieldError(error.field.partition(".")[0] or "title", error.message) for error in errors])


@blueprint.get("")
async def board(board_id: int) -> Page:
    """A board; it stays open in this browser, also under /front/notes. An invalid filter is shown with its errors."""
    chosen = board_filter()
    page = await _board(await current_board_id(board_id), _form(BLANK), chosen)
    return (page, 422) if chosen.problems else page


async def _board(board_id: int, form: dict[str, Any], chosen: BoardFilter) -> str:
    shown_page = page_number()
    who = await caller()
    chosen_sort = sort_in(request.args.get("sort")) or sort_in(await _preferred_sort())
    sort = chosen_sort or "board"
    page = await core().board_pages.read(
        who, board_id, chosen.q, shown_page, PAGE_SIZE, chosen=chosen.chosen, sort=sort
    )
    authors = await _authors(page.notes)
    deleted, archived = request.args.get("deleted"), request.args.get("undo_archive")
    boards = await board_menu()
    return await render_template(
        "board.html",
        board=(await core().boards.get(who, board_id))[0],
        boards=boards,
        targets=_targets(boards, board_id),
        board_path=board_path(board_id),
        board_address=await board_url(board_id),
        notes=page.notes,
        authors=authors,
        author_choices=author_choices(page.notes, authors, await current_user(), chosen.chosen.created_by),
        filter=chosen,
        back=back_query(chosen),
        labels=await _labels(board_id),
        last_event_id=visible_position(page.position),
        total=page.total,
        open_count=page.open_count,
        done_count=page.done_count,
        page=shown_page,
        pages=max(-(-page.total // PAGE_SIZE), 1),
        q=chosen.q,
        sort=sort,
        chosen_sort=chosen_sort or "",
        found_words=searched_words(chosen.q, NoteQuery.MAX_WORDS),
        form=form,
        deleted=await core().notes.deleted(who, board_id, number(deleted, 0, MAX_ID)) if deleted else None,
        archived=await _archived(board_id, number(archived, 0, MAX_ID)) if archived else None,
        selecting="select" in request.args and page.role != "viewer",
        undoable=await bulk_notice(who, board_id),
        **await _since_last_visit(who, board_id, page.notes),
        **await _threads(who, board_id),
    )


async def _threads(who: Caller, board_id: int) -> dict[str, Any]:
    """What the viewer has read of the threads of a board's notes.

    unread_threads   the newest message that they have read, by the note, for threads with unread ones
    newest_message   the newest message in any of them
    """
    newest = await core().read_markers.newest_on_board(who, board_id)  # first: what is said after it is then unread
    unread = [] if who.id is None else (await core().read_markers.of_board(who, who.id, board_id)).items
    return {"unread_threads": {one.note_id: one.last_read_id for one in unread}, "newest_message": newest}


def _targets(boards: Iterable[MyBoardOut], board_id: int) -> list[MyBoardOut]:
    """The boards that a note can move to from a board."""
    return [board for board in boards if board.role in WRITING_ROLES and board.id != board_id]


async def _labels(board_id: int) -> dict[str, LabelOut]:
    """The labels of the board by name."""
    return {label.name: label for label in await core().board_labels.all(await caller(), board_id)}


async def _archived(board_id: int, note_id: int) -> NoteOut | None:
    """A note that can be taken out of the archive, or None."""
    with suppress(NotFoundError):
        note, _ = await core().notes.get(await caller(), board_id, note_id)
        return note if note.archived_at is not None else None
    return None


async def _preferred_sort() -> Any:
    me = await current_user()
    return None if me is None else (await core().preferences.of_user(me.id))[0].get(SORT_PREFERENCE)


async def _since_last_visit(who: Caller, board_id: int, notes: Sequence[NoteOut]) -> dict[str, Any]:
    """What is new for the viewer: counts, the notes on the page, and what a script needs to go on from there."""
    if who.id is None:
        return {}
    boards = await seen_boards(who.id)
    seen = time_of(boards.get(str(board_id)))
    return {
        "boards_seen": json.dumps(boards),
        "seen": seen,
        "now": datetime.now(UTC),
        "since": seen and await core().activity.since(who, board_id, seen),
        "unseen": {note.id for note in notes if seen and note.updated_at > seen and note.updated_by != who.id},
    }


@blueprint.post("/seen")
async def see(board_id: int) -> Page:
    """The form to mark what is new on a board as seen, up to the time of its page."""
    who = await caller()
    await core().boards.require(who, board_id, "viewer")
    time = time_of((await form_values("at"))["at"])
    if time is None:
        raise ValidationFailedError.of_field("at", "This must be a date and time.")
    if who.id is not None:
        await mark_seen(who.id, board_id, time)
    return see_other(await back_to_board(board_id))


@blueprint.post("")
async def add(board_id: int) -> Page:
    """The form to add a note."""
    sent: dict[str, Any] = await form_values("title", "description", "colour")
    try:
        given = {name: text for name, text in sent.items() if text or name != "colour"}  # a form may have no colours
        data = NoteCreate(**given, client_key=await form_key(sent))
        added, _ = await core().notes.add(await caller(), board_id, data)
    except ValidationError as error:
        return await _board(board_id, _form(sent, form_problem(error).errors), board_filter()), 422
    if wants_fragment():
        return await _card(board_id, added.id)
    return see_other(await board_url(board_id))


@blueprint.get("/<id:note_id>")
async def note(board_id: int, note_id: int) -> Page:
    """The card as a fragment; opened by a browser, the note's own page, also if it was moved to another board."""
    if not wants_page():
        return await _card(board_id, note_id)
    who = await caller()
    try:
        found, position = await core().notes.get(who, board_id, note_id)
    except NotFoundError:
        board_now = await core().note_moves.board_of(who, note_id)
        if board_now is None:
            raise
        return see_other(f"{board_path(board_now)}/{note_id}")
    boards = await board_menu()
    from_id = parse_id(request.args.get("from"))
    return await render_template(
        "note.html",
        boards=boards,
        targets=_targets(boards, board_id),
        note_place=await core().note_moves.place(who, board_id, note_id),
        moved="moved" in request.args,
        moved_from=next((board for board in boards if board.id == from_id and board.id != board_id), None),
        former={name: parse_id(request.args.get(name)) or "" for name in ("after_id", "before_id")},
        last_event_id=visible_position(position),
        form=_form(BLANK),
        **await _shown_card(found),
        **await shown_history(await caller(), board_id, note_id),
    )


async def _card(board_id: int, note_id: int) -> str:
    found, _ = await core().notes.get(await caller(), board_id, note_id)
    g.bare = True
    return await render_template("fragments/note_card.html", **await _shown_card(found))


async def _shown_card(found: NoteOut) -> dict[str, Any]:
    return {
        "note": found,
        "authors": await _authors([found]),
        "board": (await core().boards.get(await caller(), found.board_id))[0],
        "board_path": board_path(found.board_id),
        "labels": await _labels(found.board_id),
        "board_address": await board_url(found.board_id),
        **await _threads(await caller(), found.board_id),
    }


async def _authors(notes: Sequence[NoteOut]) -> dict[int, UserOut]:
    """The users who added notes, changed them last or ticked them off, by id."""
    return await core().users.existing_users(
        {user_id for note in notes for user_id in (note.created_by, note.updated_by, note.done_by)}
    )


@blueprint.get("/<id:note_id>/edit")
async def edit(board_id: int, note_id: int) -> str:
    """The form to edit a note."""
    note, _ = await core().notes.get(await caller(), board_id, note_id)
    return await _edit(note, _form(_shown(note)))


def _shown(note: NoteOut) -> dict[str, str]:
    """A note's text for a form, which sends it back unchanged if nobody edits it."""
    lines = (note.description or "").replace("\r\n", "\n").replace("\r", "\n")
    return {
        "title": one_line(note.title or ""),
        "description": lines,
        "colour": note.colour,
        "labels": ", ".join(note.labels),
    }


async def _edit(note: NoteOut, form: dict[str, Any], conflict: NoteOut | None = None) -> str:
    return await render_template(
        "note_edit.html",
        note=note,
        board_path=board_path(note.board_id),
        board_address=await board_url(note.board_id),
        back=back_query(board_filter()),
        form=form,
        conflict=conflict,
    )


@blueprint.post("/<id:note_id>")
async def save(board_id: int, note_id: int) -> Page:
    """The form to save a note; a change by others is shown beside it, and no text is lost."""
    sent: dict[str, Any] = await form_values("title", "description", "colour", "labels")
    version = number((await request.form).get("version"), 0, MAX_ID)
    try:
        before = _shown((await core().notes.get(await caller(), board_id, note_id))[0])
        sent["colour"] = sent["colour"] or before["colour"]
        if "labels" not in await request.form:  # a form of a program
            sent["labels"] = before["labels"]
        changed: dict[str, Any] = {name: text for name, text in sent.items() if text != before[name]}
        if "labels" in changed:
            changed["labels"] = _names(sent["labels"])
        await core().notes.change(
            await caller(), board_id, note_id, NoteUpdate(**changed), lambda current: not version or current == version
        )
    except NotFoundError as error:
        form_problem(error)
        return await _board(board_id, _form(sent, [DELETED]), board_filter()), 404
    except StaleVersionError as error:
        form_problem(error)
        return await _edit_again(board_id, note_id, _form(sent), 412)
    except INVALID as error:
        form = _form(sent, form_problem(error).errors)
        # The version stays the one that the person began with: a later save must not overwrite what came after it.
        return await _edit_again(board_id, note_id, {**form, "version": version}, 422)
    return await _to_card(board_id, note_id)


def _names(text: str) -> list[str]:
    """The names of labels that a form sends, with commas between them."""
    return [name for part in text.split(",") if (name := part.strip())]


async def _edit_again(board_id: int, note_id: int, form: dict[str, Any], status: int) -> Page:
    note, _ = await core().notes.get(await caller(), board_id, note_id)
    return await _edit(note, form, conflict=note if status == 412 else None), status


@blueprint.post("/<id:note_id>/tasks")
async def change_tasks(board_id: int, note_id: int) -> Page:
    """What a list of tasks has: `task`, the line and source of one, ticks it, `action` changes all, `text` adds one."""
    sent = await request.form
    line, _, source = sent.get("task", "").partition(":")
    try:
        if action := sent.get("action"):
            await core().tasks.change_all(await caller(), board_id, note_id, action)
        elif text := sent.get("text"):
            await core().tasks.add(await caller(), board_id, note_id, TaskCreate(text=text))
        else:
            tick = TaskTick(line=number(line, 0, MAX_ID), source=source, done=source.partition("[")[2][:1] == " ")
            await core().tasks.tick(await caller(), board_id, note_id, tick)
    except ValidationError as error:
        raise form_problem(error) from None
    return await _to_card(board_id, note_id)


@blueprint.post("/<id:note_id>/<flag:flag>")
async def set_flag(board_id: int, note_id: int, flag: str) -> Page:
    """Set a flag of a note, such as done, or take it back. What goes to the archive comes with an offer to undo it."""
    change = {flag: (await request.form).get(flag) == "true"}
    await core().notes.change(await caller(), board_id, note_id, NoteUpdate.model_validate(change))
    if change.get("archived"):
        return removed(await back_to_board(board_id, undo_archive=note_id))
    return await _to_card(board_id, note_id)


@blueprint.post("/<id:note_id>/move")
async def move(board_id: int, note_id: int) -> Page:
    """The forms to move a note: `to` says up, down, first or last; `board_id` is another board, with a place there."""
    sent = await request.form
    who = await caller()
    direction = next((one for one in DIRECTIONS if one == sent.get("to")), None)
    target, query = board_id, {"moved": "yes"}
    if direction:
        await core().note_moves.step(who, board_id, note_id, direction)
    else:
        target = parse_id(sent.get("board_id")) or 0
        before = await core().note_moves.place(who, board_id, note_id)
        try:
            neighbours = {name: parse_id(sent.get(name)) for name in ("after_id", "before_id")}
            to = NoteMove(board_id=target, **neighbours)
        except ValidationError as error:
            raise form_problem(error) from None
        await core().note_moves.move(who, board_id, note_id, to)
        former = {"after_id": before.before, "before_id": before.after} if before else {}
        query = {"from": str(board_id)} | {name: str(number) for name, number in former.items() if number}
    if wants_fragment():
        return await _card(target, note_id)
    return see_other(f"{board_path(target)}/{note_id}?{urlencode(query)}")


@blueprint.post("/<id:note_id>/talk")
async def talk(board_id: int, note_id: int) -> Page:
    """The button that leads to the thread of a note, and opens it at first."""
    (thread, _), _ = await core().threads.open(await caller(), board_id, note_id)
    return see_other(f"/front/rooms/{thread.id}")


@blueprint.post("/<id:note_id>/delete")
async def delete(board_id: int, note_id: int) -> Page:
    """The form to delete a note, with an offer to undo it."""
    try:
        await core().notes.delete(await caller(), board_id, note_id)
    except NotFoundError:
        return removed(await back_to_board(board_id))
    return removed(await back_to_board(board_id, deleted=note_id))


@blueprint.post("/<id:note_id>/restore")
async def restore(board_id: int, note_id: int) -> Page:
    """Undo a deletion."""
    await core().notes.restore(await caller(), board_id, note_id)
    return await _to_card(board_id, note_id)


async def _to_card(board_id: int, note_id: int) -> Page:
    if wants_fragment():
        return await _card(board_id, note_id)
    return see_other(f"{await back_to_board(board_id)}#note-{note_id}")
