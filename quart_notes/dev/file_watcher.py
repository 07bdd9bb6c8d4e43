"""Which files are watched, what a change to each means, and the watching."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from watchfiles import Change, awatch

STEP_MS = 50  # milliseconds of silence after which a burst of changes is over: editors save in several steps
LONGEST_MS = 1600  # milliseconds a burst lasts at most
LEFTOVERS = ("~", ".swp", ".swx", ".tmp", ".bak", ".orig")  # what editors put beside a file
SCRIPTS = (".js", ".mjs")

log = logging.getLogger(__name__)


class Kind(StrEnum):
    """What has to happen after a change."""

    CODE = "code"  # another server
    PAGE = "page"  # load the pages again
    LOOK = "look"  # style sheets and images, in place


@dataclass(frozen=True)
class Watched:
    """What is looked at.

    package     where `.py` files are, at any depth
    templates   and `static`: everything in them, at any depth
    settings    single files, which need not be there
    """

    package: Path
    templates: Path
    static: Path
    settings: frozenset[Path]

    def kind(self, path: str) -> Kind | None:
        """What a change of that file means; None for what is nobody's concern."""
        file = Path(path)
        if file in self.settings:
            return Kind.CODE
        if file.name.startswith(".") or file.name.endswith(LEFTOVERS) or "__pycache__" in file.parts:
            return None
        # A new folder is told of, but not always the files that came with it.
        folder = file.is_dir()
        if file.is_relative_to(self.static):
            return Kind.PAGE if folder or file.suffix in SCRIPTS else Kind.LOOK if file.suffix else None
        if file.is_relative_to(self.templates):
            return Kind.PAGE if folder or file.suffix else None
        if file.is_relative_to(self.package):
            return Kind.CODE if folder or file.suffix == ".py" else None
        return None

    def places(self) -> dict[bool, list[Path]]:
        """Folders to watch: with all that is in them (True), and for their own files alone (False).

        Never a single file: an editor that puts a new one in its place would end the watch.
        """
        deep = {self.package, self.templates, self.static}
        deep = {one for one in deep if not any(one.is_relative_to(other) for other in deep - {one})}
        flat = {file.parent for file in self.settings if file.parent.is_dir()}
        return {True: sorted(deep), False: sorted(flat)}


Act = Callable[[Mapping[Path, Kind]], None]


@asynccontextmanager
async def watching(watched: Watched, act: Act) -> AsyncGenerator[None, None]:
    """Have `act` called after each burst of changes, with what concerns us of it."""
    over = asyncio.Event()
    tasks = [asyncio.create_task(_watch(watched, act, over, deep, places)) for deep, places in watched.places().items()]
    await asyncio.sleep(0)  # each watches from its first step on
    try:
        yield
    finally:
        over.set()  # before they are cancelled: a thread is waiting for changes
        await asyncio.gather(*tasks, return_exceptions=True)


async def _watch(watched: Watched, act: Act, over: asyncio.Event, deep: bool, places: list[Path]) -> None:
    if not places:
        return
    try:
        await _follow(watched, act, over, deep, places, polling=None)
    except (OSError, RuntimeError) as error:  # the system's limit of watches, mostly
        log.warning("Reading the files every moment, since they cannot be watched: %s", error)
        try:
            await _follow(watched, act, over, deep, places, polling=True)
        except (OSError, RuntimeError) as again:
            log.error("Nothing is followed in %s: %s", ", ".join(map(str, places)), again)


async def _follow(
    watched: Watched, act: Act, over: asyncio.Event, deep: bool, places: list[Path], *, polling: bool | None
) -> None:
    async for changes in awatch(
        *places,
        watch_filter=lambda _, path: watched.kind(path) is not None,
        debounce=LONGEST_MS,
        step=STEP_MS,
        stop_event=over,
        force_polling=polling,
        recursive=deep,
    ):
        act(_kinds(watched, changes))


def _kinds(watched: Watched, changes: Iterable[tuple[Change, str]]) -> dict[Path, Kind]:
    return {Path(path): kind for _, path in sorted(changes) if (kind := watched.kind(path)) is not None}
