"""The kernel's own rate: one process that writes to loopback sockets in turn and does nothing else.

It responds to every request on its first connection. Every later connection that requests `/events` stays open.
`POST /go` with {"seconds": s, "bytes": n} writes n bytes to each of those, round after round, for s seconds; the
response has the counts. The sockets block: a reader that does not read delays the process, so that no bytes are lost.

Run:  python -m bench.peers.kernel_writes 8000
"""

import json
import socket
import sys
import time

from bench import http1


def main() -> None:
    """Accept one connection after another until it is stopped."""
    readers: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = connection.recv(65536)
        if request.startswith(b"GET /events"):
            answer(connection, b"")
            readers.append(connection)
        elif request.startswith(b"POST /go"):
            order = json.loads(request.partition(http1.HEAD_END)[2])
            answer(connection, json.dumps(write(readers, order["seconds"], order["bytes"])).encode())
            readers.clear()  # this closes them
        else:
            answer(connection, b"here")


def answer(connection: socket.socket, body: bytes) -> None:
    """Send a response."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def write(readers: list[socket.socket], seconds: float, size: int) -> dict[str, float]:
    """Write to all connections for this long; returns writes, seconds and CPU seconds."""
    data = b"x" * size
    sends = [reader.send for reader in readers]
    began, used = time.perf_counter(), time.process_time()
    rounds = 0
    while time.perf_counter() < began + seconds:
        for send in sends:
            if send(data) != size:
                raise ConnectionError("a short write")
        rounds += 1
    took = time.perf_counter() - began
    return {"writes": rounds * len(sends), "seconds": took, "processor": time.process_time() - used}


if __name__ == "__main__":
    main()
