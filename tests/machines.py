"""Machines of our own: network namespaces on one machine, each with a server, and a link that can be cut."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.postgres import Server
from tests.server_process import ServerProcess

# Of the range that is kept for measuring networks (RFC 2544): nobody else is there.
OURS, THEIRS, RANGE = "198.18.{number}.1", "198.18.{number}.2", "198.18.0.0/16"
NOBODYS = "02:00:00:00:00:99"  # a hardware address that nothing has


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Machine:
    """A network namespace, and a link between it and this one."""

    def __init__(self, number: int) -> None:
        self.name = f"qn{os.getpid()}-{number}"
        self.ours, self.theirs = OURS.format(number=number), THEIRS.format(number=number)
        self._end = f"qn{os.getpid() % 100_000}-{number}"  # of the link, here; there it is eth0

    def url(self, server: Server, database: str) -> str:
        """Where a database is, seen from there."""
        return f"postgres://postgres@{self.ours}:{server.port}/{database}"

    def make(self) -> None:
        """Have it."""
        _ip("netns", "add", self.name)
        _ip("link", "add", self._end, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        _ip("address", "add", f"{self.ours}/30", "dev", self._end)
        _ip("link", "set", self._end, "up")
        _ip("-n", self.name, "address", "add", f"{self.theirs}/30", "dev", "eth0")
        _ip("-n", self.name, "link", "set", "lo", "up")
        _ip("-n", self.name, "link", "set", "eth0", "up")

    def remove(self) -> None:
        """Have it no more."""
        subprocess.run(["ip", "link", "del", self._end], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)

    def unplug(self) -> None:
        """Cut the link so that the machine notices."""
        _ip("-n", self.name, "link", "set", "eth0", "down")

    def plug_in(self) -> None:
        """Mend it."""
        _ip("-n", self.name, "link", "set", "eth0", "up")

    def swallow(self) -> None:
        """Cut the link so that nobody notices: what is sent goes to somebody who is not there."""
        _ip("neighbour", "replace", self.theirs, "lladdr", NOBODYS, "dev", self._end, "nud", "permanent")
        _ip("-n", self.name, "neighbour", "replace", self.ours, "lladdr", NOBODYS, "dev", "eth0", "nud", "permanent")

    def pass_on(self) -> None:
        """Mend it."""
        _ip("neighbour", "del", self.theirs, "dev", self._end)
        _ip("-n", self.name, "neighbour", "del", self.ours, "dev", "eth0")


class MachineServer(ServerProcess):
    """A server on a machine, on a unix socket: that can be reached whatever becomes of the link."""

    def __init__(self, machine: Machine, data: Path, *flags: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="quart-notes-")  # the path of a socket has to be short
        self._socket = f"{self._folder}/socket"
        python = Path(self._folder) / "python"
        python.write_text(f'#!/bin/sh\nexec ip netns exec {machine.name} {sys.executable} "$@"\n')
        python.chmod(0o755)
        super().__init__(data, *flags, "--bind", f"unix:{self._socket}", python=str(python))

    def _serves(self, told: int) -> bool:
        return "Quart Notes on unix:" in self.log[told:]

    def client(self) -> httpx.AsyncClient:
        """An HTTP client of this server."""
        way = httpx.AsyncHTTPTransport(uds=self._socket, verify=False)
        return httpx.AsyncClient(base_url="http://localhost", timeout=40, transport=way, trust_env=False)

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def machines(count: int) -> Iterator[list[Machine]]:
    """So many; the test is skipped where they cannot be had."""
    made = [Machine(number) for number in range(1, count + 1)]
    try:
        try:
            for machine in made:
                machine.make()
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"needs the right to make network namespaces: {error}")
        yield made
    finally:
        for machine in made:
            machine.remove()


def reach(server: Server, *machines: Machine) -> None:
    """Have a PostgreSQL server that runs here listen to machines too."""
    server.stop()
    with (server.data / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {RANGE} trust\n")
    server.listen(*(machine.ours for machine in machines))
    server.start()
