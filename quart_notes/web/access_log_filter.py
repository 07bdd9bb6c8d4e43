"""An access log whose lines cannot be forged, whichever way hypercorn was started."""

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

LOGGER = "hypercorn.access"
# The link of an invitation lets somebody in. It also stands behind `next=`, where a client may write the / as %2F.
SECRET_PATH = re.compile(r"((?:/|%2F)front(?:/|%2F)join(?:/|%2F))[^\s?&\"]+", re.IGNORECASE)


class EscapeValues(logging.Filter):
    """Writes what a client sent with escapes: hypercorn logs the decoded path.

    `%0d%0a` would begin a new line, and `%22` a new field. Secrets that stand in an address are left out.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Have the record's values written in their escaped form."""
        if isinstance(record.args, Mapping):
            record.args = _Escaped(record.args)
        return True


class _Escaped(Mapping[str, Any]):
    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Any:
        value = self._values[name]
        return escaped(concealed(value)) if isinstance(value, str) else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def concealed(text: str) -> str:
    """`text` without the secrets that stand in addresses."""
    return SECRET_PATH.sub(r"\1…", text)


def escaped(text: str) -> str:
    """`text` with quotes, backslashes and everything that is not printable written as escapes."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return text
    return "".join(
        "\\" + character
        if character in '"\\'
        else character
        if character.isprintable()
        else character.encode("unicode_escape").decode()
        for character in text
    )


def protect() -> None:
    """Put the filter in place, once."""
    logger = logging.getLogger(LOGGER)
    if not any(isinstance(present, EscapeValues) for present in logger.filters):
        logger.addFilter(EscapeValues())
