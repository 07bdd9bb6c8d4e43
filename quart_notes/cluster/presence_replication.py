"""Presence between processes: each broadcasts its whole local state, over a transport that may lose any of it."""

import asyncio
import json
import secrets
from dataclasses import dataclass, field
from typing import Annotated, Protocol

from pydantic import BaseModel, Field, ValidationError

from quart_notes.cluster.fragments import Reassembler, parse, split
from quart_notes.live.presence import Attendance, Presence, Writing

BROADCAST_INTERVAL = 3.0  # seconds between broadcasts without a change: two may be lost within TIME_TO_LIVE
TIME_TO_LIVE = 10.0  # seconds that a state counts unless its process repeats it
BATCH_DELAY = 0.02  # seconds for which changes are collected into one broadcast
DATAGRAM_INTERVAL = 0.1  # seconds for each datagram of a broadcast until the next: a large state is sent less often
SUSPENDED_AFTER = 1.0  # seconds that a timer may be late; after more, this process was suspended
ID_BYTES = 8

Topic = Annotated[str, Field(pattern=r"^((room|board):[1-9][0-9]{0,18}|online)$")]


class DatagramTransport(Protocol):
    """Sends datagrams to all other processes that serve the same database."""

    limit: int  # bytes of a datagram at most

    def send(self, datagram: bytes) -> None:
        """Send ASCII text without waiting. It may be lost, duplicated or late."""


class ProcessState(BaseModel):
    """What a process broadcasts.

    places    who is where, by topic
    stopped   topic, user and thing of each who stopped writing since the last broadcast, on a connection of any process
    leaving   this process stops, and its connections are about to move to others
    """

    places: dict[Topic, Attendance] = Field(default_factory=dict)
    stopped: list[tuple[Topic, Writing]] = []
    leaving: bool = False


@dataclass(slots=True)
class _RemoteProcess:
    expiry: asyncio.TimerHandle
    reassembler: Reassembler = field(default_factory=Reassembler)


class PresenceReplication:
    """Sends the local presence to other processes, and their presence to `Presence`.

    1. The whole state is broadcast at each change and every BROADCAST_INTERVAL: the next one repairs what was lost.
    2. A state never replaces a newer one of the same process.
    3. The state of a process that stops is dropped when its users had time to reconnect; that of a silent one after
       TIME_TO_LIVE.
    4. Without another process, a change costs nothing.
    """

    def __init__(self, presence: Presence) -> None:
        self.id = secrets.token_hex(ID_BYTES)  # another one after each restart
        self._presence = presence
        presence.replication = self
        self._transport: DatagramTransport | None = None
        self._processes: dict[str, _RemoteProcess] = {}
        self._number = 0  # of the newest broadcast
        self._stopped: list[tuple[str, Writing]] = []
        self._next_at = 0.0  # loop time, seconds: the next broadcast is not earlier
        self._timer: asyncio.TimerHandle | None = None

    def start(self, transport: DatagramTransport) -> None:
        """Join: the others answer the first broadcast with their states."""
        self._transport = transport
        self._broadcast()

    def stop(self) -> None:
        """Tell the others that this process leaves; nothing is sent or received afterwards."""
        self._send(ProcessState(leaving=True))
        self._transport = None
        for timer in (self._timer, *(process.expiry for process in self._processes.values())):
            if timer is not None:
                timer.cancel()
        self._processes.clear()

    def state_changed(self) -> None:
        """Broadcast soon."""
        if self._transport is not None and self._processes:
            loop = asyncio.get_running_loop()
            self._broadcast_at(max(loop.time() + BATCH_DELAY, self._next_at))

    def writing_stopped(self, topic: str, writing: Writing) -> None:
        """Have all processes stop showing that a user is writing."""
        if self._processes:
            self._stopped.append((topic, writing))
            self.state_changed()

    def receive(self, datagram: bytes) -> None:
        """Apply what another process broadcasts; anything else is ignored."""
        fragment = parse(datagram)
        if fragment is None or fragment.sender == self.id or self._transport is None:
            return
        if fragment.sender not in self._processes:
            self._processes[fragment.sender] = _RemoteProcess(self._expiry(fragment.sender, TIME_TO_LIVE))
            self.state_changed()  # it does not know this process yet
        message = self._processes[fragment.sender].reassembler.add(fragment)
        if message is None:
            return
        try:
            state = ProcessState.model_validate_json(message)
        except ValidationError:
            return  # of another version
        self._apply(fragment.sender, state)

    def _broadcast_at(self, due: float) -> None:
        if self._timer is None or self._timer.when() > due:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_at(due, self._broadcast)

    def _broadcast(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        stopped, self._stopped = self._stopped, []
        datagrams = self._send(ProcessState(places=self._presence.local_state(), stopped=stopped))
        self._next_at = now + min(datagrams * DATAGRAM_INTERVAL, BROADCAST_INTERVAL)
        self._broadcast_at(now + BROADCAST_INTERVAL)

    def _send(self, state: ProcessState) -> int:
        """Send a state; returns how many datagrams it takes."""
        if self._transport is None:
            return 0
        self._number += 1
        message = json.dumps(state.model_dump(mode="json", exclude_defaults=True), separators=(",", ":")).encode()
        datagrams = split(self.id, self._number, message, self._transport.limit)
        for datagram in datagrams:
            self._transport.send(datagram)
        return len(datagrams)

    def _apply(self, sender: str, state: ProcessState) -> None:
        for topic, writing in state.stopped:
            self._presence.stop_writing(topic, writing)
        if not state.leaving:
            self._presence.set_remote(sender, state.places)
        process = self._processes[sender]
        process.expiry.cancel()
        process.expiry = self._expiry(sender, self._presence.leave_delay if state.leaving else TIME_TO_LIVE)

    def _expiry(self, sender: str, seconds: float) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, self._expire, sender)

    def _expire(self, sender: str) -> None:
        process = self._processes[sender]
        if asyncio.get_running_loop().time() > process.expiry.when() + SUSPENDED_AFTER:
            # This process was suspended, and has not read yet what the other one sent.
            process.expiry = self._expiry(sender, TIME_TO_LIVE)
        else:
            del self._processes[sender]
            self._presence.forget_remote(sender)
