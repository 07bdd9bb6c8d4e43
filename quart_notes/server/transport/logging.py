"""Merges hypercorn's log into ours: each line once, in the same format; the access log at any level of the rest."""

import logging
from typing import Any

from hypercorn.config import Config
from hypercorn.logging import Logger
from hypercorn.typing import ResponseSummary, WWWScope

from quart_notes.server.logs import FIELDS, formatter
from quart_notes.web.access_log_filter import redact
from quart_notes.web.request_ids import HEADER, SCOPE_NAME


class TextLog(Logger):
    """Lines for people; the access log in hypercorn's format."""

    log_format = "text"

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        if self.error_logger is not None:
            self.error_logger.propagate = False
            for handler in self.error_logger.handlers:
                handler.setFormatter(formatter(self.log_format))
        if self.access_logger is not None:
            self.access_logger.setLevel(logging.INFO)

    async def info(self, message: str, *args: Any, **kwargs: Any) -> None:
        """Leave out the address: the server prints it."""


class JsonLog(TextLog):
    """Objects for programs, the access log too."""

    log_format = "json"

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        if self.access_logger is not None:
            for handler in self.access_logger.handlers:
                handler.setFormatter(formatter(self.log_format))

    async def access(self, request: WWWScope, response: ResponseSummary, request_time: float) -> None:
        """Log a request and its response."""
        if self.access_logger is not None:
            fields = _fields(request, response, request_time)
            self.access_logger.info("%s %s", fields["method"], fields["path"], extra={FIELDS: fields})


def _fields(request: Any, response: Any, seconds: float) -> dict[str, Any]:
    """The logged members of a request; neither its query nor a header that its client made up."""
    headers = dict(response.get("headers", ())) if response else {}
    length, name = headers.get(b"content-length"), request.get(SCOPE_NAME) or headers.get(HEADER, b"")
    return {
        "method": request.get("method", "GET"),  # of a websocket
        "path": redact(request["path"]),
        "status": response and response["status"],
        "bytes": None if length is None else int(length),  # unknown for a stream
        "seconds": round(seconds, 6),
        "client": (request.get("client") or [None])[0],
        "request_id": name.decode(),
    }
