"""Escapes the values of the access log, so that no client can forge a line, however hypercorn was started."""

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

LOGGER = "hypercorn.access"
# The secret of an invitation link. It also occurs in `next=`, where a client may encode the / as %2F.
SECRET_PATH = re.compile(r"((?:/|%2F)front(?:/|%2F)join(?:/|%2F))[^\s?&\"]+", re.IGNORECASE)


class EscapeLogValues(logging.Filter):
    """Escapes what a client sent: hypercorn logs the decoded path.

    `%0d%0a` would start a new line, and `%22` a new field. Secrets in addresses are left out.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the record's values with escaped ones."""
        if isinstance(record.args, Mapping):
            record.args = _EscapedValues(record.args)
        return True


class _EscapedValues(Mapping[str, Any]):
    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Any:
        value = self._values[name]
        return escape(redact(value)) if isinstance(value, str) else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def redact(text: str) -> str:
    """`text` without the secrets of addresses."""
    return SECRET_PATH.sub(r"\1…", text)


def escape(text: str) -> str:
    """`text` with quotes, backslashes and everything that is not printable as escapes."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return text
    return "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def install_filter() -> None:
    """Install the filter, once."""
    logger = logging.getLogger(LOGGER)
    if not any(isinstance(present, EscapeLogValues) for present in logger.filters):
        logger.addFilter(EscapeLogValues())
