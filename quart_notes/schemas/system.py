"""The shapes of the system: version, health, errors, the feed's query."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from quart_notes.schemas.fields import Id, OutputModel


class VersionOut(OutputModel):
    """The version of the server."""

    model_config = ConfigDict(defer_build=False)  # quart-schema encodes it

    version: str = Field(description="The version of Quart Notes.", examples=["0.1.0"])


class HealthOut(OutputModel):
    """The state of the server."""

    model_config = ConfigDict(defer_build=False)  # quart-schema encodes it

    status: Literal["healthy", "unhealthy"] = Field(description="healthy, or unhealthy with status 503.")
    message: str = Field(description="One sentence for people.", examples=["The database answers."])


class FieldErrorOut(OutputModel):
    """An error of one field."""

    field: str = Field(description="The field's name or path; empty for the whole.", examples=["title"])
    message: str = Field(description="What is wrong with it.", examples=["String should have at most 200 characters"])


class ProblemOut(OutputModel):
    """An error, as RFC 9457 problem details. Some carry further members, such as `note` with a stale version."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Always about:blank; `code` tells errors apart.", examples=["about:blank"])
    title: str = Field(description="The status' own phrase.", examples=["Not Found"])
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(description="What happened, for people.", examples=["Note 7 not found"])
    code: str = Field(description="What happened, for programs.", examples=["not_found"])
    errors: list[FieldErrorOut] = Field(description="One entry a field that is wrong.")
    request_id: str = Field(
        "",
        description="With a status of 500 and above: what X-Request-Id says, by which the server's log is searched.",
        examples=["3f9a01bc-42"],
    )


class FeedQuery(BaseModel):
    """The topics of a subscription, and the event after which it starts."""

    topics: str | None = Field(
        None, description="Topics to subscribe to, separated by commas; by default all visible ones."
    )
    after: str | None = Field(
        None,
        description="Resume after this event id.",
        json_schema_extra={"pattern": r"^[0-9a-z]{1,16}-[0-9]{1,19}$"},  # for the document only: an invalid id gets 400
        examples=["3f9a01bc-42"],
    )
    person: Id | None = Field(
        None,
        description="The subscribing user: their own topic is included, and they are present in the rooms named.",
    )
