"""A plain notes app: FastAPI + SQLModel on SQLite, changes broadcast in-process.

What a competent developer writes in an afternoon from the official documentation
(fastapi.tiangolo.com: "SQL Databases", "WebSockets", "Server-Sent Events", "Background Tasks"):
a session for each request by dependency, `def` endpoints, response models, the `ConnectionManager` of
the websocket chapter, a queue for each reader of the event stream.

SQLite runs with its defaults (rollback journal, `synchronous=FULL`: a commit is on the disk).
There is no event log: a reader that reconnects has missed events.

Run:  NOTES_DB=/tmp/notes.db uvicorn bench.peers.fastapi_app:app --no-access-log
"""

import asyncio
import os
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated

from fastapi import (
    BackgroundTasks,
    Depends,
    FastAPI,
    HTTPException,
    Query,
    WebSocket,
    WebSocketDisconnect,
)
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlmodel import Field, Session, SQLModel, create_engine, select

engine = create_engine(
    f"sqlite:///{os.environ.get('NOTES_DB', 'notes.db')}",
    connect_args={"check_same_thread": False},
)


def now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


class NoteBase(SQLModel):
    """The fields that a user writes."""

    title: str | None = Field(default=None, max_length=200)
    description: str | None = Field(default=None, max_length=10_000)
    done: bool = False


class Note(NoteBase, table=True):
    """A note in the database."""

    id: int | None = Field(default=None, primary_key=True)
    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now)


class NoteCreate(NoteBase):
    """The body of a POST."""


class NoteUpdate(NoteBase):
    """The body of a PATCH: only the fields that change."""


class NotePublic(NoteBase):
    """A note in a response."""

    id: int
    created_at: datetime
    updated_at: datetime


class NoteEvent(SQLModel):
    """An event as it is sent to the readers."""

    action: str
    note: NotePublic


class ConnectionManager:
    """The connected readers, websockets and event streams."""

    def __init__(self) -> None:
        self.active_connections: list[WebSocket] = []
        self.queues: set[asyncio.Queue[ServerSentEvent]] = set()

    async def connect(self, websocket: WebSocket) -> None:
        """Accept a websocket and send it every change from now on."""
        await websocket.accept()
        self.active_connections.append(websocket)

    def disconnect(self, websocket: WebSocket) -> None:
        """Remove a websocket."""
        if websocket in self.active_connections:
            self.active_connections.remove(websocket)

    async def broadcast(self, event: NoteEvent) -> None:
        """Send a change to all readers; a closed connection does not stop the others."""
        message = event.model_dump_json()
        server_sent = ServerSentEvent(raw_data=message)  # encoded once for all readers
        for queue in self.queues:
            queue.put_nowait(server_sent)
        for connection in list(self.active_connections):
            try:
                await connection.send_text(message)
            except (WebSocketDisconnect, RuntimeError):
                self.disconnect(connection)


manager = ConnectionManager()


def get_session() -> Iterator[Session]:
    """A database session for one request."""
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Create the tables before the first request."""
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/api/notes", response_model=list[NotePublic])
def list_notes(session: SessionDep, offset: int = 0, limit: Annotated[int, Query(le=100)] = 100) -> object:
    """List the newest notes."""
    return session.exec(
        select(Note).order_by(Note.id.desc()).offset(offset).limit(limit)  # type: ignore[union-attr]
    ).all()


@app.get("/api/notes/{note_id}", response_model=NotePublic)
def read_note(note_id: int, session: SessionDep) -> object:
    """Return one note."""
    note = session.get(Note, note_id)
    if note is None:
        raise HTTPException(status_code=404, detail="Note not found")
    return note


@app.post("/api/notes", response_model=NotePublic, status_code=201)
def create_note(data: NoteCreate, session: SessionDep, background: BackgroundTasks) -> object:
    """Create a note and broadcast it."""
    note = Note.model_validate(data)
    session.add(note)
    session.commit()
    session.refresh(note)
    event = NoteEvent(action="create", note=NotePublic.model_validate(note))
    background.add_task(manager.broadcast, event)
    return note


@app.patch("/api/notes/{note_id}", response_model=NotePublic)
def update_note(note_id: int, data: NoteUpdate, session: SessionDep, background: BackgroundTasks) -> object:
    """Change a note and broadcast it."""
    note = session.get(Note, note_id)
    if note is None:
        raise HTTPException(status_code=404, detail="Note not found")
    note.sqlmodel_update({**data.model_dump(exclude_unset=True), "updated_at": now()})
    session.add(note)
    session.commit()
    session.refresh(note)
    event = NoteEvent(action="update", note=NotePublic.model_validate(note))
    background.add_task(manager.broadcast, event)
    return note


@app.websocket("/ws")
async def watch(websocket: WebSocket) -> None:
    """Every change, as a websocket message."""
    await manager.connect(websocket)
    try:
        while True:
            await websocket.receive_text()
    except WebSocketDisconnect:
        manager.disconnect(websocket)


@app.get("/events", response_class=EventSourceResponse)
async def stream() -> AsyncIterable[ServerSentEvent]:
    """Every change, as a server-sent event."""
    queue: asyncio.Queue[ServerSentEvent] = asyncio.Queue()
    manager.queues.add(queue)
    try:
        while True:
            yield await queue.get()
    finally:
        manager.queues.discard(queue)
