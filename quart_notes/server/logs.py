"""Formats of the log: text for people, or one JSON object a line for programs. On standard error."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from quart_notes.web.access_log_filter import redact
from quart_notes.web.request_ids import CURRENT

FIELDS = "fields"  # of a record: further members of its object


class TextLines(logging.Formatter):
    """One event a line, with the id of its request, if there is one."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line, without the traceback below it."""
        line, name = super().formatMessage(record), _request_id(record)
        return f"{line} [{name}]" if name else line


class JsonLines(logging.Formatter):
    """One object a line, in printable ASCII, so that nothing in it starts a line or moves a terminal's cursor."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "level": record.levelname,
            "logger": record.name,
            "message": redact(_message(record)),
            "pid": record.process,
        }
        if name := _request_id(record):
            entry["request_id"] = name
        if record.exc_info and record.exc_info[0] is not None:
            entry["exception"] = redact(self.formatException(record.exc_info))
        if record.stack_info:
            entry["stack"] = redact(record.stack_info)
        entry |= getattr(record, FIELDS, {})
        return json.dumps(entry, default=str).replace("\x7f", "\\u007f")


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # its arguments do not fit its format: log a line anyway
        return f"{record.msg} {record.args!r}"


def _request_id(record: logging.LogRecord) -> str:
    """The record's request id, or that of the request in which it was made."""
    return getattr(record, "request_id", "") or CURRENT.get()


def formatter(log_format: str) -> logging.Formatter:
    """The formatter of a log format: text or json."""
    return JsonLines() if log_format == "json" else TextLines()


def configure(log_format: str) -> None:
    """Use the formatter for all logs."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(log_format))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(log_format == "json")
