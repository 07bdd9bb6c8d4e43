"""Windows of the browser, used again from test to test: a new one takes as long as four pages in one that was there."""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Error, Frame, Page, Request, expect

from tests.support.servers.server_process import ServerProcess

PATIENCE = 15_000  # milliseconds until a condition that does not come true fails the test
SIZE = {"width": 1280, "height": 800}
# What a browser writes by itself about an answer or a line that a test asked for.
EXPECTED = re.compile(r"Failed to load resource|WebSocket connection to .* failed|ERR_INTERNET_DISCONNECTED")
# What a test may do to a window that nothing undoes.
SOILING = {
    *("add_init_script", "expose_binding", "expose_function", "grant_permissions", "on", "once", "route"),
    *("route_from_har", "route_web_socket", "set_extra_http_headers", "set_geolocation", "set_viewport_size"),
}
NOWHERE = "/healthz"  # of the same site, so that the process stays; no page of ours
FORGET = """() => {
  localStorage.clear();
  sessionStorage.clear();
  return [Date, setTimeout, fetch, WebSocket, EventSource].every((one) => String(one).includes("[native code]"));
}"""

# An animation of a page that draws no frames, as a busy browser's may, never finishes by itself.
FINISH = """() => {
  for (const animation of document.getAnimations())
    animation.effect.getComputedTiming().endTime === Infinity ? animation.cancel() : animation.finish();
}"""

Windows = Callable[..., Page]


def is_stream(request: Request) -> bool:
    """Whether a page opens an event stream with this request."""
    return request.method == "GET" and "/events?" in request.url


class Shelf:
    """The windows that tests use one after another.

    1. A window that is handed out shows no page, knows nothing and has nobody who listens to it: it is as good as new,
       except that it has our scripts and styles.
    2. What a test has done something to that cannot be undone is closed after it.

    errors   of any window since the last `clear`: in the console, exceptions, breaches of the content security policy,
             dialogs
    """

    def __init__(self, browser: Browser) -> None:
        self.errors: list[str] = []
        self._browser = browser
        self._kept: dict[str, list[Page]] = {}
        self._lent: list[tuple[str, Page]] = []
        self._soiled: set[BrowserContext] = set()
        self._origins: dict[BrowserContext, set[str]] = {}

    def open(self, context: BrowserContext | None = None, **options: Any) -> Page:
        """A window, a browser of its own unless it is given a neighbour's `context`."""
        if context is not None:
            return self._watched(context.new_page())
        kind = json.dumps(options, sort_keys=True)
        kept = self._kept.setdefault(kind, [])
        page = kept.pop() if kept else self._new(options)
        self._lent.append((kind, page))
        return page

    def _new(self, options: dict[str, Any]) -> Page:
        context = self._browser.new_context(**{"viewport": SIZE, **options})
        context.set_default_timeout(PATIENCE)
        page = self._watched(context.new_page())
        self._tell_of_soiling(context, context)
        return page

    def _watched(self, page: Page) -> Page:
        page.on("console", self._heed)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", self._refuse)
        page.on("framenavigated", self._note_origin)
        self._tell_of_soiling(page, page.context)
        return page

    def _heed(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not EXPECTED.search(message.text):
            self.errors.append(message.text)

    def _refuse(self, dialog: Dialog) -> None:
        self.errors.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _note_origin(self, frame: Frame) -> None:
        where = urlsplit(frame.url)
        if where.netloc:
            self._origins.setdefault(frame.page.context, set()).add(f"{where.scheme}://{where.netloc}")

    def _tell_of_soiling(self, thing: Page | BrowserContext, context: BrowserContext) -> None:
        def soil(does: Callable[..., Any], *args: Any, **more: Any) -> Any:
            self._soiled.add(context)
            return does(*args, **more)

        for name in SOILING & set(dir(thing)):
            setattr(thing, name, partial(soil, getattr(thing, name)))

    def clear(self) -> None:
        """Take back all windows, and forget all errors."""
        for kind, page in self._lent:
            if self._cleaned(page):
                self._kept[kind].append(page)
            else:
                self._soiled.discard(page.context)
                page.context.close()
            self._origins.pop(page.context, None)
        self._lent.clear()
        self.errors.clear()

    def _cleaned(self, page: Page) -> bool:
        context = page.context
        origins = self._origins.get(context, set())
        if context in self._soiled or page.is_closed() or len(origins) > 1:
            return False
        for other in context.pages:
            if other is not page:
                other.close()
        try:
            context.set_offline(False)
            for origin in origins:
                page.goto(origin + NOWHERE)
                if not page.evaluate(FORGET):
                    return False
            context.clear_cookies()
            page.mouse.move(-1, -1)
        except Error:  # its server is gone, or it shows what has no storage
            return False
        return True

    def close(self) -> None:
        """Close all windows."""
        self.clear()
        for pages in self._kept.values():
            for page in pages:
                page.context.close()
        self._kept.clear()


def finish_animations(page: Page) -> None:
    """Have everything look as it will when all animations are over, without waiting for them."""
    page.evaluate(FINISH)


def visit(page: Page, server: ServerProcess, path: str = "/front/notes") -> Page:
    """Open the board and wait until its feed is live."""
    page.goto(server.base + path)
    expect(page.locator("#connection")).to_have_text("Live")
    return page
