"""Watches files, and classifies their changes."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from watchfiles import awatch

STEP_MS = 50  # milliseconds of silence that end a burst of changes: editors save in several steps
LONGEST_MS = 1600  # milliseconds of the longest burst
LEFTOVERS = ("~", ".swp", ".swx", ".tmp", ".bak", ".orig")  # endings of editors' temporary files
SCRIPTS = (".js", ".mjs")

log = logging.getLogger(__name__)


class ChangeKind(StrEnum):
    """The reaction to a change."""

    CODE = "code"  # start a new server
    PAGE = "page"  # reload the pages
    STYLE = "style"  # style sheets and images: swap them in place


@dataclass(frozen=True)
class WatchedFiles:
    """The watched files.

    package     folder of `.py` files, at any depth
    templates   and `static`: all files in them, at any depth
    settings    single files, which may be missing
    """

    package: Path
    templates: Path
    static: Path
    settings: frozenset[Path]

    def kind(self, path: str) -> ChangeKind | None:
        """The meaning of a change to that file; None if it has none."""
        file = Path(path)
        if file in self.settings:
            return ChangeKind.CODE
        if file.name.startswith(".") or file.name.endswith(LEFTOVERS) or "__pycache__" in file.parts:
            return None
        # A new folder is reported, but not always the files in it.
        folder = file.is_dir()
        if file.is_relative_to(self.static):
            return ChangeKind.PAGE if folder or file.suffix in SCRIPTS else ChangeKind.STYLE if file.suffix else None
        if file.is_relative_to(self.templates):
            return ChangeKind.PAGE if folder or file.suffix else None
        if file.is_relative_to(self.package):
            return ChangeKind.CODE if folder or file.suffix == ".py" else None
        return None

    def folders(self) -> dict[bool, list[Path]]:
        """Folders to watch: with all that is in them (True), and for their own files alone (False).

        Never a single file: an editor that replaces it would end the watch.
        """
        roots = {self.package, self.templates, self.static}
        deep = {root for root in roots if not any(root.is_relative_to(other) for other in roots - {root})}
        flat = {file.parent for file in self.settings if file.parent.is_dir()}
        return {True: sorted(deep), False: sorted(flat)}


Act = Callable[[Mapping[Path, ChangeKind]], None]


@asynccontextmanager
async def watch_files(watched: WatchedFiles, act: Act) -> AsyncGenerator[None, None]:
    """Call `act` after each burst with the changes that matter."""
    stopping = asyncio.Event()
    groups = watched.folders().items()
    tasks = [asyncio.create_task(_watch(watched, act, stopping, deep, group)) for deep, group in groups]
    await asyncio.sleep(0)  # each watches from its first step on
    try:
        yield
    finally:
        stopping.set()  # before they are cancelled: a thread waits for changes
        await asyncio.gather(*tasks, return_exceptions=True)


async def _watch(watched: WatchedFiles, act: Act, stopping: asyncio.Event, deep: bool, folders: list[Path]) -> None:
    for polling in (None, True) if folders else ():
        try:
            async for changes in awatch(
                *folders,
                watch_filter=lambda _, path: watched.kind(path) is not None,
                debounce=LONGEST_MS,
                step=STEP_MS,
                stop_event=stopping,
                force_polling=polling,
                recursive=deep,
            ):
                act({Path(path): kind for _, path in sorted(changes) if (kind := watched.kind(path)) is not None})
        except (OSError, RuntimeError) as error:  # usually the system's limit of watches
            if polling:
                log.error("Changes in %s are not noticed: %s", ", ".join(map(str, folders)), error)
            else:
                log.warning("The files cannot be watched, so they are read again and again: %s", error)
        else:
            return
