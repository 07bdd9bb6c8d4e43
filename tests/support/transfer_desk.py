"""An application in open mode within the tests' process, and its imports and exports."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from quart_notes import create_app
from quart_notes.domain.access import ANYBODY
from quart_notes.schemas import BoardCreate
from tests.support.servers.empty_database import settings_for

Json = dict[str, Any]
ENDED = {"done", "failed", "cancelled", "interrupted"}
LIMIT = 400_000  # maximum bytes of an import here


def notes_file(*titles: str) -> bytes:
    """A JSON file of notes with these titles."""
    return json.dumps([{"title": title} for title in titles]).encode()


class Desk:
    """An application in open mode within this process, with an API client."""

    def __init__(self, app: Any, client: httpx.AsyncClient) -> None:
        self.app = app
        self.core = app.extensions["quart_notes"]
        self.client = client

    async def bring(self, content: Any = None, board_id: int = 1, **wanted: Any) -> Json:
        """Import a file, and wait until the job has ended."""
        sent = await self.client.post(f"/api/boards/{board_id}/imports", content=content, **wanted)
        assert sent.status_code == 202, sent.text
        return await self.ended(sent)

    async def ended(self, sent: httpx.Response) -> Json:
        """The job of an import, once it has ended."""
        while True:
            job = (await self.client.get(sent.headers["Location"])).json()
            if job["state"] in ENDED:
                return dict(job)
            await asyncio.sleep(0.005)

    async def notes(self, board_id: int = 1) -> list[Json]:
        """All notes of a board, archived ones too."""
        return list((await self.client.get(f"/api/boards/{board_id}/notes?archived=any")).json())

    async def board(self) -> int:
        """A new board."""
        return int((await self.core.boards.add(ANYBODY, BoardCreate(name="Another"))).result.id)

    def left(self) -> list[str]:
        """The files in the upload folder."""
        folder = self.core.settings.data / "imports"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    async def swept(self) -> None:
        """Return once the folder is empty."""
        while self.left():  # noqa: ASYNC110 - a folder does not say when
            await asyncio.sleep(0.005)


@asynccontextmanager
async def opened_desk(folder: Path) -> AsyncIterator[Desk]:
    """An application with an empty board."""
    app: Any = create_app(settings_for(folder, max_import_bytes=LIMIT))
    await app.startup()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield Desk(app, client)
    finally:
        await app.shutdown()
