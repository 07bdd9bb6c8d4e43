"""Browser windows that tests reuse: creating one takes as long as loading four pages."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Error,
    Frame,
    Page,
    Request,
    Route,
    ViewportSize,
    expect,
)

from tests.support.servers.server_process import ServerProcess

PATIENCE = 60_000  # milliseconds until an unmet condition fails the test, on a very busy machine too
SIZE: ViewportSize = {"width": 1280, "height": 800}
# The browser's own messages about a response or connection that a test caused.
EXPECTED = re.compile(r"Failed to load resource|WebSocket connection to .* failed|ERR_INTERNET_DISCONNECTED")
# Little moves: the frames of animations took a seventh of the processor. Tests to which motion matters ask for it.
LOOKS: dict[str, Any] = {"viewport": SIZE, "color_scheme": "light", "reduced_motion": "reduce"}
IN_MOTION: dict[str, Any] = {"reduced_motion": "no-preference"}
MEDIA = {name: value for name, value in LOOKS.items() if name != "viewport"}
# Changes to a browser or a window that cannot be undone.
SOILING = {"expose_binding", "expose_function", "once", "route_from_har", "route_web_socket", "set_extra_http_headers"}
SOILING_BROWSERS = {*SOILING, "new_cdp_session", "on", "route", "set_geolocation"}
MOST_BROWSERS, MOST_WINDOWS = 8, 3  # windows that wait for the next test: each is a process
NOWHERE = "/healthz"  # of the same site, so that the process stays; not a page of ours
FORGET = """() => {
  localStorage.clear();
  sessionStorage.clear();
  return [Date, setTimeout, fetch, WebSocket, EventSource].every((one) => String(one).includes("[native code]"));
}"""

# Animations of a page that draws no frames, as in a busy browser, never finish by themselves.
FINISH = """() => {
  for (const animation of document.getAnimations())
    animation.effect.getComputedTiming().endTime === Infinity ? animation.cancel() : animation.finish();
}"""

INTERCEPTED = "/healthz?intercepted"
UNTIL_INTERCEPTED = """async (address) => {
  const answer = () => new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.addEventListener("loadend", () => resolve(request.responseText));
    request.open("GET", address);
    request.send();
  });
  for (let tries = 0; tries < 1000; tries++) if (await answer() === "intercepted") return;
  throw new Error("No request is intercepted.");
}"""

Windows = Callable[..., Page]


def is_stream(request: Request) -> bool:
    """Whether a page opens an event stream with this request."""
    return request.method == "GET" and "/events?" in request.url


class Shelf:
    """A pool of windows for one test after another.

    1. A window from the pool shows no page, stores nothing and has no listeners: it is like a new one, except that it
       has cached our scripts and styles.
    2. A browser context is closed after a test that changed it in a way that cannot be undone.

    errors   of any window since the last `clear`: console errors, exceptions, violations of the content security
             policy, dialogs
    """

    def __init__(self, browser: Browser) -> None:
        self.errors: list[str] = []
        self._browser = browser
        self._kept: list[_Profile] = []
        self._lent: list[_Profile] = []

    def open(self, context: BrowserContext | None = None, **options: Any) -> Page:
        """A window, in its own browser context unless `context` names another window's."""
        if context is not None:
            return next(one for one in self._lent if one.context is context).open({})
        looks = {name: options.pop(name) for name in LOOKS if name in options}
        kept = next((one for one in reversed(self._kept) if one.options == options), None)
        if kept:
            self._kept.remove(kept)
        self._lent.append(kept or _Profile(self._browser, options, self.errors))
        return self._lent[-1].open(looks)

    def clear(self) -> None:
        """Return all windows to the pool, and delete all errors."""
        while self._lent:
            profile = self._lent.pop()
            if profile.is_cleaned():
                self._kept.append(profile)
            else:
                profile.context.close()
        self._drop(MOST_BROWSERS)
        self.errors.clear()

    def close(self) -> None:
        """Close all windows."""
        self.clear()
        self._drop(0)

    def _drop(self, most: int) -> None:
        while len(self._kept) > most:
            self._kept.pop(0).context.close()


class _Profile:
    """A browser context, with one window or several."""

    def __init__(self, browser: Browser, options: dict[str, Any], errors: list[str]) -> None:
        self.options = options
        self.context = browser.new_context(**{**LOOKS, **options})
        self.context.set_default_timeout(PATIENCE)
        self._errors = errors
        self._soiled = False
        self._undo: list[Callable[[], object]] = []
        self._looks: dict[tuple[Page, str], Callable[[], object]] = {}
        self._origins: set[str] = set()
        self._free: list[Page] = []
        self._lent: list[Page] = []
        set_offline = self.context.set_offline
        for name in SOILING_BROWSERS:
            self._observe(self.context, name, self._soil)
        self._make_removable(self.context)
        self._observe(self.context, "grant_permissions", self._then(self.context.clear_permissions))
        self._observe(self.context, "set_offline", self._then(lambda: set_offline(False)))

    def open(self, looks: dict[str, Any]) -> Page:
        """A free window."""
        self._lent.append(self._free.pop() if self._free else self._new())
        page = self._lent[-1]
        if "viewport" in looks:
            page.set_viewport_size(looks.pop("viewport"))
        if looks:
            page.emulate_media(**looks)
        return page

    def _new(self) -> Page:
        page = self.context.new_page()
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._errors.append(str(error)))
        page.on("dialog", self._on_dialog)
        page.on("framenavigated", self._note_origin)
        resize, emulate = page.set_viewport_size, page.emulate_media
        for name in SOILING:
            self._observe(page, name, self._soil)
        size, media = (page, "size"), (page, "media")
        self._observe(page, "set_viewport_size", lambda *_: self._looks.setdefault(size, lambda: resize(SIZE)))
        self._observe(
            page, "emulate_media", lambda *_: self._looks.setdefault(media, lambda: emulate(media="null", **MEDIA))
        )
        _intercept_at_once(page, self.options.get("java_script_enabled", True))
        self._observe(page, "route", self._then(lambda: page.unroute_all(behavior="ignoreErrors")))
        self._observe(page, "on", lambda *heard: self._undo.append(lambda: page.remove_listener(*heard)))
        self._make_removable(page)
        return page

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not EXPECTED.search(message.text):
            self._errors.append(message.text)

    def _on_dialog(self, dialog: Dialog) -> None:
        self._errors.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _note_origin(self, frame: Frame) -> None:
        where = urlsplit(frame.url)
        if where.netloc:
            self._origins.add(f"{where.scheme}://{where.netloc}")

    def _observe(self, thing: Page | BrowserContext, name: str, react: Callable[..., object]) -> None:
        does = getattr(thing, name, None)
        if does:

            def observed(*args: Any, **more: Any) -> Any:
                react(*args)
                return does(*args, **more)

            setattr(thing, name, observed)

    def _soil(self, *_: Any) -> None:
        self._soiled = True

    def _then(self, undo: Callable[[], object]) -> Callable[..., object]:
        return lambda *_: self._undo.append(undo)

    def _make_removable(self, thing: Page | BrowserContext) -> None:
        add = thing.add_init_script

        def add_init_script(*args: Any) -> None:
            self._undo.append(add(*args).close)

        setattr(thing, "add_init_script", add_init_script)  # noqa: B010 - mypy forbids the other way

    def is_cleaned(self) -> bool:
        """Try to reset all windows; returns whether they are."""
        if self._soiled or len(self._origins) > 1:
            return False
        pages = [page for page in self._lent if not page.is_closed()]
        try:
            for page in {*self.context.pages} - {*pages, *self._free}:
                page.close()
            for undo in self._undo:
                undo()
            if not all(map(self._is_emptied, pages)):
                return False
            for (page, _), undo in self._looks.items():  # only now: a full page would be laid out and painted again
                if not page.is_closed():
                    undo()
            self.context.clear_cookies()
        except Error:  # it has crashed, or shows a page without storage
            return False
        self._free += pages
        for page in self._free[MOST_WINDOWS:]:
            page.close()
        del self._free[MOST_WINDOWS:]
        for done in (self._lent, self._undo, self._looks, self._origins):
            done.clear()
        return True

    def _is_emptied(self, page: Page) -> bool:
        for origin in [*self._origins]:
            try:
                page.goto(origin + NOWHERE)
            except Error:  # its server has stopped
                page.route(origin + NOWHERE, lambda route: route.fulfill(body="nothing"))
                page.goto(origin + NOWHERE)
                page.unroute_all()
            if not page.evaluate(FORGET):
                return False
        page.mouse.move(-1, -1)
        return True


def _intercept_at_once(page: Page, scripted: bool) -> None:
    """Have `page.route` return when requests of the shown page are intercepted, if it can run scripts.

    Chromium confirms interception before the page knows of it. A key pressed at once overtakes that: its request
    goes to the server, and Playwright reports no such request.
    """
    add = page.route

    def route(*args: Any, **more: Any) -> None:
        add(*args, **more)
        shown = urlsplit(page.url)
        if not shown.netloc or not scripted:
            return
        probe = f"{shown.scheme}://{shown.netloc}{INTERCEPTED}"
        add(probe, lambda route: route.fulfill(body="intercepted"))
        page.evaluate(UNTIL_INTERCEPTED, probe)
        page.unroute(probe)

    setattr(page, "route", route)  # noqa: B010 - mypy forbids the other way


def finish_animations(page: Page) -> None:
    """Finish all animations at once."""
    page.evaluate(FINISH)


def visit(page: Page, server: ServerProcess, path: str = "/front/notes") -> Page:
    """Open the board and wait until its feed is live."""
    page.goto(server.base + path)
    expect(page.locator("#connection")).to_have_text("Live")
    return page


def change_script(page: Page, bundle: str, changes: dict[str, str]) -> None:
    """Change constants of a bundle of scripts, so that a test waits less or needs fewer messages."""

    def answer(route: Route) -> None:
        script = route.fetch().text()
        for constant, other in changes.items():
            assert constant in script
            script = script.replace(constant, other)
        route.fulfill(body=script, content_type="text/javascript")

    page.route(f"**/js/bundles/{bundle}.js", answer)
