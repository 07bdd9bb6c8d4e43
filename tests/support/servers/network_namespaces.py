"""Machines of our own: network namespaces on one machine, each with a server, and a link that can be cut."""

import json
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
from tests.support.servers.processes import Guardian
from tests.support.servers.server_process import ServerProcess

# From the range reserved for benchmarks of networks (RFC 2544): only other runs of these tests use it.
RANGE = IPv4Network("198.18.0.0/16")
LINKS = list(RANGE.subnets(new_prefix=30))  # two addresses each
# Removes a machine, even if the tests were killed.
END = 'ip netns pids "$1" | xargs -r kill -KILL; ip link del "$2"; ip netns del "$1"'
# source   setns(2): CLONE_NEWNET
ENTER = """
import ctypes
with open("/run/netns/{name}") as namespace:
    assert ctypes.CDLL(None).setns(namespace.fileno(), 0x40000000) == 0
"""
NOBODYS = "02:00:00:00:00:99"  # a hardware address without a device


def _ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


def _free_link(number: int) -> tuple[str, str]:
    """Two unused addresses: different ones in each process, and for each number."""
    taken = {found["local"] for link in json.loads(_ip("-json", "address")) for found in link["addr_info"]}
    first = (os.getpid() * 16 + number) % len(LINKS)
    links = ([str(address) for address in link.hosts()] for link in [*LINKS[first:], *LINKS[:first]])
    return next((ours, theirs) for ours, theirs in links if not {ours, theirs} & taken)


class Machine:
    """A network namespace, and a link between it and this one."""

    def __init__(self, number: int) -> None:
        self.name = f"qn{os.getpid()}-{number}"
        self.ours, self.theirs = _free_link(number)
        self._end = f"qn{os.getpid() % 100_000}-{number}"  # of the link, here; there it is eth0
        self._guardian = Guardian(END, self.name, self._end)

    def url(self, server: Server, database: str) -> str:
        """The URL of a database, seen from there."""
        return f"postgres://postgres@{self.ours}:{server.port}/{database}"

    def make(self) -> None:
        """Create it."""
        _ip("netns", "add", self.name)
        _ip("link", "add", self._end, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        _ip("address", "add", f"{self.ours}/30", "dev", self._end)
        _ip("link", "set", self._end, "up")
        _ip("-n", self.name, "address", "add", f"{self.theirs}/30", "dev", "eth0")
        _ip("-n", self.name, "link", "set", "lo", "up")
        _ip("-n", self.name, "link", "set", "eth0", "up")

    def remove(self) -> None:
        """Remove it."""
        self._guardian.act()

    def unplug(self) -> None:
        """Cut the link so that the machine notices."""
        _ip("-n", self.name, "link", "set", "eth0", "down")

    def plug_in(self) -> None:
        """Reconnect it."""
        _ip("-n", self.name, "link", "set", "eth0", "up")

    def swallow(self) -> None:
        """Cut the link silently: packets go to a missing device."""
        _ip("neighbour", "replace", self.theirs, "lladdr", NOBODYS, "dev", self._end, "nud", "permanent")
        _ip("-n", self.name, "neighbour", "replace", self.ours, "lladdr", NOBODYS, "dev", "eth0", "nud", "permanent")

    def pass_on(self) -> None:
        """Undo that."""
        _ip("neighbour", "del", self.theirs, "dev", self._end)
        _ip("-n", self.name, "neighbour", "del", self.ours, "dev", "eth0")


class MachineServer(ServerProcess):
    """A server on a machine, on a unix socket, which is reachable without the link."""

    def __init__(self, machine: Machine, data: Path, *flags: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="quart-notes-")  # the path of a socket must be short
        self._socket = f"{self._folder}/socket"
        self.prelude = ENTER.format(name=machine.name)
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
def machines(count: int) -> Iterator[list[Machine]]:
    """`count` machines; skips the test where they cannot be created."""
    made: list[Machine] = []
    try:
        try:
            for number in range(count):
                made.append(Machine(number))
                made[-1].make()
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"needs the right to make network namespaces: {error}")
        yield made
    finally:
        for machine in made:
            machine.remove()


def reach(server: Server, *machines: Machine) -> None:
    """Have a PostgreSQL server on the host listen to machines too."""
    server.stop()
    with (server.data / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {RANGE} trust\n")
    server.listen(*(machine.ours for machine in machines))
    server.start()
