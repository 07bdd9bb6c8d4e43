"""A worker's place among the others: what its supervisor has made for all of them, and the line between the two."""

import mmap
import os
import socket
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from quart_notes.cluster.worker_channel import NUMBER, Siblings
from quart_notes.storage.sqlite.write_lock import Turns


@dataclass(frozen=True, slots=True)
class Place:
    """What a worker works with.

    slot       from 0
    first      the first process in the first slot: what is said once is said by it
    of         how many workers there are
    siblings   the way to the others
    turn       whose turn it is to write
    """

    slot: int
    first: bool
    of: int
    siblings: Siblings
    turn: Turns


class Shared:
    """What all workers share: a file in memory, and a way to each. Made by the supervisor, inherited by the workers."""

    def __init__(self, workers: int) -> None:
        self.memory = _memory()
        self.memory.truncate(workers * NUMBER)
        self._ways = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(workers)]

    def close(self) -> None:
        """Let go of it."""
        self.memory.close()
        for way in self._ways:
            for end in way:
                end.close()

    def descriptors(self, slot: int) -> list[int]:
        """What a worker has to inherit, for `place_of`."""
        inbox = self._ways[slot][0].fileno()
        outboxes = [way[1].fileno() for number, way in enumerate(self._ways) if number != slot]
        return [self.memory.fileno(), inbox, *outboxes]


def _memory() -> IO[bytes]:
    # Not a file on a disk: that may be full.
    return os.fdopen(os.memfd_create("quart-notes"), "w+b") if hasattr(os, "memfd_create") else tempfile.TemporaryFile()


def place_of(slot: int, descriptors: Sequence[int], *, first: bool) -> Place:
    """The place of a worker that has inherited them."""
    memory, inbox, *outboxes = descriptors
    workers = len(outboxes) + 1
    numbers = mmap.mmap(memory, workers * NUMBER)
    siblings = Siblings(slot, numbers, socket.socket(fileno=inbox), [socket.socket(fileno=each) for each in outboxes])
    return Place(slot, first, workers, siblings, Turns(memory))
