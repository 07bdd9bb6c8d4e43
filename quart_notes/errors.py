"""The error family: everything that can go wrong for a caller, with its code and status.

Raised anywhere, rendered once at the edge (`web/error_handlers.py`) as RFC 9457 problem details.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, NamedTuple


class FieldError(NamedTuple):
    """What is wrong with one field; `field` is a path such as `title` or `items.3.title`, or "" for the whole."""

    field: str
    message: str


class ProblemError(Exception):
    """An answer that is not what the caller hoped for.

    code     stable, for programs; detail is for people and never contains a cause from inside
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


class InvalidIfMatchError(ProblemError):
    """The If-Match header is not a list of entity tags."""

    status, code = 400, "invalid_if_match"


class InvalidJsonError(ProblemError):
    """The body is not one clean JSON document."""

    status, code = 400, "invalid_json"


class BadRequestError(ProblemError):
    """The request itself makes no sense."""

    status, code = 400, "bad_request"


class InvalidEventIdError(ProblemError):
    """What was sent as an event id was never one."""

    status, code = 400, "invalid_event_id"


class WrongPasswordError(ProblemError):
    """Wrong nickname or password."""

    status, code = 401, "wrong_password"


class SignInRequiredError(ProblemError):
    """Nobody is signed in, or no longer."""

    status, code = 401, "sign_in_required"


class NotYoursError(ProblemError):
    """Only its author may change it."""

    status, code = 403, "not_yours"


class UnknownTopicError(ProblemError):
    """A topic that does not exist for this caller."""

    status, code = 403, "unknown_topic"


class ForbiddenError(ProblemError):
    """It is there, and it is not for this caller to do."""

    status, code = 403, "forbidden"


class CrossOriginError(ProblemError):
    """A page of another origin tried to change or to listen."""

    status, code = 403, "cross_origin"


class NotFoundError(ProblemError):
    """There is no such thing, for this caller."""

    status, code = 404, "not_found"


class MethodNotAllowedError(ProblemError):
    """The path exists; the method does not."""

    status, code = 405, "method_not_allowed"


class RequestTimedOutError(ProblemError):
    """The body did not arrive in time."""

    status, code = 408, "request_timeout"


class NobodyChosenError(ProblemError):
    """In open mode somebody has to say who they are before this makes sense."""

    status, code = 409, "nobody_chosen"


class NicknameTakenError(ProblemError):
    """Somebody goes by that nickname already."""

    status, code = 409, "nickname_taken"


class RoomNameTakenError(ProblemError):
    """There is a room of that name already."""

    status, code = 409, "room_name_taken"


class ClientKeyUsedError(ProblemError):
    """The client key has made something else already, or what it made is gone."""

    status, code = 409, "client_key_used"


class NotNowError(ProblemError):
    """As it stands now, this cannot be done."""

    status, code = 409, "not_now"


class LastOwnerError(ProblemError):
    """A board needs an owner."""

    status, code = 409, "last_owner"


class LastAdministratorError(ProblemError):
    """A server needs an administrator."""

    status, code = 409, "last_administrator"


class PersonalBoardError(ProblemError):
    """A personal board is one person's own."""

    status, code = 409, "personal_board"


class InvitationGoneError(ProblemError):
    """The link was used up, taken back, or is too old."""

    status, code = 410, "invitation_gone"


class StaleVersionError(ProblemError):
    """Somebody changed it first."""

    status, code = 412, "stale_version"


class TooLargeError(ProblemError):
    """The body is larger than this route takes."""

    status, code = 413, "too_large"


class UnsupportedMediaTypeError(ProblemError):
    """The body is of another type than this route reads."""

    status, code = 415, "unsupported_media_type"


class MisdirectedError(ProblemError):
    """It was sent by a name by which this server does not answer."""

    status, code = 421, "misdirected"


class ValidationFailedError(ProblemError):
    """The shape or the content of the input is wrong; `errors` says where."""

    status, code = 422, "validation_failed"


class TooManyAttemptsError(ProblemError):
    """Too many wrong passwords; wait."""

    status, code = 429, "too_many_attempts"


class OverloadedError(ProblemError):
    """More is waiting than can be kept; come back soon."""

    status, code = 503, "overloaded"


class DatabaseUnavailableError(ProblemError):
    """The database does not answer; nothing was changed."""

    status, code = 503, "database_unavailable"


class StorageFullError(ProblemError):
    """There is no room left to keep the change; nothing was changed."""

    status, code = 507, "storage_full"


def problem(
    status: int, code: str, detail: str, errors: Sequence[FieldError] = (), extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The body of an error answer.

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
