"""The shapes of what was: earlier states of notes, activity, and what was deleted."""

from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, BeforeValidator, Field

from quart_notes.schemas.boards import BoardOut
from quart_notes.schemas.examples import MOMENT, example
from quart_notes.schemas.fields import MAX_ID, OutputModel
from quart_notes.schemas.notes import DESCRIPTION_MAX, TITLE_MAX, NoteOut

HISTORY_PAGE_MAX = 200  # objects on a page
VERSION_MAX = 2**31 - 1  # what both databases keep in an integer column
HISTORY_PAGE = 50  # objects on a page, when not said otherwise


class Moment(NamedTuple):
    """A place in a list that is ordered by time, then by id: everything before it comes after it in the list."""

    at: datetime
    id: int = 0

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC).isoformat().replace('+00:00', 'Z')}~{self.id}"


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    time, _, number = value.partition("~")
    try:
        at = datetime.fromisoformat(time)
        found = Moment(at, int(number or 0))
    except ValueError:
        raise ValueError("must be a time, as 2026-01-31T09:30:00Z, or what a link to a further page has") from None
    if at.tzinfo is None or not 0 <= found.id <= MAX_ID:
        raise ValueError("must be a time with its zone, as 2026-01-31T09:30:00Z")
    return found


class _Page(BaseModel):
    limit: int = Field(HISTORY_PAGE, ge=1, le=HISTORY_PAGE_MAX, description="Things at most, the newest first.")


class HistoryQuery(_Page):
    """A page of the history of a note, by version descending."""

    before: int | None = Field(
        None, ge=1, le=VERSION_MAX, description="Only earlier versions: the last one of the page."
    )


class TimeQuery(_Page):
    """A page of a list by time descending."""

    before: Annotated[
        Any,
        BeforeValidator(_moment, json_schema_input_type=str | None),
        Field(description="Only what was before this time (RFC 3339). `Link` has it, exactly."),
    ] = None


class RevisionOut(OutputModel):
    """A state of a note, as a group of changes left it."""

    model_config = example(
        {"version": 3, "title": "Buy milk", "description": None, "changes": ["title"], "by": 3, "at": MOMENT}
    )

    version: int = Field(description="The version of the note with that state.", ge=1)
    title: str | None = Field(None, description="The title then.", max_length=TITLE_MAX)
    description: str | None = Field(None, description="The text then.", max_length=DESCRIPTION_MAX)
    changes: list[str] = Field(description="What was changed: `created`, `title`, `done`, `undone` …")
    by: int | None = Field(None, description="The user who changed it; null: not known.")
    at: datetime = Field(description="UTC, RFC 3339.")


class ActivityOut(OutputModel):
    """What a user did with a note."""

    model_config = example(
        {
            "kind": "done",
            "changes": ["done"],
            "by": 3,
            "at": MOMENT,
            "note_id": 1,
            "title": "Buy milk",
            "version": 2,
            "deleted": False,
        }
    )

    kind: str = Field(description="What it is, mainly: `created`, `edited`, `done`, `deleted` …", examples=["done"])
    changes: list[str] = Field(description="All that was changed, as in the history of the note.")
    by: int | None = Field(None, description="The user who did it; null: not known.")
    at: datetime = Field(description="UTC, RFC 3339.")
    note_id: int = Field(description="The note.", ge=1, le=MAX_ID)
    title: str | None = Field(None, description="Its title then, or how its text began.", max_length=TITLE_MAX)
    version: int = Field(description="Its version then.", ge=1)
    deleted: bool = Field(description="Whether the note is deleted now.")


class _Deleted(OutputModel):
    deleted_at: datetime = Field(description="UTC, RFC 3339.")
    deleted_by: int | None = Field(None, description="The user who deleted it; null: not known.")
    kept_until: datetime = Field(description="Until then it can be restored.")


class TrashedNoteOut(_Deleted):
    """A deleted note."""

    note: NoteOut = Field(description="Its last state.")


class TrashedBoardOut(_Deleted):
    """A deleted board."""

    board: BoardOut = Field(description="Its last state.")
