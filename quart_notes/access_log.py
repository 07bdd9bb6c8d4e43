"""An access log whose lines cannot be forged, whichever way hypercorn was started."""

import logging

LOGGER = "hypercorn.access"


class EscapeControls(logging.Filter):
    """Writes control characters as escapes: hypercorn logs the decoded path, and `%0d%0a` would begin a new line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the message by its escaped form."""
        record.msg = escaped(record.getMessage())
        record.args = None
        return True


def escaped(text: str) -> str:
    """`text` with everything that is not printable written as an escape."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def protect() -> None:
    """Put the filter in place, once."""
    logger = logging.getLogger(LOGGER)
    if not any(isinstance(present, EscapeControls) for present in logger.filters):
        logger.addFilter(EscapeControls())
