"""The board's page in a browser: its size, and the time until it is usable."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.figures import Measurement
from bench.server import Server
from bench.systems.base import program

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ViewportSize

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
PATH = "/front/notes"
PHONE: "ViewportSize" = {"width": 412, "height": 823}
# As Lighthouse has it: milliseconds, and bytes a second.
FOUR_G = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
LIMIT = 30_000  # milliseconds until it is usable
# Milliseconds since the navigation began. Usable: every script has started, and the page shows that its feed is live.
USABLE = "() => document.querySelector('#connection')?.dataset.state === 'live' && performance.now()"
WHOLE = "count => document.querySelectorAll('.notes > li').length >= count && performance.now()"


def missing() -> str | None:
    """What has to be installed before pages can be measured; None if nothing."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "Python packages playwright"
    return None if any(map(program, BROWSERS)) else "Chromium"


@contextmanager
def browsing(server: Server) -> Iterator["BrowserContext"]:
    """A browser with an empty cache, signed in as the readers of `server` are."""
    if lack := missing():
        raise RuntimeError(f"not here: {lack}")
    from playwright.sync_api import sync_playwright

    executable = next(found for name in BROWSERS if (found := program(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        context = browser.new_context()
        cookie = server.headers.strip().removeprefix("Cookie: ")
        if cookie:
            name, _, value = cookie.partition("=")
            context.add_cookies([{"name": name, "value": value, "url": f"http://127.0.0.1:{server.port}"}])
        yield context
        browser.close()


@dataclass(frozen=True)
class Page:
    """The board with `notes` notes, opened with an empty cache and again with the cache of that visit.

    phone    as on a phone: 4G, and a processor that is six times slower than this one
    """

    notes: int
    phone: bool = False

    def measure(self, server: Server) -> Measurement:
        """Measure once."""
        with browsing(server) as context:
            first, again = (self._visit(context, server) for _ in range(2))
        values = {f"first_{name}": value for name, value in first.items()}
        return Measurement({**values, **{f"again_{name}": value for name, value in again.items()}})

    def _visit(self, context: "BrowserContext", server: Server) -> dict[str, float]:
        """Open the board in a new tab and close it."""
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        sizes: list[float] = []

        def loaded(event: dict[str, Any]) -> None:
            sizes.append(event["encodedDataLength"])

        session.on("Network.loadingFinished", loaded)
        if self.phone:
            page.set_viewport_size(PHONE)
            session.send("Network.emulateNetworkConditions", FOUR_G)
            session.send("Emulation.setCPUThrottlingRate", {"rate": 6})
        page.goto(f"http://127.0.0.1:{server.port}{PATH}", wait_until="commit")
        usable = page.wait_for_function(USABLE, timeout=LIMIT).json_value()
        whole = page.wait_for_function(WHOLE, arg=self.notes, timeout=LIMIT).json_value()
        page.close()
        return {"kb": sum(sizes) / 1024, "requests": len(sizes), "usable": float(usable), "whole": float(whole)}
