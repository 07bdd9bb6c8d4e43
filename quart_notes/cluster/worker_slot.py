"""A worker's slot: what its supervisor has created for all workers, and the channel between the two."""

import mmap
import os
import socket
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from quart_notes.cluster.worker_channel import NUMBER_SIZE, WorkerChannel
from quart_notes.storage.sqlite.write_lock import FairWriteLock


@dataclass(frozen=True, slots=True)
class WorkerSlot:
    """A worker's resources.

    slot       from 0
    first      whether it is the first process of the first slot: it prints what is printed once
    workers    number of workers
    channel    to the others
    """

    slot: int
    first: bool
    workers: int
    channel: WorkerChannel
    write_lock: FairWriteLock


class SharedMemory:
    """What workers share: a file in memory, and a socket for each. Created by the supervisor, inherited by workers."""

    def __init__(self, workers: int) -> None:
        self.memory = _memory()
        self.memory.truncate(workers * NUMBER_SIZE)
        self._socket_pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(workers)]

    def descriptors(self, slot: int) -> list[int]:
        """The descriptors that a worker has to inherit, for `slot_of`."""
        inbox = self._socket_pairs[slot][0].fileno()
        outboxes = [pair[1].fileno() for number, pair in enumerate(self._socket_pairs) if number != slot]
        return [self.memory.fileno(), inbox, *outboxes]


def _memory() -> IO[bytes]:
    # Not a file on a disk, which may be full.
    return os.fdopen(os.memfd_create("quart-notes"), "w+b") if hasattr(os, "memfd_create") else tempfile.TemporaryFile()


def slot_of(slot: int, descriptors: Sequence[int], *, first: bool) -> WorkerSlot:
    """The slot of a worker that has inherited the descriptors."""
    memory, inbox, *outboxes = descriptors
    workers = len(outboxes) + 1
    numbers = mmap.mmap(memory, workers * NUMBER_SIZE)
    channel = WorkerChannel(
        slot, numbers, socket.socket(fileno=inbox), [socket.socket(fileno=each) for each in outboxes]
    )
    return WorkerSlot(slot, first, workers, channel, FairWriteLock(memory))
