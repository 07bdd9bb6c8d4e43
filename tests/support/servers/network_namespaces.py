"""Machines of our own: network namespaces with a server each, and a link to PostgreSQL's that can be cut.

PostgreSQL has a namespace too, so nothing changes in the machine's own network: Chromium would drop all its requests.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Network
from pathlib import Path

import httpx
import pytest

from tests.support.servers.postgres import Server
from tests.support.servers.processes import Guardian, enter_network
from tests.support.servers.server_process import ServerProcess

# From the range reserved for benchmarks of networks (RFC 2544).
RANGE = IPv4Network("198.18.0.0/16")
LINKS = list(RANGE.subnets(new_prefix=30))  # two addresses each
# Removes a namespace with its processes and links, even if the tests were killed.
END = 'ip netns pids "$1" | xargs -r kill -KILL; ip netns del "$1"'
NOBODYS = "02:00:00:00:00:99"  # a hardware address without a device


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Namespace:
    """A network namespace, in which processes reach each other only."""

    def __init__(self, name: str) -> None:
        self.name = f"qn{os.getpid()}-{name}"
        self.file = f"/run/netns/{self.name}"
        self._guardian = Guardian(END, self.name)

    def make(self) -> None:
        """Create it."""
        _ip("netns", "add", self.name)
        _ip("-n", self.name, "link", "set", "lo", "up")

    def remove(self) -> None:
        """Remove it."""
        self._guardian.act()


class Machine(Namespace):
    """A namespace with a link to PostgreSQL's."""

    def __init__(self, number: int, database: Namespace) -> None:
        super().__init__(str(number))
        self.ours, self.theirs = (str(address) for address in LINKS[number].hosts())
        self._database = database.name
        self._end = f"eth{number}"  # of the link, at PostgreSQL; here it is eth0

    def url(self, server: Server, database: str) -> str:
        """The URL of a database, seen from there."""
        return f"postgres://postgres@{self.ours}:{server.port}/{database}"

    def make(self) -> None:
        """Create it."""
        super().make()
        ends = [(self._database, self._end, self.ours), (self.name, "eth0", self.theirs)]
        _ip("-n", self._database, "link", "add", self._end, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        for namespace, end, address in ends:
            _ip("-n", namespace, "address", "add", f"{address}/30", "dev", end)
            _ip("-n", namespace, "link", "set", end, "up")

    def unplug(self) -> None:
        """Cut the link so that the machine notices."""
        _ip("-n", self.name, "link", "set", "eth0", "down")

    def plug_in(self) -> None:
        """Reconnect it."""
        _ip("-n", self.name, "link", "set", "eth0", "up")

    def swallow(self) -> None:
        """Cut the link silently: packets go to a missing device."""
        silent = ("lladdr", NOBODYS, "nud", "permanent")
        _ip("-n", self._database, "neighbour", "replace", self.theirs, "dev", self._end, *silent)
        _ip("-n", self.name, "neighbour", "replace", self.ours, "dev", "eth0", *silent)

    def pass_on(self) -> None:
        """Undo that."""
        _ip("-n", self._database, "neighbour", "del", self.theirs, "dev", self._end)
        _ip("-n", self.name, "neighbour", "del", self.ours, "dev", "eth0")


class MachineServer(ServerProcess):
    """A server on a machine, on a unix socket, which is reachable without the link."""

    def __init__(self, machine: Machine, data: Path, *flags: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="quart-notes-")  # the path of a socket must be short
        self._socket = f"{self._folder}/socket"
        self.prelude = f"from {enter_network.__module__} import enter_network\nenter_network({machine.file!r})\n"
        super().__init__(data, *flags, "--bind", f"unix:{self._socket}")

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
def machines(count: int, server: Server) -> Iterator[list[Machine]]:
    """`count` machines that reach this PostgreSQL server; skips the test where they cannot be created."""
    made: list[Namespace] = [database := Namespace("database")]
    machines: list[Machine] = []
    try:
        try:
            database.make()
            for number in range(count):
                machines.append(machine := Machine(number, database))
                made.append(machine)
                machine.make()
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"needs the right to make network namespaces: {error}")
        with (server.data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {RANGE} trust\n")
        with server.moved(database.file, *(machine.ours for machine in machines)):
            yield machines
    finally:
        for namespace in made:
            namespace.remove()
