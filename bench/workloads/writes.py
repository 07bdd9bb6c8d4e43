"""The kernel's own rate of writes to loopback sockets, from one process that does nothing else."""

import json
import select
import time
from dataclasses import dataclass

from bench import http1
from bench.figures import BUSY, Measurement
from bench.readers import RECEIVE
from bench.server import Server

SIZE = 512  # bytes of a write: about one event
SETTLE = 2.0  # seconds for the last bytes


@dataclass(frozen=True)
class Writes:
    """Writes a second to `readers` sockets in turn; every byte must arrive."""

    readers: int
    seconds: float

    def measure(self, server: Server) -> Measurement:
        """Measure once."""
        poll = select.epoll()
        sockets = {}
        for _ in range(self.readers):
            connection = server.connect()
            connection.sendall(http1.get("/events"))
            connection.recv(RECEIVE)
            sockets[connection.fileno()] = connection
            poll.register(connection.fileno(), select.EPOLLIN)
        master = server.connect()
        poll.register(master.fileno(), select.EPOLLIN)
        used, began, received, report = time.process_time(), time.monotonic(), 0, b""
        master.sendall(http1.post("/go", {"seconds": self.seconds, "bytes": SIZE}))
        while sockets and time.monotonic() < began + self.seconds + SETTLE:
            for descriptor, _ in poll.poll(0.05):
                if descriptor == master.fileno():
                    report += master.recv(RECEIVE)
                    poll.unregister(descriptor)
                elif data := sockets[descriptor].recv(RECEIVE):
                    received += len(data)
                else:
                    poll.unregister(descriptor)
                    sockets.pop(descriptor).close()
        busy = (time.process_time() - used) / (time.monotonic() - began)
        poll.close()
        master.close()
        done = json.loads(report.partition(http1.HEAD_END)[2])
        lost = done["writes"] * SIZE - received
        remarks = [f"{lost} bytes did not arrive"] if lost else []
        if busy > BUSY:
            remarks.append(f"the load generator was {busy:.0%} busy: the kernel may do more")
        values = {"rate": done["writes"] / done["seconds"], "server_us": done["processor"] / done["writes"] * 1e6}
        return Measurement({**values, "lost": lost / (done["writes"] * SIZE)}, remarks, busy)
