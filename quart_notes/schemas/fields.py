"""The building blocks of the shapes: limits, types of text, ids, pages of a list."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from typing_extensions import TypeAliasType

from quart_notes.schemas.text import is_blank

MAX_ID = 2**63 - 1  # what both databases keep in an id column
QUERY_MAX = 200  # characters of a search
PAGE_MAX = 1000  # objects on a page of a list
# NUL passes SQLite and fails PostgreSQL; a lone surrogate passes neither UTF-8 nor a browser.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
LINE_BREAKERS = frozenset({"Cc", "Zl", "Zp"})  # Unicode categories: control characters and separators of lines


def _is_unstorable(text: str) -> bool:
    return "\0" in text or (not text.isascii() and UNSTORABLE.search(text) is not None)


def _storable(value: Any) -> Any:
    if isinstance(value, str) and _is_unstorable(value):
        raise ValueError("must not contain NUL or lone surrogates")
    return value


def _one_line(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if any(unicodedata.category(character) in LINE_BREAKERS for character in value):
        raise ValueError("must be one line")
    if is_blank(value):
        raise ValueError("This cannot be empty.")
    return unicodedata.normalize("NFC", value.strip())


def _digits(value: Any) -> Any:
    # An HTML form sends numbers as text.
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value) else value


# The pattern is for the documents only: a schema cannot express lone surrogates.
Text = Annotated[str, BeforeValidator(_storable), Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})]
SingleLine = Annotated[Text, BeforeValidator(_one_line), Field(min_length=1)]
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
IdOrDigits = Annotated[
    Id,
    BeforeValidator(_digits, json_schema_input_type=int | Annotated[str, Field(pattern="^[0-9]{1,19}$")]),
    Field(examples=[1]),
]
# An alias by name is one schema in the documents, to which the bodies refer.
ClientKey = TypeAliasType(
    "ClientKey",
    Annotated[
        str | None,
        Field(
            min_length=8,
            max_length=64,
            pattern=r"^[A-Za-z0-9_-]{8,64}$",
            description="New for each thing: sent again with it, nothing is made twice.",
            examples=["b1946ac9-2492-4d23"],
        ),
    ],
)

Colour = TypeAliasType(
    "Colour",
    Literal["none", "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown", "grey"],
)
COLOURS: tuple[str, ...] = get_args(Colour.__value__)
NO_COLOUR: Colour = "none"

BoardTick = TypeAliasType("BoardTick", Literal["notes", "checklists"])
EACH_NOTE: BoardTick = "notes"


class InputModel(BaseModel):
    """A body: unknown fields are refused, values are not converted silently. Queries are models without both rules."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def changes(self) -> dict[str, Any]:
        """The fields that were sent, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class OutputModel(BaseModel):
    """Output of the server."""

    # Built at first use: a start takes 30 ms less. Input is not: quart-schema would build it again for each request.
    model_config = ConfigDict(from_attributes=True, frozen=True, defer_build=True)

    @property
    def json_bytes(self) -> bytes:
        """It as JSON, UTF-8: encoded once for its event and its response."""
        # Not a cached_property, whose lock costs as much as half of the encoding. pydantic ignores the entry.
        encoded: bytes | None = self.__dict__.get("json_bytes")
        if encoded is None:
            encoded = self.__dict__["json_bytes"] = self.__pydantic_serializer__.to_json(self)
        return encoded

    @classmethod
    def of_valid(cls, values: Mapping[str, Any]) -> Self:
        """One with these values of all its fields, without a check: they were checked before.

        It is encoded in the order of the fields. `model_construct` takes four times as long, and a check twice as long.
        """
        made, fields = cls.__new__(cls), cls.__pydantic_fields__
        object.__setattr__(made, "__dict__", {name: values[name] for name in fields})
        object.__setattr__(made, "__pydantic_fields_set__", set(fields))
        object.__setattr__(made, "__pydantic_extra__", None)
        object.__setattr__(made, "__pydantic_private__", None)
        return made

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy; it may have other values, so it is encoded again."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("json_bytes", None)
        return copied


class PageQuery(BaseModel):
    """A page of a list, by id ascending."""

    limit: int = Field(PAGE_MAX, ge=1, le=PAGE_MAX, description="Things at most.")
    after_id: int = Field(
        0, ge=0, le=MAX_ID, description="Only those with a greater id: the last id of the page before."
    )
