"""The limit of SQLite: one loop that inserts a note and its event, waits for the disk, and does nothing else.

The tables, their indexes, the pragmas and the statements are those of Quart Notes. `POST /go` with {"seconds": s}
inserts for s seconds; the response has the counts. Any other request gets an empty object.

Run:  python -m bench.peers.sqlite_inserts 8000 data.sqlite3
"""

import json
import socket
import sqlite3
import sys
import time
from contextlib import closing
from datetime import UTC, datetime

from bench import http1
from bench.peers.kernel_writes import answer
from bench.systems.base import DESCRIPTION, TITLE
from quart_notes.storage.sqlite.file import PRAGMAS
from quart_notes.storage.sqlite.new_tables import SCHEMA

NOTE = (
    "INSERT INTO note (version, title, description, done, search_text, created_at, updated_at)"
    " VALUES (1, ?1, ?2, 0, ?3, ?4, ?4)"
)
NUMBER = "UPDATE log_head SET newest = newest + 1 WHERE id = 1 RETURNING newest"
EVENT = "INSERT INTO event_log (number, topic, body, subject, created_at) VALUES (?, ?, ?, ?, ?)"


def main() -> None:
    """Answer one connection after another until it is stopped."""
    with closing(sqlite3.connect(sys.argv[2], isolation_level=None)) as database:
        for name, value in PRAGMAS.items():
            database.execute(f"PRAGMA {name}={value}")
        database.executescript(SCHEMA.read_text(encoding="utf-8"))
        database.execute("INSERT INTO log_head (id, epoch, newest, pruned) VALUES (1, 'bench', 0, 0)")
        listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        while True:
            connection, _ = listener.accept()
            with connection:
                request = connection.recv(65536)
                done: dict[str, float] = {}
                if request.startswith(b"POST /go"):
                    done = insert(database, json.loads(request.partition(http1.HEAD_END)[2])["seconds"])
                answer(connection, json.dumps(done).encode())


def insert(database: sqlite3.Connection, seconds: float) -> dict[str, float]:
    """Insert for this long; returns notes and seconds."""
    began, notes = time.perf_counter(), 0
    while time.perf_counter() < began + seconds:
        title, now = f"{TITLE}{notes:07}", datetime.now(UTC).isoformat(" ")
        database.execute("BEGIN IMMEDIATE")
        row = database.execute(NOTE, (title, DESCRIPTION, f"{title}\n{DESCRIPTION}".casefold(), now)).lastrowid
        body = json.dumps({"topic": "board:1", "action": "create", "note": {"id": row, "title": title, "at": now}})
        ((number,),) = database.execute(NUMBER).fetchall()
        database.execute(EVENT, (number, "board:1", body, f"note:{row}", now))
        database.execute("COMMIT")
        notes += 1
    return {"notes": notes, "seconds": time.perf_counter() - began}


if __name__ == "__main__":
    main()
