"""An application on our transport, within this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart

from quart_notes.server import transport
from tests.support.clients.raw_connection import RawConnection


@asynccontextmanager
async def served(app: Quart, port: int) -> AsyncIterator[None]:
    """Serve an application on a port of this machine with our transport."""
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.errorlog = None
    stop = asyncio.Event()
    with transport.patched_hypercorn(100, direct=True):
        serving = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))
        connection = RawConnection(port)

        async def answers() -> bool:
            try:
                await connection.connect()
            except ConnectionError:
                connection.close()
                return False
            return True

        async with asyncio.timeout(10):
            while not await answers():
                connection = RawConnection(port)
                await asyncio.sleep(0.01)
        connection.close()
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(serving, 10)
