"""The SQL statements of requests, recorded from Tortoise's log."""

import asyncio
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager


class _Statements(logging.Handler):
    """The SQL statements of requests, without their values."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Record a statement; those of the follower are not part of a request."""
        task = asyncio.current_task()
        if task is None or task.get_name() != "follower":
            said = record.args[0] if isinstance(record.args, tuple) and record.args else record.msg
            self.found.append(re.sub(r"\d+", "#", str(said)))


@contextmanager
def recorded_statements() -> Iterator[list[str]]:
    """The SQL statements that requests run in this block, without their values."""
    logger, heard = logging.getLogger("tortoise.db_client"), _Statements()
    level = logger.level
    logger.addHandler(heard)
    logger.setLevel(logging.DEBUG)
    try:
        yield heard.found
    finally:
        logger.removeHandler(heard)
        logger.setLevel(level)
