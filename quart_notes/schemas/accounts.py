"""The shapes of access: sign-in, sessions, invitations, API tokens."""

import unicodedata
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from quart_notes.schemas.boards import Role
from quart_notes.schemas.examples import MOMENT, USER, example
from quart_notes.schemas.fields import MAX_ID, ClientKey, Id, IdOrDigits, InputModel, OutputModel, SingleLine, Text
from quart_notes.schemas.users import NAME_MAX, Email, Name, Nickname, ServerRole, UserOut

PASSWORD_MIN = 8  # characters
PASSWORD_MAX = 256  # characters: a longer one only costs time to hash
AGENT_MAX = 200  # characters stored of a browser's own name
INVITATION_DAYS = 7  # default lifetime of an invitation
USES_MAX = 100  # people who may use one link
TOKEN_DAYS_MAX = 3650


def _nfc(value: Any) -> Any:
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _not_too_long(value: str) -> str:
    # Kept as typed, for old hashes; counted in the form in which it was set.
    if len(_nfc(value)) > PASSWORD_MAX:
        raise ValueError(f"must have at most {PASSWORD_MAX} characters")
    return value


# A password is the same from every keyboard: some send é as one character, some as two.
Password = Annotated[
    Text,
    BeforeValidator(_nfc),
    Field(
        min_length=PASSWORD_MIN,
        max_length=PASSWORD_MAX,
        description="At least 8 characters. A few words are easy to remember and hard to guess.",
        examples=["correct horse battery"],
    ),
]
GivenPassword = Annotated[
    Text,
    AfterValidator(_not_too_long),
    Field(
        description="The password.",
        examples=["correct horse battery"],
        json_schema_extra={"maxLength": PASSWORD_MAX},
    ),
]
Scope = Literal["read", "write"]


class SignIn(InputModel):
    """A request to sign in."""

    model_config = example({"nickname": "ada", "password": "correct horse battery"})

    nickname: Annotated[Text, Field(max_length=NAME_MAX, description="The nickname.", examples=["ada"])]
    password: GivenPassword


class PasswordChange(InputModel):
    """A new password for the caller."""

    model_config = example({"current": "correct horse battery", "new": "staple wrong horse"})

    current: GivenPassword
    new: Password


class Arrival(InputModel):
    """A new user who registers with an invitation."""

    name: Name
    email: Email | None = None
    nickname: Nickname
    password: Password


class Claim(InputModel):
    """A password that an existing user sets with a link."""

    user_id: IdOrDigits | None = Field(None, description="Who it is, when the link does not say.")
    password: Password


class InvitationCreate(InputModel):
    """A new link: for anybody, or for one existing user without a password."""

    model_config = example({"uses": 5, "days": 7})

    uses: int = Field(1, ge=1, le=USES_MAX, description="How many people it may bring.")
    days: int = Field(INVITATION_DAYS, ge=1, le=90, description="How long it is valid, in days.")
    user_id: Id | None = Field(None, description="Who is to set a password with it; administrators only.")
    board_id: Id | None = Field(None, description="A board that they join on arrival; its owners only.")
    role: Role | None = Field(None, description="As what they join it.")
    joins_as: ServerRole | None = Field(
        None, description="What a new person becomes; null: with a board a guest, otherwise a member of the server."
    )
    client_key: ClientKey = None

    @model_validator(mode="after")
    def _board_and_role(self) -> Self:
        if (self.board_id is None) != (self.role is None):
            raise ValueError("board_id and role go together")
        return self

    @model_validator(mode="after")
    def _newcomer(self) -> Self:
        if self.user_id is not None and self.joins_as is not None:
            raise ValueError("user_id and joins_as exclude each other: the person is there already")
        if self.joins_as == "guest" and self.board_id is None:
            raise ValueError("a guest comes to a board: joins_as needs board_id")
        return self

    @property
    def newcomer(self) -> ServerRole | None:
        """What a new person becomes; None: the link is for one who is there already."""
        if self.user_id is not None:
            return None
        return self.joins_as or ("member" if self.board_id is None else "guest")


INVITATION: dict[str, Any] = {
    "id": 2,
    "kind": "person",
    "user_id": None,
    "inviter_id": 3,
    "board_id": None,
    "role": None,
    "joins_as": "member",
    "uses_left": 5,
    "created_at": MOMENT,
    "expires_at": "2026-02-07T09:30:00.000001Z",
}


class InvitationOut(OutputModel):
    """An invitation, without its link: only a hash of that is stored."""

    model_config = example(INVITATION)

    id: int = Field(description="Its number.", ge=1, le=MAX_ID)
    kind: Literal["setup", "person", "claim"] = Field(
        description="person: for anybody; claim: for one person; setup: for the first administrator."
    )
    user_id: int | None = Field(description="Whom a claim is for.")
    inviter_id: int | None = Field(description="Who made it; null for the server itself.")
    board_id: int | None = Field(description="The board that is joined with it.")
    role: Role | None = Field(description="As what.")
    joins_as: ServerRole | None = Field(description="What a new person becomes; null for a claim.")
    uses_left: int = Field(description="How many people it may still bring.", ge=0)
    created_at: datetime = Field(description="UTC, RFC 3339.")
    expires_at: datetime = Field(description="UTC, RFC 3339.")


class NewInvitationOut(InvitationOut):
    """A new invitation with its link, which is shown only here."""

    model_config = example({**INVITATION, "link": "http://127.0.0.1:8000/front/join/kT3nb0rQ"})

    link: str = Field(description="What to send to them.")


class SessionOut(OutputModel):
    """A signed-in browser."""

    model_config = example(
        {
            "id": 4,
            "current": True,
            "agent": "Firefox",
            "address": "192.0.2.7",
            "created_at": MOMENT,
            "seen_at": MOMENT,
            "expires_at": "2027-01-31T09:30:00.000001Z",
        }
    )

    id: int = Field(description="Its number.", ge=1, le=MAX_ID)
    current: bool = Field(description="Whether it is the one that asks.")
    agent: str = Field(description="What the browser calls itself.", max_length=AGENT_MAX)
    address: str = Field(description="Where it signed in from.")
    created_at: datetime = Field(description="UTC, RFC 3339.")
    seen_at: datetime = Field(description="When it was last used, to the hour: UTC, RFC 3339.")
    expires_at: datetime = Field(description="UTC, RFC 3339.")


class TokenCreate(InputModel):
    """A new API token."""

    model_config = example({"name": "backup script", "scope": "read", "days": 90})

    name: Annotated[SingleLine, Field(max_length=NAME_MAX, description="What it is for.", examples=["backup script"])]
    scope: Scope = Field("read", description="read: may look; write: may change too.")
    days: int | None = Field(90, ge=1, le=TOKEN_DAYS_MAX, description="How long it is valid, in days; null: for good.")
    client_key: ClientKey = None


TOKEN: dict[str, Any] = {
    "id": 5,
    "name": "backup script",
    "scope": "read",
    "created_at": MOMENT,
    "expires_at": "2026-05-01T09:30:00.000001Z",
    "used_at": None,
}


class TokenOut(OutputModel):
    """An API token, without its secret: only a hash of that is stored."""

    model_config = example(TOKEN)

    id: int = Field(description="Its number.", ge=1, le=MAX_ID)
    name: str = Field(description="What it is for.", max_length=NAME_MAX)
    scope: Scope = Field(description="read: may look; write: may change too.")
    created_at: datetime = Field(description="UTC, RFC 3339.")
    expires_at: datetime | None = Field(description="UTC, RFC 3339; null: never.")
    used_at: datetime | None = Field(description="When it was last used, to the minute: UTC, RFC 3339.")


class NewTokenOut(TokenOut):
    """A new token with its secret, which is shown only here."""

    model_config = example({**TOKEN, "token": "qn_kT3nb0rQ"})

    token: str = Field(description="What the program sends: Authorization: Bearer qn_….")


class MeOut(OutputModel):
    """The caller."""

    model_config = example({"user": USER, "admin": False, "board_id": 1, "mode": "accounts"})

    user: UserOut | None = Field(description="Who it is; null in open mode when nobody was chosen.")
    admin: bool = Field(description="Whether they may add people, and let others set a new password.")
    board_id: int = Field(description="Which board is open.", ge=1, le=MAX_ID)
    mode: Literal["open", "accounts"] = Field(description="open: no sign-in, everybody is who they choose to be.")
