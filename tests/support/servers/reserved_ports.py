"""Ports that one server after another uses: no other process gets them in between."""

import socket
from functools import cache


@cache
def reserved_port(name: str) -> int:
    """The port of that name, the same one while this process lives.

    source   Linux, inet_csk_bind_conflict: sockets with SO_REUSEADDR share a port as long as none of them listens,
             and a bound port is not assigned to others
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    port = int(holder.getsockname()[1])
    holder.detach()  # open until the process ends
    return port
