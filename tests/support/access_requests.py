"""Requests of any caller to any route, about objects that exist."""

import json
from typing import Literal

import httpx

from quart_notes.domain.jobs import UploadedJob
from quart_notes.models import Job
from quart_notes.schemas import (
    ImportOptions,
    LabelCreate,
    MessageCreate,
    NoteCreate,
    Role,
)
from tests.support.access_table import (
    BETWEEN_TWO,
    IN_ROOM,
    OF_DELETED_BOARDS,
    OF_ITS_AUTHOR,
    OF_ITS_AUTHOR_OR_ADMINISTRATORS,
    OF_ITS_PERSON,
    OF_THE_DELETED,
    OF_WHO_ASKED,
    ON_BOARD,
)
from tests.support.accounts_app import House
from tests.support.routes import (
    ADMINISTRATION,
    BODILESS,
    QUERIES,
    TAKES_FILES,
    TASK,
    Json,
    Route,
    body_of,
)

Kind = tuple[str, bool]  # kind, and whether it is deleted
Place = Literal["", " in a closed room", " in a thread"]  # "": in a conversation


ROLES: dict[str, Role] = {
    "owner": "owner",
    "viewer": "viewer",
    "ticker": "ticker",
    "editor": "editor",
    "somebody": "viewer",
    "guest": "editor",
}


async def objects_for(
    house: House, route: Route, who: str, made: dict[Kind, dict[str, int]], place: Place = ""
) -> dict[str, int]:
    """Objects for a route, by the variables in its rule; those in `made` are reused.

    place   where what could be in a conversation is
    """
    kind = (
        f"{_kind(route)}{place}",
        route.endpoint.endswith((".restore", ".restore_note", ".restore_message", ".restore_room"))
        or (route.endpoint in OF_THE_DELETED | OF_DELETED_BOARDS),
    )
    caller = house.people[who if who in house.people else "owner"].id
    if kind not in made:
        made[kind] = await _new(house, *kind)
        if kind[0] == "preference" and who != "nobody":
            await house.core.preferences.set(caller, "theme", "dark")
    of_members = route.endpoint in {*ON_BOARD, *IN_ROOM}
    own = "user_id" in route.rule and not of_members and route.blueprint not in ADMINISTRATION
    return {"user_id": caller if own else house.people["somebody"].id, **made[kind]}


def _kind(route: Route) -> str:
    if route.endpoint in ON_BOARD:
        return "note of a board" if "note" in route.blueprint + route.rule else "board"
    if route.endpoint in IN_ROOM:
        return "closed room"
    if route.endpoint in BETWEEN_TWO | OF_ITS_AUTHOR | OF_ITS_AUTHOR_OR_ADMINISTRATORS:
        return "message"
    if route.endpoint in OF_ITS_PERSON:
        return "ended job" if route.endpoint in {"jobs.import_job", "front_jobs.import_after_dry_run"} else "job"
    if route.endpoint in OF_WHO_ASKED:
        return "answer"
    return "note" if "note_id" in route.rule else "preference" if "key" in route.rule else ""


async def _new(house: House, kind: str, deleted: bool) -> dict[str, int]:
    core, owner = house.core, house.caller("owner")
    things: dict[str, int] = {}
    if "in a thread" in kind:
        return await _thread(house, kind, deleted=deleted)
    if "board" in kind:
        things["board_id"] = await house.board(**ROLES)
        if not deleted:
            label = await core.board_labels.add(owner, things["board_id"], LabelCreate(name="a"))
            things["label_id"] = label.result.id
    if "note" in kind:
        board_id = things.get("board_id", 1)
        note = NoteCreate(title="a note", description=TASK)
        things["note_id"] = (await core.notes.add(owner, board_id, note)).result.id
        if deleted:
            await core.notes.delete(owner, board_id, things["note_id"])
    elif kind == "board" and deleted:
        await core.boards.delete(owner, things["board_id"])
    elif "closed room" in kind:
        things |= await _closed_room(house, kind, deleted=deleted)
    elif kind in {"message", "answer"}:
        author, recipient = house.people["owner"].id, house.people["root"].id
        content = "@assistant" if kind == "answer" else "psst"
        sent = MessageCreate(author_id=author, recipient_id=recipient, content=content)
        message = (await core.messages.send(owner, sent)).result.message
        things |= {"message_id": message.id + (kind == "answer"), "room_id": message.room_id}
        if kind == "answer":
            await core.answers.stop(owner, things["message_id"])
        elif deleted:
            await core.messages.delete(owner, message.id, author)
    elif "job" in kind:
        things["job_id"] = await _look(house, ended=kind == "ended job")
    return things


async def _closed_room(house: House, kind: str, *, deleted: bool) -> dict[str, int]:
    """A closed room, a message of its owner there, or an answer to it."""
    core, owner = house.core, house.caller("owner")
    room = await house.room(
        "Committee", owner="owner", editor="member", ticker="member", somebody="member", guest="member"
    )
    await core.room_members.remove(owner, room, house.people["ticker"].id)
    if kind == "closed room":
        if deleted:
            await core.room_upkeep.delete(owner, room)
        return {"room_id": room}
    return await _message(house, kind, room, deleted=deleted)


async def _thread(house: House, kind: str, *, deleted: bool) -> dict[str, int]:
    """The thread of a note of a board, a message of its owner there, or an answer to it."""
    board = await house.board(**ROLES)
    note = await house.note("owner", board)
    room = (await house.core.threads.open(house.caller("owner"), board, note.id)).result.room.id
    return await _message(house, kind, room, deleted=deleted)


async def _message(house: House, kind: str, room: int, *, deleted: bool) -> dict[str, int]:
    """A message of the owner in a room, or an answer to it."""
    core, owner = house.core, house.caller("owner")
    message = await house.say("owner", room, "@assistant" if "answer" in kind else "psst")
    if "answer" in kind:
        await core.answers.stop(owner, message.id + 1)
    elif deleted:
        await core.messages.delete(owner, message.id, house.people["owner"].id)
    return {"message_id": message.id + ("answer" in kind), "room_id": room}


async def _look(house: House, *, ended: bool) -> int:
    """A job of the owner that has been cancelled, or a dry run that has finished."""
    core, owner = house.core, house.caller("owner")
    job = (await core.jobs.start(owner, 1, ImportOptions(dry_run=True), UploadedJob("notes.json", "nowhere", 1))).result
    await core.jobs.cancel(owner, job.id)
    if ended:
        async with core.database.transaction() as connection:
            await Job.filter(id=job.id).using_db(connection).update(state="done")
    return job.id


def _body(route: Route, number: int, things: dict[str, int], me: int) -> Json:
    body = {} if route.endpoint in BODILESS else body_of(route.endpoint, number)
    body |= {name: me for name in ("author_id", "reader_id") if name in body}
    body |= {"user_id": things["user_id"]} if "user_id" in body else {}
    body |= {"ids": [things.get("note_id", 1)]} if "ids" in body else {}
    body |= {"id": things.get("note_id", 1)} if "id" in body else {}
    return body | ({"message_id": things.get("message_id", 1)} if "message_id" in body else {})


async def send_request(
    client: httpx.AsyncClient, route: Route, things: dict[str, int], number: int, me: int
) -> httpx.Response:
    """Send a request with a body and parameters that the route takes; `number` makes names unique, `me` is its user."""
    address = route.at(**things)
    if route.endpoint in QUERIES:
        address = address.replace("author_id=1", f"author_id={me}")
    if route.method == "GET":
        return await client.get(address)
    body = _body(route, number, things, me)
    if route.rule.startswith("/front/") and route.endpoint in TAKES_FILES:
        return await client.request(route.method, address, files={"file": ("notes.json", json.dumps(body))})
    if route.rule.startswith("/front/"):
        return await client.request(route.method, address, data=body)
    return await client.request(route.method, address, json=body)
