"""Parses and compares hosts and origins, as browsers send them."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple

HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::([0-9]{0,5}))?", re.ASCII | re.IGNORECASE)
PORTS = {"http": 80, "https": 443}  # default ports, which browsers leave out
MAX_PORT = 65535


class Host(NamedTuple):
    """The host of a Host header: a name in lower case or an address, [v6] in brackets; None: no port."""

    name: str
    port: int | None

    def __str__(self) -> str:
        return self.name if self.port is None else f"{self.name}:{self.port}"


class Origin(NamedTuple):
    """The origin of a page; the port is the scheme's default if none was given."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{Host(self.host, None if self.port == PORTS[self.scheme] else self.port)}"


def host_in(text: str) -> Host | None:
    """The host and port in a Host header; None when that is neither a name nor an address.

    source   RFC 9110, 7.2: no user, no path, and a colon without a port is none
    """
    found = HOST.fullmatch(text)
    if found is None or (port := int(found[2] or 0)) > MAX_PORT:
        return None
    return Host(found[1].lower(), port or None)


def origin_of(scheme: str, host: Host) -> Origin:
    """The origin of pages that this host serves by `scheme`: http or https."""
    return Origin(scheme, host.name, host.port or PORTS[scheme])


def origin_in(text: str) -> Origin | None:
    """The origin in an Origin header; None for `null` and for everything but http and https origins.

    source   RFC 6454, 6.2: scheme://host:port and nothing more
    """
    scheme, separator, rest = text.partition("://")
    host = host_in(rest)
    if not separator or scheme.lower() not in PORTS or host is None:
        return None
    return origin_of(scheme.lower(), host)


def is_address(name: str) -> bool:
    """Whether it is an IP address as in a Host header: 127.0.0.1 or [::1]."""
    try:
        IPv6Address(name[1:-1]) if name.startswith("[") else IPv4Address(name)
    except AddressValueError:
        return False
    return True


def in_hosts(name: str, hosts: frozenset[str]) -> bool:
    """Whether a host is this machine, an IP address, or one of `hosts`: no foreign name can resolve to these.

    A foreign name may resolve to this server, and its pages then have its origin: DNS rebinding.
    """
    name = name.removesuffix(".")
    return name == "localhost" or is_address(name) or name in hosts
