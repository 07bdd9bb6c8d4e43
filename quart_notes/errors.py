"""All errors of callers, with their codes and statuses.

Raised anywhere, rendered once (`web/error_handlers.py`) as RFC 9457 problem details.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, NamedTuple, Self


class FieldError(NamedTuple):
    """An error of one field; `field` is a path such as `title` or `items.3.title`, or "" for the whole input."""

    field: str
    message: str


class ProblemError(Exception):
    """An error response (RFC 9457).

    code     stable, for programs; detail is for people and never contains an internal cause
    errors   one entry a field, for forms
    extra    further members of the problem, e.g. the current note of a stale edit
    headers  e.g. Allow or Retry-After
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})

    @classmethod
    def of_field(cls, field: str, message: str) -> Self:
        """The error with this message, for one field."""
        return cls(message, errors=[FieldError(field, message)])


class InvalidIfMatchError(ProblemError):
    """The If-Match header is not a list of entity tags."""

    status, code = 400, "invalid_if_match"


class InvalidJsonError(ProblemError):
    """The body is not one valid JSON document."""

    status, code = 400, "invalid_json"


class BadRequestError(ProblemError):
    """The request is malformed."""

    status, code = 400, "bad_request"


class InvalidEventIdError(ProblemError):
    """The event id is malformed."""

    status, code = 400, "invalid_event_id"


class WrongPasswordError(ProblemError):
    """Wrong nickname or password."""

    status, code = 401, "wrong_password"


class SignInRequiredError(ProblemError):
    """Nobody is signed in, or the session has ended."""

    status, code = 401, "sign_in_required"


class NotYoursError(ProblemError):
    """Only its author may change it."""

    status, code = 403, "not_yours"


class UnknownTopicError(ProblemError):
    """A topic that does not exist for this caller."""

    status, code = 403, "unknown_topic"


class ForbiddenError(ProblemError):
    """It exists, but this caller may not do this."""

    status, code = 403, "forbidden"


class CrossOriginError(ProblemError):
    """A page of another origin tried to change something or to subscribe."""

    status, code = 403, "cross_origin"


class NotFoundError(ProblemError):
    """It does not exist, for this caller."""

    status, code = 404, "not_found"


class MethodNotAllowedError(ProblemError):
    """The path exists; the method does not."""

    status, code = 405, "method_not_allowed"


class RequestTimedOutError(ProblemError):
    """The body did not arrive in time."""

    status, code = 408, "request_timeout"


class NobodyChosenError(ProblemError):
    """In open mode this needs a chosen user."""

    status, code = 409, "nobody_chosen"


class NicknameTakenError(ProblemError):
    """The nickname is taken."""

    status, code = 409, "nickname_taken"


class RoomNameTakenError(ProblemError):
    """The name of the room is taken."""

    status, code = 409, "room_name_taken"


class FixedRoomError(ProblemError):
    """The lobby and conversations cannot be changed."""

    status, code = 409, "fixed_room"


class RoomArchivedError(ProblemError):
    """The room is archived: nobody can write there."""

    status, code = 409, "room_archived"


class LabelNameTakenError(ProblemError):
    """The board has another label of this name."""

    status, code = 409, "label_name_taken"


class ClientKeyUsedError(ProblemError):
    """The client key was used with other content, or its object is deleted."""

    status, code = 409, "client_key_used"


class NotNowError(ProblemError):
    """The current state does not allow this."""

    status, code = 409, "not_now"


class LastOwnerError(ProblemError):
    """A board and a closed room need an owner."""

    status, code = 409, "last_owner"


class LastAdministratorError(ProblemError):
    """A server needs an administrator."""

    status, code = 409, "last_administrator"


class TaskMovedError(ProblemError):
    """The task is no longer where it was seen, and nowhere else for sure."""

    status, code = 409, "task_moved"


class PersonalBoardError(ProblemError):
    """A personal board is one person's own."""

    status, code = 409, "personal_board"


class InvitationGoneError(ProblemError):
    """The link was used up, revoked, or has expired."""

    status, code = 410, "invitation_gone"


class StaleVersionError(ProblemError):
    """The object has changed since."""

    status, code = 412, "stale_version"


class TooLargeError(ProblemError):
    """The body is larger than this route allows."""

    status, code = 413, "too_large"


class UnsupportedMediaTypeError(ProblemError):
    """The body is of another type than this route accepts."""

    status, code = 415, "unsupported_media_type"


class MisdirectedError(ProblemError):
    """The request was sent to a host name that is not this server's."""

    status, code = 421, "misdirected"


class ValidationFailedError(ProblemError):
    """The shape or the content of the input is wrong; `errors` says where."""

    status, code = 422, "validation_failed"


class TooManyAttemptsError(ProblemError):
    """Too many wrong passwords; wait."""

    status, code = 429, "too_many_attempts"


class OverloadedError(ProblemError):
    """Too many operations wait; try again soon."""

    status, code = 503, "overloaded"


class DatabaseUnavailableError(ProblemError):
    """The database does not answer; nothing was changed."""

    status, code = 503, "database_unavailable"


class StorageFullError(ProblemError):
    """The disk is full; nothing was changed."""

    status, code = 507, "storage_full"


def problem(
    status: int, code: str, detail: str, errors: Sequence[FieldError] = (), extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The body of an error response.

    source   RFC 9457; `type` is about:blank, so `title` is the status' own phrase
    """
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [{"field": error.field, "message": error.message} for error in errors],
        **(extra or {}),
    }


CATALOGUE: tuple[type[ProblemError], ...] = tuple(ProblemError.__subclasses__())
