"""The page of the search in everything that one sees; its form works without JavaScript."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from pydantic import ValidationError
from quart import Blueprint, render_template, request

from quart_notes.domain.text.normalization import searched_words
from quart_notes.errors import FieldError, ValidationFailedError
from quart_notes.schemas import MessageHit, NoteHit, NoteQuery, SearchOut, SearchQuery
from quart_notes.web.board_filter import DAY
from quart_notes.web.context import core
from quart_notes.web.current_board import board_menu, board_path
from quart_notes.web.error_handlers import validation_problem
from quart_notes.web.forms import form_context
from quart_notes.web.fragments import Page
from quart_notes.web.security.authentication import caller, visible_position

blueprint = Blueprint("front_search", __name__, url_prefix="/front/search")

FIELDS = ("q", "in", "board", "is", "after", "before")
PASSED_ON = ("by",)  # conditions of an address that the form has no field for; labels too
ERRORS = {  # beside a field, for what a form cannot send
    **dict.fromkeys(("in", "is"), "Choose one of these."),
    **dict.fromkeys(("after", "before"), "Write a date such as 2026-01-31."),
    "board": "There is no such board.",
    "cursor": "There is no such page. Search again.",
}


@blueprint.get("")
async def search() -> Page:
    """What was found; the form alone when nothing is asked for, and with its errors when something is invalid."""
    sent = {name: text for name in (*FIELDS, *PASSED_ON, "cursor") if (text := request.args.get(name, "").strip())}
    labels = [text for text in request.args.getlist("label") if text.strip()]
    if "q" not in sent:
        return await _page(sent, labels)
    try:
        found, position = await core().search.find(await caller(), SearchQuery.model_validate(sent | {"label": labels}))
    except ValidationError as error:
        return await _page(sent, labels, errors=validation_problem(error).errors), 422
    except ValidationFailedError as error:
        return await _page(sent, labels, errors=error.errors), 422
    return await _page(sent, labels, found, last_event_id=visible_position(position))


async def _page(
    sent: dict[str, str],
    labels: list[str],
    found: SearchOut | None = None,
    *,
    errors: Iterable[FieldError] = (),
    **context: Any,
) -> str:
    kept = [*((name, text) for name, text in sent.items() if name != "cursor"), *(("label", text) for text in labels)]
    hits = found.hits if found else []
    boards = await board_menu()
    return await render_template(
        "search.html",
        form=form_context({**dict.fromkeys(FIELDS, ""), **sent}, [_in_words(error) for error in errors]),
        passed_on=[(name, text) for name, text in kept if name not in FIELDS],
        asked=found is not None,
        first_page="cursor" not in sent,
        hits=hits,
        more=f"?{urlencode([*kept, ('cursor', found.next)])}" if found and found.next else None,
        again=f"?{urlencode(kept)}",
        found_words=searched_words(sent.get("q", ""), NoteQuery.MAX_WORDS),
        boards={board.id: board for board in boards},
        board_choices=[(board.id, board.name) for board in boards],
        board_path=board_path,
        date_kind=_date_kind,
        **await _about(hits),
        **{"last_event_id": await _newest(), **context},
    )


def _in_words(error: FieldError) -> FieldError:
    field = error.field.partition(".")[0]
    return FieldError(field, ERRORS.get(field, error.message))


def _date_kind(value: str) -> str:
    """The kind of a date's field: a text where a browser's date field would lose what was sent."""
    return "date" if not value or DAY.fullmatch(value) else "text"


async def _newest() -> Any:
    return visible_position(await core().log.newest())


async def _about(hits: list[NoteHit | MessageHit]) -> dict[str, Any]:
    """The rooms of the messages, and the authors of the notes, by id."""
    rooms = {hit.message.room_id for hit in hits if isinstance(hit, MessageHit)}
    authors = {hit.note.created_by for hit in hits if isinstance(hit, NoteHit)}
    return {
        "hit_rooms": await core().rooms.existing_rooms(rooms, await caller()),
        "authors": await core().users.existing_users(authors),
    }
