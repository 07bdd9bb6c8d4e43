"""Ports for one server after another: nobody else gets them while none of ours listens."""

import socket
from functools import cache


@cache
def reserved_port(name: str) -> int:
    """The port of that name, the same one as long as this process lives.

    source   Linux, inet_csk_bind_conflict: sockets with SO_REUSEADDR share a port as long as none of them listens,
             and a port that is bound is given to nobody who asks for any
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    port = int(holder.getsockname()[1])
    holder.detach()  # open until the process ends
    return port
