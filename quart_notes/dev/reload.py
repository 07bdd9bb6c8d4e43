"""What open pages need to follow the code: a script in each, a stream of states, templates checked as they change."""

import logging
from collections.abc import AsyncGenerator
from types import TracebackType

from jinja2 import TemplateError, TemplateSyntaxError
from quart import Blueprint, Quart, Response, abort, request, send_from_directory
from quart.wrappers.response import DataBody, ResponseBody
from quart_schema import hide

from quart_notes.core import Core
from quart_notes.dev.error_page import FILES, HERE, ErrorReport, State
from quart_notes.dev.failure import describe
from quart_notes.dev.file_watcher import ChangeKind
from quart_notes.errors import problem
from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import FeedMessage
from quart_notes.live.frames import COMMENT, sse
from quart_notes.schemas.strict_json import dump
from quart_notes.web.assets import build_id, folder, forget
from quart_notes.web.error_handlers import wants_html

TOPIC = "dev"
STATIC = {"static_files.versioned", "static_files.latest"}

log = logging.getLogger(__name__)


class ReloadBlueprint:
    """The pages of one server process, and what they are made from."""

    def __init__(self, app: Quart, run: str) -> None:
        core: Core = app.extensions["quart_notes"]
        self._app = app
        self._broadcaster = core.broadcaster
        self._state = State(run)
        app.jinja_env.auto_reload = True
        app.register_blueprint(self._blueprint())
        app.register_error_handler(TemplateError, self._explain)
        app.before_serving(self._look)

    def _blueprint(self) -> Blueprint:
        blueprint = Blueprint("dev", __name__, url_prefix="/dev")
        blueprint.after_app_request(self._follow)

        @blueprint.get("/changes")
        @hide
        async def changes() -> Response:
            """What pages would be made from now, and again after each change."""
            response = Response(
                StateStream(self._broadcaster, self._message()), content_type="text/event-stream; charset=utf-8"
            )
            response.headers["Cache-Control"] = "no-store"
            response.timeout = None
            return response

        @blueprint.get("/<name>")
        @hide
        async def file(name: str) -> Response:
            """A script or the style sheet of what follows."""
            if name not in FILES:
                abort(404)
            response = await send_from_directory(HERE, name)
            response.headers["Cache-Control"] = "no-store"
            return response

        return blueprint

    async def _look(self) -> None:
        self._state = self._fresh(0)

    def change(self, kinds: set[ChangeKind]) -> None:
        """Files have changed: tell the pages."""
        forget()
        self._state = self._fresh(self._state.pages + (ChangeKind.PAGE in kinds))
        self._broadcaster.publish([self._message()])

    def _fresh(self, pages: int) -> State:
        return State(self._state.run, pages, build_id(), self._broken_template())

    def _broken_template(self) -> ErrorReport | None:
        environment = self._app.jinja_env
        for file in sorted(folder("templates").rglob("*.html")):
            try:
                environment.parse(file.read_text(encoding="utf-8"), str(file.name), str(file))
            except TemplateSyntaxError as error:
                return ErrorReport.of("A template cannot be read", describe(error))
            except (OSError, UnicodeDecodeError):
                log.info("%s is being written, or is no text", file)
        return None

    def _message(self) -> FeedMessage:
        return FeedMessage(TOPIC, None, "", self._state.data())

    async def _follow(self, response: Response) -> Response:
        """Put the script into pages, and let no browser keep a static file without asking."""
        if request.endpoint in STATIC:
            response.headers["Cache-Control"] = "no-cache"
        elif response.mimetype == "text/html" and isinstance(response.response, DataBody):
            page = await response.get_data(as_text=False)
            response.set_data(self._state.followed(page, request.root_path))
        return response

    async def _explain(self, error: Exception) -> Response:
        """A template that fails, with its file and line."""
        trouble = ErrorReport.of("A template fails", describe(error))
        log.error("%s: %s %s", trouble.title, trouble.what, trouble.where)
        if wants_html():
            response = Response(trouble.page(request.root_path), 500, content_type="text/html; charset=utf-8")
        else:
            detail = f"{trouble.title}: {trouble.what}, at {trouble.where}"
            response = Response(
                dump(problem(500, "template_error", detail)), 500, content_type="application/problem+json"
            )
        response.headers["Cache-Control"] = "no-store"
        return response


class StateStream(ResponseBody):
    """An event stream: a state at once, then each that is published, until the server stops."""

    def __init__(self, broadcaster: Broadcaster, first: FeedMessage) -> None:
        self._broadcaster = broadcaster
        self._reader = broadcaster.subscribe({TOPIC}, sse)
        self._states = self._run(first)

    async def __aenter__(self) -> AsyncGenerator[bytes, None]:
        return self._states

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._broadcaster.unsubscribe(self._reader)
        await self._states.aclose()

    async def _run(self, first: FeedMessage) -> AsyncGenerator[bytes, None]:
        yield sse(first)
        while not self._reader.ended.is_set():
            await self._broadcaster.wait(self._reader)
            data = self._reader.drain_bytes()
            if data or not self._reader.ended.is_set():
                yield data or COMMENT  # woken without data: a heartbeat
