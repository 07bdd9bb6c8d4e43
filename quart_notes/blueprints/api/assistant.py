"""The API of the assistant: its state, the private room, stopping and asking again."""

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_querystring

from quart_notes.blueprints.api.messages import MESSAGE, message_item
from quart_notes.errors import (
    NobodyChosenError,
    NotNowError,
    NotYoursError,
    RoomArchivedError,
)
from quart_notes.schemas import AssistantOut, PersonQuery, RoomOut
from quart_notes.web.context import core
from quart_notes.web.openapi.document import ResponseDoc, responds
from quart_notes.web.responses import CREATED_HEADERS, json_item, made
from quart_notes.web.security.authentication import caller

blueprint = Blueprint("assistant", __name__, url_prefix="/api")
tag_blueprint(blueprint, ["assistant"])


@blueprint.get("/assistant")
@validate_querystring(PersonQuery)
@responds(ResponseDoc(200, "The state of the assistant.", AssistantOut))
async def get_assistant(query_args: PersonQuery) -> Response:
    """Get the state of the assistant.

    And the reason when it is not available. Ollama is asked every few seconds at most.
    """
    who = await caller()
    person_id = query_args.person_id if who.trusted and query_args.person_id else who.id
    room_id, position = await core().rooms.assistant_room_id(person_id or 0)
    assistant = core().assistant
    reason = await assistant.availability()
    shown = AssistantOut(available=reason is None, model=assistant.model, reason=reason, room_id=room_id)
    return json_item(shown, position)


@blueprint.post("/assistant/room")
@validate_querystring(PersonQuery)
@responds(*made("room", RoomOut, CREATED_HEADERS))
async def open_room(query_args: PersonQuery) -> Response:
    """Open your private room with the assistant.

    There is one for each person; the assistant answers every message in it, and nobody else can read it.
    """
    who = await caller()
    person_id = query_args.person_id or who.id
    if person_id is None:
        raise NobodyChosenError("Choose who you are first, on a page or with person_id.")
    (room, new), position = await core().rooms.assistant_room(who, person_id)
    return json_item(room, position, status=201 if new else 200, location=f"/api/rooms/{room.id}")


@blueprint.post("/messages/<id:message_id>/stop")
@responds(MESSAGE, problems=(NotYoursError,))
async def stop_answer(message_id: int) -> Response:
    """Stop an answer of the assistant.

    The text so far is kept. An answer that has ended stays as it is. 404 for a message that is no answer.
    """
    return message_item(await core().answers.stop(await caller(), message_id))


@blueprint.post("/messages/<id:message_id>/retry")
@responds(MESSAGE, problems=(NotYoursError, NotNowError, RoomArchivedError))
async def retry_answer(message_id: int) -> Response:
    """Ask again for an answer that failed or was stopped.

    Its text is empty until it is written. 409 for an answer that is done or being written, and when too many questions
    are waiting.
    """
    return message_item(await core().answers.retry(await caller(), message_id))
