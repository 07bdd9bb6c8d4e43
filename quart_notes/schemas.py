"""Every shape that crosses an edge, with its limits: …Create and …Update come in, …Out goes out."""

import re
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MAX_ID = 2**63 - 1  # what both databases keep in an id column
TITLE_MAX = 200  # characters
DESCRIPTION_MAX = 20_000  # characters
QUERY_MAX = 200  # characters of a search
PAGE_MAX = 1000  # things a page of a list

# NUL passes SQLite and fails PostgreSQL; a lone surrogate passes neither UTF-8 nor a browser.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def _storable(value: Any) -> Any:
    if isinstance(value, str) and UNSTORABLE.search(value):
        raise ValueError("must not contain NUL or lone surrogates")
    return value


def _blank_is_nothing(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


# The pattern only says so in the documents: a schema cannot speak of lone surrogates.
Text = Annotated[str, BeforeValidator(_storable), Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})]
Title = Annotated[
    Annotated[Text, Field(max_length=TITLE_MAX)] | None,
    BeforeValidator(_blank_is_nothing),
    Field(description="What the note is about, one line; blank counts as nothing.", examples=["Buy milk"]),
]
Description = Annotated[
    Annotated[Text, Field(max_length=DESCRIPTION_MAX)] | None,
    BeforeValidator(_blank_is_nothing),
    Field(
        description="The note's text, plain, with its line breaks; blank counts as nothing.", examples=["Two litres."]
    ),
]


class Incoming(BaseModel):
    """What a caller sends: no unknown fields, no silent conversion."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NoteCreate(Incoming):
    """A new note: a title, a description, or both."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "Buy milk", "description": "Two litres."}]},
    )

    title: Title = None
    description: Description = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.title is None and self.description is None:
            raise ValueError("A note needs a title or a description.")
        return self


class NoteUpdate(Incoming):
    """A change of a note: only the fields that are sent change."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"done": True}]})

    title: Title = None
    description: Description = None
    # None stands for "not sent"; an explicit null is refused, since a note is always done or not.
    done: Annotated[bool, Field(description="Whether it is ticked off.")] = False

    def changes(self) -> dict[str, Any]:
        """The fields that were sent, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Outgoing(BaseModel):
    """What the server sends."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class NoteOut(Outgoing):
    """A note as everybody sees it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "title": "Buy milk",
                    "description": "Two litres.",
                    "done": False,
                    "version": 1,
                    "created_at": "2026-01-31T09:30:00.000001Z",
                    "updated_at": "2026-01-31T09:30:00.000001Z",
                }
            ]
        }
    )

    id: int = Field(description="Grows with each note and is never used twice.", ge=1, le=MAX_ID)
    title: str | None = Field(description="What the note is about.", max_length=TITLE_MAX)
    description: str | None = Field(description="The note's text.", max_length=DESCRIPTION_MAX)
    done: bool = Field(description="Whether it is ticked off.")
    version: int = Field(description="1 at first, one more at each change.", ge=1)
    created_at: datetime = Field(description="UTC, RFC 3339.")
    updated_at: datetime = Field(description="UTC, RFC 3339.")


class NoteQuery(BaseModel):
    """Which notes of the board, and how many of them."""

    model_config = ConfigDict(extra="ignore")

    MAX_WORDS: ClassVar[int] = 20

    done: Literal["true", "false"] | None = Field(
        None, description="Only those that are ticked off, or only the others."
    )
    q: Annotated[Text, Field(max_length=QUERY_MAX)] | None = Field(
        None, description="Words that must all occur in title or description; upper and lower case are alike."
    )
    limit: int = Field(PAGE_MAX, ge=1, le=PAGE_MAX, description="Notes at most.")
    after_id: int = Field(
        0, ge=0, le=MAX_ID, description="Only notes with a greater id: the last id of the page before."
    )


class VersionOut(Outgoing):
    """What runs here."""

    version: str = Field(description="The version of Quart Notes.", examples=["0.1.0"])


class HealthOut(Outgoing):
    """How it is."""

    status: Literal["healthy", "unhealthy"] = Field(description="healthy, or unhealthy with status 503.")
    message: str = Field(description="One sentence for people.", examples=["The database answers."])


class FieldErrorOut(Outgoing):
    """What is wrong with one field."""

    field: str = Field(description="The field's name or path; empty for the whole.", examples=["title"])
    message: str = Field(description="What is wrong with it.", examples=["String should have at most 200 characters"])


class ProblemOut(Outgoing):
    """An error, as RFC 9457 problem details. Some carry further members, such as `note` with a stale version."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Always about:blank; `code` tells errors apart.", examples=["about:blank"])
    title: str = Field(description="The status' own phrase.", examples=["Not Found"])
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(description="What happened, for people.", examples=["Note 7 not found"])
    code: str = Field(description="What happened, for programs.", examples=["not_found"])
    errors: list[FieldErrorOut] = Field(description="One entry a field that is wrong.")


class FeedQuery(BaseModel):
    """What to hear of, and from where on."""

    model_config = ConfigDict(extra="ignore")

    topics: str | None = Field(
        None, description="Topics to hear of, separated by commas; all that are visible by default."
    )
    after: str | None = Field(
        None,
        description="Resume after this event id.",
        json_schema_extra={"pattern": r"^[0-9a-z]{1,16}-[0-9]{1,19}$"},  # only said here: garbage is answered 400
        examples=["3f9a01bc-42"],
    )
