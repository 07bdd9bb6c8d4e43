"""Which notes of a board: filters of lists and of the board's page."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, Field

from quart_notes.schemas.fields import MAX_ID, QUERY_MAX, Colour, Id, PageQuery, Text
from quart_notes.schemas.labels import WantedLabels
from quart_notes.schemas.moments import Moment

Choice = Literal["true", "false"]


class NoteFilter(BaseModel):
    """Which notes of the board. All conditions must hold."""

    done: Choice | None = Field(None, description="Those that are ticked off, or the others.")
    pinned: Choice | None = Field(None, description="Those that are pinned, or the others.")
    archived: Literal["true", "false", "any"] = Field(
        "false", description="Those in the archive, those on the board, or both."
    )
    colour: Colour | None = Field(None, description="Those of this colour.")
    label: WantedLabels = Field([], description="Those that have this label; sent several times, those that have all.")
    created_by: Id | None = Field(None, description="Those that this user added.")
    updated_after: Moment = Field(None, description="Those changed later; without a zone it is UTC.")
    updated_before: Moment = Field(None, description="Those changed earlier.")

    def parameters(self) -> dict[str, list[str]]:
        """The conditions as parameters of an address, each with its values; without those that are so by default."""
        chosen = self.model_dump(mode="json", exclude_defaults=True, include=set(NoteFilter.model_fields))
        return {name: _texts(value) for name, value in chosen.items()}


def _texts(value: Any) -> list[str]:
    return value if isinstance(value, list) else [str(value)]


class NoteQuery(PageQuery, NoteFilter):
    """Which notes of the board, and how many of them."""

    MAX_WORDS: ClassVar[int] = 20

    q: Annotated[Text, Field(max_length=QUERY_MAX)] | None = Field(
        None,
        description="Words that must all occur in title or description, upper and lower case alike, with or without"
        " accents. What is found comes newest first.",
    )
    before_id: int | None = Field(
        None, ge=1, le=MAX_ID, description="Only notes with a smaller id: in a search, the last id of the page before."
    )

    @property
    def searches(self) -> bool:
        """Whether it asks for words."""
        return bool(self.q and self.q.strip())
