"""Error responses (RFC 9457) to requests that never reach the application."""

from quart_notes.errors import problem
from quart_notes.schemas.strict_json import dump
from quart_notes.web.request_ids import HEADER, single


def problem_headers(body: bytes) -> list[tuple[bytes, bytes]]:
    """The headers of a problem after which the connection closes."""
    return [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]


def raw_problem_response(status: int, code: str, detail: str) -> bytes:
    """A problem as the bytes of a whole HTTP/1.1 response."""
    body = dump(problem(status, code, detail))
    head = [b"HTTP/1.1 %d Service Unavailable" % status, b"retry-after: 2"]
    head += [name + b": " + value for name, value in [*problem_headers(body), (HEADER, single())]]
    return b"\r\n".join(head) + b"\r\n\r\n" + body
