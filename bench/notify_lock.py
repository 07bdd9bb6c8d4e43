"""How PostgreSQL's lock for NOTIFY limits commits: `python -m bench.notify_lock`.

PostgreSQL holds one server-wide lock around each commit that contains a NOTIFY. So these commits are serialized, each
with its own fsync, while other commits share one. Here connections commit as fast as they can: one row each, without
and with NOTIFY; then as Quart Notes does, in batches behind its own lock. The time goes to the disk, so a slow disk
shows the difference more clearly.
"""

import asyncio
import sys
import time
from statistics import median

import asyncpg

from bench import machine
from tests.support.servers.postgres import Server

CONNECTIONS = (1, 2, 4, 8, 16)
SECONDS = 2.0
REPEATS = 3
BATCH = 64  # rows in a transaction of Quart Notes, at most
INSERT = "INSERT INTO entry (body) SELECT 'some text of a note' FROM generate_series(1, {rows})"
NOTIFY = "SELECT pg_notify('news', '1')"
LOCK = "SELECT pg_advisory_xact_lock(1)"
WAYS = {
    "a row": ["BEGIN", INSERT.format(rows=1), "COMMIT"],
    "a row, NOTIFY": ["BEGIN", INSERT.format(rows=1), NOTIFY, "COMMIT"],
    "64 rows, lock, NOTIFY": ["BEGIN", LOCK, INSERT.format(rows=BATCH), NOTIFY, "COMMIT"],
}


async def commits(url: str, statements: list[str], connections: int) -> float:
    """Commits per second of this many connections together."""
    opened = [await asyncpg.connect(url) for _ in range(connections)]
    ends = time.perf_counter() + SECONDS

    async def work(connection: "asyncpg.Connection") -> int:
        done = 0
        while time.perf_counter() < ends:
            await connection.execute("; ".join(statements[:-1]))
            await connection.execute(statements[-1])
            done += 1
        return done

    done = await asyncio.gather(*(work(connection) for connection in opened))
    for connection in opened:
        await connection.close()
    return sum(done) / SECONDS


def main() -> int:
    """Print a table of medians."""
    print(", ".join(f"{name} {value}" for name, value in machine.description().items()))
    print(f"{'commits a second':<24}" + "".join(f"{count:>10}" for count in CONNECTIONS))
    server = Server(fsync="on", full_page_writes="on", autovacuum="on", shared_buffers="128MB").start()
    try:
        server.ask("postgres", "CREATE TABLE entry (id bigserial PRIMARY KEY, body text NOT NULL)")
        url = server.url("postgres")
        for name, statements in WAYS.items():
            figures = [
                median(asyncio.run(commits(url, statements, count)) for _ in range(REPEATS)) for count in CONNECTIONS
            ]
            print(f"{name:<24}" + "".join(f"{figure:>10,.0f}" for figure in figures), flush=True)
    finally:
        server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
