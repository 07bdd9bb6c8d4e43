"""The shapes of a search in everything that one sees."""

import re
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import BaseModel, BeforeValidator, Field

from quart_notes.schemas.examples import example
from quart_notes.schemas.fields import MAX_ID, QUERY_MAX, Id, OutputModel, Text
from quart_notes.schemas.labels import WantedLabels
from quart_notes.schemas.messages import MessageOut
from quart_notes.schemas.moments import Moment
from quart_notes.schemas.notes import NoteOut

HITS = 20  # hits on a page, when not said otherwise
HITS_MAX = 100
CURSOR = re.compile(r"title~([0-9]{1,19})|text~([0-9]{1,19})~([0-9]{1,19})")
NEWEST = MAX_ID  # above every id in use

SearchKind = Literal["notes", "messages"]
SEARCH_KINDS: tuple[SearchKind, ...] = get_args(SearchKind)
NoteState = Literal["open", "done", "pinned", "archived"]


class Cursor(NamedTuple):
    """Where a page of hits begins: below these ids.

    in_titles   among the notes with the words in their titles, which come first; then `message` does not count
    """

    in_titles: bool = True
    note: int = NEWEST
    message: int = NEWEST

    def __str__(self) -> str:
        return f"title~{self.note}" if self.in_titles else f"text~{self.note}~{self.message}"


def _cursor(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match = CURSOR.fullmatch(value)
    ids = [int(number) for number in match.groups() if number] if match else []
    if match is None or max(ids) > NEWEST:
        raise ValueError("must be the `next` of a page")
    return Cursor(match[1] is not None, *ids)


def _kinds(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    kinds = value.split(",")
    if not set(kinds) <= set(SEARCH_KINDS):
        raise ValueError("must be notes, messages, or both with a comma between them")
    return kinds


class SearchQuery(BaseModel):
    """What is searched for, and where. All conditions must hold; one that messages cannot meet leaves them out."""

    q: Annotated[Text, Field(max_length=QUERY_MAX)] = Field(
        description="Words that must all occur, each as a part of a word, without case and accents; 20 at most count.",
        examples=["milk"],
    )
    kinds: Annotated[
        list[SearchKind] | None,
        BeforeValidator(_kinds, json_schema_input_type=Literal["notes", "messages", "notes,messages"] | None),
        Field(alias="in", description="Where; without it in both."),
    ] = None
    board: Id | None = Field(None, description="Only notes of this board.")
    label: WantedLabels = Field([], description="Only notes with this label; sent several times, with all.")
    by: Id | None = Field(None, description="Only what this user has added.")
    state: NoteState | None = Field(
        None,
        alias="is",
        description="Only such notes; open: neither done nor archived.",
    )
    before: Moment = Field(None, description="Only what was created earlier; without a zone it is UTC.")
    after: Moment = Field(None, description="Only what was created later.")
    limit: int = Field(HITS, ge=1, le=HITS_MAX, description="Hits at most.")
    cursor: Annotated[
        Any,
        BeforeValidator(_cursor, json_schema_input_type=str | None),
        Field(description="The `next` of the page before."),
    ] = None

    def includes(self, kind: SearchKind) -> bool:
        """Whether things of this kind are searched."""
        return self.kinds is None or kind in self.kinds

    @property
    def about_notes(self) -> bool:
        """Whether there is a condition that only notes can meet."""
        return self.board is not None or bool(self.label) or self.state is not None


class _Hit(OutputModel):
    snippet: str = Field(description="Plain text around the first word found.")
    ranges: list[tuple[int, int]] = Field(
        description="Where the words are in it: start and end (not included), in Unicode code points."
    )


class NoteHit(_Hit):
    """A note that was found."""

    kind: Literal["note"]
    note: NoteOut


class MessageHit(_Hit):
    """A message that was found."""

    kind: Literal["message"]
    message: MessageOut


class SearchOut(OutputModel):
    """A page of hits: notes with all words in the title, then the rest, both newest first."""

    model_config = example({"hits": [], "next": None})

    hits: list[NoteHit | MessageHit]
    next: str | None = Field(description="The `cursor` of the next page; null: there are no more hits.")
