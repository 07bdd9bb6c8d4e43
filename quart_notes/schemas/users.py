"""The shapes of users."""

import re
import unicodedata
from operator import not_
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from quart_notes.schemas.examples import USER, example
from quart_notes.schemas.fields import MAX_ID, ClientKey, InputModel, OutputModel, SingleLine
from quart_notes.schemas.text import IGNORABLE, JOINERS, without_marks

NAME_MAX = 100  # characters of a user's name
EMAIL_MAX = 254  # characters, RFC 5321
NICKNAME_MAX = 32  # characters
# What browsers accept as an e-mail address, in any script.
# source   https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
LABEL = r"[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?"
EMAIL = re.compile(rf"[\w.!#$%&'*+/=?^`{{|}}~-]+@{LABEL}(?:\.{LABEL})*")


def _email(value: str) -> str:
    if IGNORABLE.search(value) or not EMAIL.fullmatch(without_marks(value)):
        raise ValueError("Enter an e-mail address, such as ada@example.org.")
    return value


def _nickname(value: str) -> str:
    # The comparison key too: a single character can expand to words with blanks in between.
    for text in (value, unicodedata.normalize("NFKC", value)):
        for character in without_marks(text):
            seen = unicodedata.category(character)[0] in {"L", "N"} and not IGNORABLE.match(character)
            if not (seen or character in "_.-") or any(joiner in text for joiner in JOINERS):
                raise ValueError("Use only letters, digits, _ . and -.")
    return value


Name = Annotated[
    SingleLine,
    Field(max_length=NAME_MAX, description="What the person is called, one line.", examples=["Ada Lovelace"]),
]
Email = Annotated[
    SingleLine,
    AfterValidator(_email),
    Field(max_length=EMAIL_MAX, description="Where to write to them.", examples=["ada@example.org"]),
]
Nickname = Annotated[
    SingleLine,
    AfterValidator(_nickname),
    Field(
        max_length=NICKNAME_MAX,
        description="Unique, whatever the case and the width of its letters; letters, digits, _ . and -.",
        examples=["ada"],
        json_schema_extra={"pattern": r"^[\w.-]+$"},
    ),
]


class UserCreate(InputModel):
    """A new user."""

    model_config = example({name: USER[name] for name in USER if name != "id"})

    name: Name
    email: Email | None = Field(description="Where to write to them; null: nobody knows.")
    nickname: Nickname
    client_key: ClientKey = None


class ProfileUpdate(InputModel):
    """Changes of the caller's profile: only the fields that are sent."""

    model_config = example({"nickname": "countess", "email": None})

    # An empty value means "not sent"; null is refused for required fields.
    name: Name = Field(default_factory=str)
    email: Email | None = Field(None, description="Where to write to you; null: nobody knows.")
    nickname: Nickname = Field(default_factory=str)


ServerRole = Literal["guest", "member"]  # a member of the server sees what is everybody's; a guest does not


class UserOut(OutputModel):
    """A user. In accounts mode only they themselves and administrators see the e-mail address."""

    model_config = example(USER)

    id: int = Field(description="Grows with each person and is never used twice.", ge=1, le=MAX_ID)
    name: str = Field(description="What the person is called.", max_length=NAME_MAX)
    email: str | None = Field(
        description="Where to write to them; null when it is not known, or not shown to the caller.",
        max_length=EMAIL_MAX,
    )
    nickname: str = Field(description="What they go by here; unique.", max_length=NICKNAME_MAX)
    deactivated: bool = Field(
        False, exclude_if=not_, description="Whether they cannot sign in any more; only there when it is so."
    )
    guest: bool = Field(
        False,
        exclude_if=not_,
        description="Whether they are a guest, no member of the server; only there when it is so.",
    )
    admin: bool = Field(
        False,
        exclude_if=not_,
        description="Whether they administer the server; only there when so, where people themselves are asked for.",
    )
