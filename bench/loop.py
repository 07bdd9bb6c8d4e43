"""A closed loop: each client sends its next request after a response."""

import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator

from bench import http1
from bench.readers import Readers
from bench.server import Server

RECEIVE = 262144  # maximum bytes of one receive
SETTLE = 2.0  # seconds after the end in which a response may still arrive

Check = Callable[[int, http1.Response], bool]


class Loop:
    """Clients on raw sockets. Every response is checked, in full or against one that was.

    A wrong response is a failure and does not count.
    """

    def __init__(self, server: Server, clients: int, requests: Iterator[bytes], right: Check) -> None:
        self.requests = enumerate(requests)
        self.right = right
        self.poll = select.epoll()
        self.sockets: dict[int, socket.socket] = {}
        self.asked: dict[int, tuple[int, float]] = {}
        self.buffers: dict[int, bytes] = {}
        self.answers: list[tuple[float, float]] = []  # start of the pause, and its length in seconds
        self.sent: dict[int, float] = {}  # send time of each request
        self.failures: Counter[str] = Counter()
        for _ in range(clients):
            connection = server.connect()
            self.sockets[connection.fileno()] = connection
            self.poll.register(connection.fileno(), select.EPOLLIN)

    def run(self, until: float, watcher: Readers | None) -> None:
        """Send requests until the monotonic clock shows `until`; `watcher` receives its events at the same time."""
        if watcher:
            for descriptor in watcher.sockets:
                self.poll.register(descriptor, select.EPOLLIN)
        for descriptor in self.sockets:
            self._ask(descriptor)
        while self.asked and time.monotonic() < until + SETTLE:
            for descriptor, _ in self.poll.poll(0.05):
                if descriptor in self.sockets:
                    self._receive_from(descriptor, until)
                elif watcher:
                    watcher.receive_from(descriptor)
        if self.asked:
            self.failures["no answer"] += len(self.asked)

    def close(self) -> None:
        """Close all connections."""
        for connection in self.sockets.values():
            connection.close()
        self.poll.close()

    def _ask(self, descriptor: int) -> None:
        number, request = next(self.requests)
        self.buffers[descriptor] = b""
        now = self.sent[number] = time.monotonic()
        self.asked[descriptor] = (number, now)
        self.sockets[descriptor].sendall(request)

    def _receive_from(self, descriptor: int, until: float) -> None:
        try:
            data = self.sockets[descriptor].recv(RECEIVE)
        except OSError:
            data = b""
        buffer = self.buffers[descriptor] = self.buffers[descriptor] + data
        answer = http1.response(buffer)
        if answer is None and data:
            return
        number, asked = self.asked.pop(descriptor)
        now = time.monotonic()
        if answer is None:
            self.failures["the server closed a connection"] += 1
            self.poll.unregister(descriptor)
            self.sockets.pop(descriptor).close()
            return
        if self.right(number, answer):
            self.answers.append((now, now - asked))
        else:
            self.failures[f"a wrong answer, status {answer.status}"] += 1
        if now < until:
            self._ask(descriptor)
