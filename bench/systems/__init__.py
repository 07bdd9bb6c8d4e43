"""The systems under test: how each is started, requested and parsed.

A new peer is a subclass of `System` in a file here and, if it is our own program, a file in `peers/`.
"""

from bench.systems.apps import FastAPIApp, SocketIO
from bench.systems.base import DESCRIPTION, TITLE, System
from bench.systems.limits import BareASGI, BareSqlite, Kernel, Raw
from bench.systems.nchan import Nchan
from bench.systems.ours import Accounts, OnGranian, OnUvicorn, Ours, Workers, WorkersOnPostgres
from bench.systems.pocketbase import PocketBase

SYSTEMS: tuple[System, ...] = (
    *(Ours(), Accounts(), OnUvicorn(), OnGranian()),
    *(Workers(count) for count in (1, 2, 4)),
    *(WorkersOnPostgres(count) for count in (1, 2, 4)),
    *(FastAPIApp(), SocketIO(), PocketBase(), Nchan()),
    *(BareASGI(), Raw(), Kernel(), BareSqlite()),
)
BY_KEY = {system.key: system for system in SYSTEMS}

__all__ = ["BY_KEY", "DESCRIPTION", "SYSTEMS", "TITLE", "System"]
