"""Parses client addresses, as connections and proxies write them."""

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network

from quart import request

CACHED = 4096  # addresses whose parsed form is cached
SUBSCRIBER_BITS = 64  # of an IPv6 address: the network of one subscriber, who controls the rest
# Networks whose last 32 bits are an IPv4 address.
# source   RFC 4291, 2.5.5.2; RFC 6052, 2.1
WITH_V4 = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
# An address, in brackets if it has colons and a port follows; a zone after % means nothing elsewhere.
# source   RFC 7239, 6; RFC 4007, 11
WRITTEN = re.compile(
    r'"?(?:\[([0-9a-f:.]+)(?:%[^\]]*)?\](?::[0-9]*)?|([0-9.]+)(?::[0-9]*)?|([0-9a-f:.]+)(?:%.*?)?)"?', re.IGNORECASE
)


def client_address() -> str:
    """The address of the request's client; empty for a client of a unix socket."""
    return parsed(request.remote_addr or "") or ""


@lru_cache(CACHED)
def parsed(text: str) -> str | None:
    """The address in its standard form, an IPv4 one within IPv6 as IPv4; None when `text` is none.

    text   also with a port, in brackets or quotation marks, or with a zone: `192.0.2.1:4711`, `"[fe80::1%eth0]:80"`
    """
    match = WRITTEN.fullmatch(text.strip())
    host = match and (match[1] or match[2] or match[3])
    if not host:
        return None
    try:
        address = IPv6Address(host) if ":" in host else IPv4Address(host)
    except AddressValueError:
        return None
    if isinstance(address, IPv6Address) and any(address in network for network in WITH_V4):
        address = IPv4Address(int(address) & 0xFFFF_FFFF)
    return str(address)


def counted(address: str) -> str:
    """The key for counting a client: an IPv4 address itself, of an IPv6 address its network of 64 bits."""
    return str(IPv6Network((address, SUBSCRIBER_BITS), strict=False)) if ":" in address else address
