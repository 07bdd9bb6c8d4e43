"""An outlet without a socket, and an encoder that separates messages."""

import asyncio

from quart_notes.live.channel import FeedMessage


def plain(message: FeedMessage) -> bytes:
    """An encoder that separates messages."""
    return message.data + b"\n"


def numbers(data: bytes) -> list[int]:
    """The numbers in bytes encoded by `plain`."""
    return [int(line.split()[0]) for line in data.splitlines()]


class Wire:
    """An outlet whose kernel buffer takes `takes` bytes in total; None: unlimited."""

    def __init__(self, takes: int | None = None) -> None:
        self._takes = takes
        self._taken = asyncio.Event()
        self.asked = 0  # number of calls other than `drained`
        self.writes: list[bytes | memoryview] = []
        self.written = 0
        self.beats = 0
        self.gone = False

    @property
    def takes(self) -> int | None:
        return self._takes

    @takes.setter
    def takes(self, takes: int | None) -> None:
        self._takes = takes
        self._taken.set()

    def write_now(self, data: bytes) -> int:
        self.asked += 1
        if self.gone or self.buffered_bytes():
            return 0
        room = len(data) if self.takes is None else max(self.takes - self.written, 0)
        if room:
            self.write(data[:room])
        return min(room, len(data))

    def write(self, data: bytes | memoryview) -> None:
        self.asked += 1
        self.writes.append(data)
        self.written += len(data)

    def buffered_bytes(self) -> int:
        return 0 if self.takes is None else max(self.written - self.takes, 0)

    async def drained(self) -> None:
        while self.buffered_bytes() and not self.gone:
            self._taken.clear()
            await self._taken.wait()

    def abort(self) -> None:
        self.gone = True

    def closed(self) -> bool:
        self.asked += 1
        return self.gone

    def heartbeat(self, now: float) -> None:
        self.beats += 1

    @property
    def numbers(self) -> list[int]:
        return numbers(b"".join(self.writes))
