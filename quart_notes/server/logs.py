"""How the log's lines look: text for people, or one JSON object a line for programs. On standard error."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from quart_notes.web.access_log_filter import concealed
from quart_notes.web.request_ids import CURRENT

FIELDS = "fields"  # of a record: further members of its object


class TextLines(logging.Formatter):
    """An event a line; with the name of the request that it belongs to, if there is one."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line, without what is said of an exception below it."""
        line, name = super().formatMessage(record), _request_id(record)
        return f"{line} [{name}]" if name else line


class JsonLines(logging.Formatter):
    """An object a line, all of it in printable ASCII, so that nothing in it begins a line or moves a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The object."""
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "level": record.levelname,
            "logger": record.name,
            "message": concealed(_message(record)),
            "pid": record.process,
        }
        if name := _request_id(record):
            said["request_id"] = name
        if record.exc_info and record.exc_info[0] is not None:
            said["exception"] = concealed(self.formatException(record.exc_info))
        if record.stack_info:
            said["stack"] = concealed(record.stack_info)
        said |= getattr(record, FIELDS, {})
        return json.dumps(said, default=str).replace("\x7f", "\\u007f")


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # its arguments do not fit: a line all the same
        return f"{record.msg} {record.args!r}"


def _request_id(record: logging.LogRecord) -> str:
    """The name that the record brings, else that of the request in which it was made."""
    return getattr(record, "request_id", "") or CURRENT.get()


def formatter(log_format: str) -> logging.Formatter:
    """What writes lines of that format: text or json."""
    return JsonLines() if log_format == "json" else TextLines()


def configure(log_format: str) -> None:
    """Have everything that is logged written so."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(log_format))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(log_format == "json")
