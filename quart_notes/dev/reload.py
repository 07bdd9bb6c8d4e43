"""The parts of live reload in the server: a script in each page, a stream of states, checks of the templates."""

import logging
import socket
from collections.abc import Mapping
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError
from quart import Blueprint, Quart, Response, abort, request, send_from_directory
from quart.wrappers.response import DataBody

from quart_notes.core import Core
from quart_notes.dev.error_page import FILES, HERE, ErrorReport, State
from quart_notes.dev.failure import describe
from quart_notes.dev.file_watcher import ChangeKind
from quart_notes.live.channel import FeedMessage
from quart_notes.live.frames import sse
from quart_notes.server import logs
from quart_notes.server import serve as server
from quart_notes.server.sockets import ServeError
from quart_notes.server.workers.control_channel import ControlChannel
from quart_notes.settings import SettingsError
from quart_notes.settings_sources import load
from quart_notes.storage.schema_version import DatabaseOpenError
from quart_notes.web import script_bundles, style_bundles
from quart_notes.web.assets import build_id, folder, forget
from quart_notes.web.streams import EventStream, Leave

TOPIC = "dev"
STATIC = {"static_files.versioned", "static_files.latest"}

log = logging.getLogger(__name__)


def serve(flags: Mapping[str, Any], listener: socket.socket, supervisor: socket.socket, run: str) -> str:
    """Serve on `listener` until SIGTERM, SIGINT or the end of the supervisor.

    returns   why it cannot start with these settings or this database; empty when it has served
    """

    def configure(app: Quart) -> None:
        channel = ControlChannel(supervisor, ReloadBlueprint(app, run).change)
        app.before_serving(channel.open)
        app.after_serving(channel.close)

    try:
        settings = load(flags)
        logs.configure(settings.log_format)
        server.serve(settings, listener, configure)
    except (SettingsError, ServeError, DatabaseOpenError) as error:
        return str(error)
    return ""


class ReloadBlueprint:
    """Live reload in one server process."""

    def __init__(self, app: Quart, run: str) -> None:
        self._core: Core = app.extensions["quart_notes"]
        self._app = app
        self._state = State(run)
        app.jinja_env.auto_reload = True
        # As they are written: they change, and are debugged.
        app.jinja_env.globals["page_scripts"] = script_bundles.modules
        app.jinja_env.globals["single_script"] = script_bundles.single_as_written
        app.jinja_env.globals["page_styles"] = style_bundles.sheets
        app.register_blueprint(self._blueprint())
        app.register_error_handler(TemplateError, self._explain)
        app.before_serving(self._read_state)

    def _blueprint(self) -> Blueprint:
        blueprint = Blueprint("dev", __name__, url_prefix="/dev")
        blueprint.after_app_request(self._follow)

        @blueprint.get("/changes")
        async def changes() -> Response:
            """The state now, and after each change."""
            subscription = self._core.feed.subscribe({TOPIC}, None, sse)
            states = EventStream(subscription, None, self._publish, lambda *_: lambda: None)
            response = Response(states, content_type="text/event-stream; charset=utf-8")
            response.headers["Cache-Control"] = "no-store"
            response.timeout = None
            return response

        @blueprint.get("/<name>")
        async def file(name: str) -> Response:
            """A script, or the style sheet."""
            if name not in FILES:
                abort(404)
            response = await send_from_directory(HERE, name)
            response.headers["Cache-Control"] = "no-store"
            return response

        return blueprint

    async def _read_state(self) -> None:
        self._state = self._new_state(0)

    async def change(self, kinds: list[ChangeKind]) -> None:
        """Handle changes of files of these kinds: inform the pages."""
        forget()
        self._state = self._new_state(self._state.pages + (ChangeKind.PAGE in kinds))
        self._publish()

    def _new_state(self, pages: int) -> State:
        return State(self._state.run, pages, build_id(), self._broken_template())

    def _broken_template(self) -> ErrorReport | None:
        environment = self._app.jinja_env
        for file in sorted(folder("templates").rglob("*.html")):
            try:
                environment.parse(file.read_text(encoding="utf-8"), str(file.name), str(file))
            except TemplateSyntaxError as error:
                return ErrorReport("A template cannot be read", **describe(error))
            except (OSError, UnicodeDecodeError):
                log.info("%s is being written, or is no text", file)
        return None

    def _publish(self) -> list[Leave]:
        """Send the state to all pages, as soon as one of them follows."""
        self._core.broadcaster.publish([FeedMessage(TOPIC, None, "", self._state.data())])
        return []

    async def _follow(self, response: Response) -> Response:
        """Put the script into pages, and have browsers revalidate static files."""
        if request.endpoint in STATIC:
            response.headers["Cache-Control"] = "no-cache"
        elif response.mimetype == "text/html" and isinstance(response.response, DataBody):
            await self._state.follow(response, request.root_path)
        return response

    async def _explain(self, error: Exception) -> Response:
        """The response for a template that fails, with its file and line."""
        report = ErrorReport("A template fails", **describe(error))
        log.error("%s: %s %s", report.title, report.what, report.where)
        response = report.response(500, "template_error", request.root_path)
        response.headers["Cache-Control"] = "no-store"
        return response
