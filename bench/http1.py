"""HTTP/1.1 as bytes: builds requests, parses responses."""

import json
import re
from typing import NamedTuple
from urllib.parse import urlencode

HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked", re.IGNORECASE)
BODILESS = frozenset({204, 304})  # no body, whatever Content-Length says: RFC 9112 section 6.3


class Response(NamedTuple):
    """One complete response, and the bytes after it."""

    status: int
    head: bytes
    body: bytes
    rest: bytes

    def header(self, name: str) -> str:
        """The value of a header; KeyError if it is missing."""
        found = re.search(rb"\r\n%b:[ \t]*([^\r\n]*)" % re.escape(name.encode()), self.head, re.IGNORECASE)
        if found is None:
            raise KeyError(name)
        return found[1].decode("latin-1")


def get(path: str, headers: str = "") -> bytes:
    """A GET with keep-alive; `headers` are complete lines."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n".encode()


def post(path: str, value: object, headers: str = "") -> bytes:
    """A POST with keep-alive and `value` as JSON."""
    return _sending("POST", path, value, headers)


def patch(path: str, value: object, headers: str = "") -> bytes:
    """A PATCH with keep-alive and `value` as JSON."""
    return _sending("PATCH", path, value, headers)


def _sending(method: str, path: str, value: object, headers: str) -> bytes:
    body = json.dumps(value, separators=(",", ":")).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def form(path: str, fields: dict[str, str]) -> bytes:
    """A POST as an HTML form sends it."""
    body = urlencode(fields)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def head_of(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Status, head and the bytes after it; None while the head is incomplete."""
    end = data.find(HEAD_END)
    if end < 0:
        return None
    if not data.startswith(b"HTTP/1.1 "):
        raise ValueError(f"not an HTTP/1.1 response: {data[:40]!r}")
    return int(data[9:12]), data[: end + 2], data[end + 4 :]


def response(data: bytes) -> Response | None:
    """The response at the start of `data`; None while it is incomplete."""
    top = head_of(data)
    if top is None:
        return None
    status, head, after = top
    if status in BODILESS:
        return Response(status, head, b"", after)
    if length := LENGTH.search(head):
        size = int(length[1])
        return Response(status, head, after[:size], after[size:]) if len(after) >= size else None
    if not CHUNKED.search(head):
        return Response(status, head, b"", after)
    body, rest, ended = chunks(after)
    return Response(status, head, body, rest) if ended else None


def chunks(data: bytes) -> tuple[bytes, bytes, bool]:
    """The text of the complete chunks in `data`, the remaining bytes, and whether the last chunk was among them."""
    parts = []
    at = 0
    while (line := data.find(b"\r\n", at)) >= 0:
        size = int(data[at:line].partition(b";")[0], 16)
        end = line + 2 + size
        if len(data) < end + 2:
            break
        parts.append(data[line + 2 : end])
        at = end + 2
        if size == 0:
            return b"".join(parts), data[at:], True
    return b"".join(parts), data[at:], False
