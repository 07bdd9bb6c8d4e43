"""`quart-notes dev` on a copy of the project, for tests that change its files."""

import re
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.support.servers.processes import children
from tests.support.servers.server_process import ROOT, ServerProcess, wait_for

VERSION = "quart_notes/version.py"
RESTARTS = 60.0  # seconds for a server to stop, and the next one to start, on a busy machine


class DevProcess(ServerProcess):
    """A supervisor of a project in its own folder; changes by a test are undone before the next one.

    until    what the log says once it has started; default: its server serves
    """

    command = "dev"
    starts = RESTARTS

    def __init__(self, folder: Path, *flags: str, until: str = "") -> None:
        for name in ("quart_notes", "templates", "static"):
            shutil.copytree(ROOT / name, folder / name)  # with what is compiled, as a working copy has it
        shutil.copy(ROOT / "hypercorn.toml", folder)
        self.code = folder
        self._until = until
        super().__init__(folder / "data", *flags, python=sys.executable)
        self._former: dict[Path, bytes | None] = {}
        self._written: dict[Path, int] = {}  # the length of the log at that time

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project, as editors do: it is replaced by a new file."""
        file = self.code / name
        self._former.setdefault(file, _content(file))
        self._written[file] = len(self.log)
        beside = file.with_name(f".{file.name}.tmp")
        beside.write_text(text, encoding="utf-8")
        return beside.replace(file)

    def edit(self, name: str, former: str, latter: str) -> None:
        """Replace a part of a file of the project."""
        text = (self.code / name).read_text(encoding="utf-8")
        assert former in text, f"{name} has no {former!r}"
        self.write(name, text.replace(former, latter, 1))

    def read(self, name: str) -> str:
        """The text of a file of the project."""
        return (self.code / name).read_text(encoding="utf-8")

    def says(self, version: str) -> None:
        """Change the code: from now on it has this version."""
        self.write(VERSION, re.sub(r'__version__ = ".*"', f'__version__ = "{version}"', self.read(VERSION)))

    @contextmanager
    def noticed(self, words: str = "Restarting") -> Iterator[None]:
        """Return once the log contains this because of the block."""
        before = self.log.count(words)
        yield
        wait_for(lambda: self.log.count(words) > before, words, RESTARTS)

    @contextmanager
    def restarted(self) -> Iterator[None]:
        """Return once another server serves because of the block."""
        with self.noticed("Quart Notes on"):
            yield

    def mend(self) -> None:
        """Restore all files, and wait for pages and a server that have them."""
        other = {file: content for file, content in self._former.items() if _content(file) != content}
        self._former.clear()
        # A file that is restored before its change is noticed causes no event for pages.
        wait_for(lambda: all(file.name in self.log[self._written[file] :] for file in other), "it is noticed", RESTARTS)
        told = len(self.log)
        before = self._state() if other else b""
        for file, content in other.items():
            if content is None:
                file.unlink()
            else:
                file.write_bytes(content)
        wait_for(lambda: all(file.name in self.log[told:] for file in other), "it is noticed", RESTARTS)
        wait_for(lambda: self.log.rfind("Quart Notes on") > self.log.rfind("Restarting"), "it serves", RESTARTS)
        if other:
            wait_for(lambda: self._state() != before, "pages are told", RESTARTS)

    def _serves(self, told: int) -> bool:
        return self._until in self.log if self._until else super()._serves(told)

    def _state(self) -> bytes:
        """The state that a page gets that subscribes from now on."""
        with (
            closing(socket.create_connection(("127.0.0.1", self.port), RESTARTS)) as connection,
            connection.makefile("rb") as answer,
        ):
            connection.sendall(b"GET /dev/changes HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            return next(line for line in answer if line.startswith(b"data: "))

    def server_pids(self) -> list[int]:
        """The processes that it has started and that still run."""
        return children(self.pid)

    def threads(self) -> int:
        """The number of the supervisor's threads."""
        return len(list(Path(f"/proc/{self.pid}/task").iterdir()))


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None
