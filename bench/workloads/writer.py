"""The writer of the fan-out: creates notes on a schedule, or reads the list, as a process of its own.

Open loop: request i is due at begin + i/rate whether or not the one before has a response. If every connection is
still waiting, the request is queued here, and its time counts from its due time (no coordinated omission); otherwise
from just before it is written to the socket.

Run:  python -m bench.workloads.writer < order.json > record.json        (bench.workloads.orders does)
"""

import gc
import json
import select
import socket
import sys
import time
from collections import deque
from dataclasses import asdict
from itertools import cycle, islice

from bench import http1
from bench.systems import BY_KEY
from bench.workloads.orders import NANO, Order, Record, go_first

LONGEST_WAIT = 0.05  # seconds of a poll, so that the end is noticed


class Writer:
    """Executes the schedule over a few persistent connections."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.system = BY_KEY[order.system]
        paths = enumerate(islice(cycle(order.paths), order.count))
        self.requests = [
            http1.get(path, order.headers) if order.reads else http1.post(path, self.system.note(number), order.headers)
            for number, path in paths
        ]
        self.record = Record([0] * order.count, [0] * order.count)
        self.poll = select.epoll()
        self.sockets: dict[int, socket.socket] = {}
        self.idle: deque[int] = deque()
        self.busy: dict[int, int] = {}  # descriptor: the note of its request
        self.buffers: dict[int, bytes] = {}
        self.freed = 0  # ns at which a connection became free after all were busy
        for _ in range(order.connections):
            connection = socket.create_connection(("127.0.0.1", order.port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets[connection.fileno()] = connection
            self.idle.append(connection.fileno())
            self.poll.register(connection.fileno(), select.EPOLLIN)

    def run(self) -> Record:
        """Send all requests, or as many as the time allows."""
        step = NANO / self.order.rate
        count = len(self.requests)
        following = 0
        while (following < count or self.busy) and self.sockets:
            now = time.monotonic_ns()
            if now > self.order.end:
                break
            due = self.order.begin + int(following * step)
            wait = LONGEST_WAIT
            if following < count and self.idle:
                if due <= now:
                    self._send(following, due)
                    following += 1
                    continue
                wait = min(wait, (due - now) / NANO)
            for descriptor, _ in self.poll.poll(wait):
                self._receive_from(descriptor)
        return self.record

    def _send(self, number: int, due: int) -> None:
        descriptor = self.idle.popleft()
        self.busy[descriptor] = number
        self.buffers[descriptor] = b""
        now = time.monotonic_ns()
        crowded = self.freed > due  # all connections were busy at its due time
        self.record.sent[number] = due if crowded else now
        if not crowded:
            self.record.late = max(self.record.late, now - due)
        try:
            self.sockets[descriptor].sendall(self.requests[number])
        except OSError:
            self._drop(descriptor, "the server closed a connection")

    def _receive_from(self, descriptor: int) -> None:
        """Receive a response, or a part of one, and check it."""
        number = self.busy.get(descriptor)
        try:
            data = self.sockets[descriptor].recv(65536)
        except OSError:
            data = b""
        if not data or number is None:
            self._drop(descriptor, "the server closed a connection")
            return
        self.buffers[descriptor] += data
        response = http1.response(self.buffers[descriptor])
        if response is None:
            return
        self.record.answered[number] = time.monotonic_ns()
        del self.busy[descriptor]
        if not self.idle:
            self.freed = self.record.answered[number]
        self.idle.append(descriptor)
        try:
            if self.order.reads:
                self.system.listed(response)
            else:
                self.system.acknowledged(response, number)
        except (ValueError, KeyError) as error:
            self.record.failures.append(str(error)[:80])

    def _drop(self, descriptor: int, why: str) -> None:
        self.record.failures.append(why)
        self.busy.pop(descriptor, None)
        self.poll.unregister(descriptor)
        self.sockets.pop(descriptor).close()
        if descriptor in self.idle:
            self.idle.remove(descriptor)


def main() -> None:
    """Execute the order on standard input."""
    writer = Writer(Order(**json.load(sys.stdin)))
    go_first()
    gc.disable()
    json.dump(asdict(writer.run()), sys.stdout)


if __name__ == "__main__":
    main()
