"""A note as it comes in from a file, checked like one that is typed."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from quart_notes.schemas.moments import Moment
from quart_notes.schemas.notes import ORIGIN_MAX, NoteState

NOT_UTF8 = re.compile("[\udc80-\udcff]")  # stand for bytes that are not UTF-8 (surrogateescape)


class BadEntryError(ValueError):
    """An entry that cannot come in; the message says why."""


# What our own exports name entries by: an event epoch and a note, or what an entry says.
OWN_ORIGIN = re.compile(r"[0-9a-f]{8}/[1-9][0-9]{0,18}|sha256:[0-9a-f]{40}#[1-9][0-9]{0,18}")
Origin = Annotated[str, Field(max_length=ORIGIN_MAX, pattern=rf"^(?:{OWN_ORIGIN.pattern})$")]


class ImportedNote(NoteState):
    """A note of a file.

    origin   where it came from first, if the file says so: an origin is imported once
    """

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    created_at: Moment = None
    updated_at: Moment = None
    done_at: Moment = None
    archived: bool = False
    archived_at: Moment = None
    origin: Origin | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.title is None and self.description is None:
            raise ValueError("is empty: it has neither a title nor a text")
        return self

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """The entry that these values make; BadEntryError, in words for people, when they make none."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise BadEntryError(_why(error)) from None


def _why(error: ValidationError) -> str:
    item: Any = error.errors(include_url=False)[0]
    field = ".".join(map(str, item["loc"]))
    value = item["input"]
    if item["type"].endswith("too_long"):
        reason = f"has more than {item['ctx']['max_length']:,} characters"
    elif isinstance(value, str) and NOT_UTF8.search(value):
        reason = "is not UTF-8"
    else:
        reason = str(item["msg"]).removeprefix("Value error, ")
    return f"{field}: {reason}" if field else reason
