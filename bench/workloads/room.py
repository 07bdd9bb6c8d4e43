"""An open room in a browser: the work of its page for each message that arrives."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.figures import Measurement
from bench.server import Server
from bench.workloads.page import LIMIT, USABLE, browsing

if TYPE_CHECKING:
    from playwright.sync_api import APIRequestContext, BrowserContext, Page

PERSON = {"email": "a@bench.example"}
PAUSE = 700  # milliseconds from one message to the next: each is read, and marked as read
COUNTED = 10  # messages
REST = 1_500  # milliseconds after which a page has settled


@dataclass(frozen=True)
class Room:
    """A room with `messages` messages, all read, in which somebody else writes."""

    messages: int

    def measure(self, server: Server) -> Measurement:
        """Measure once."""
        base = f"http://127.0.0.1:{server.port}"
        with browsing(server) as context:
            talk = Talk(context.request, base)
            for number in range(self.messages):
                talk.post(number)
            talk.read()
            context.request.post(f"{base}/front/me", form={"person_id": talk.reader}, max_redirects=0)
            page = context.new_page()
            page.goto(f"{base}/front/rooms/{talk.room}")
            live = page.wait_for_function(USABLE, timeout=LIMIT).json_value()
            page.wait_for_timeout(REST)
            idle = _main_thread(context, page, lambda number: None)
            busy = _main_thread(context, page, talk.post)
        return Measurement({"usable": float(live), "event": busy - idle})


class Talk:
    """A room, somebody who writes in it, and a reader."""

    def __init__(self, request: "APIRequestContext", base: str) -> None:
        self._request, self._base = request, base
        self.room = self._made("/api/rooms", name="Room")
        self.writer, self.reader = (
            self._made("/api/users", name=name, nickname=name, **PERSON) for name in ("ada", "bob")
        )
        self.newest = 0

    def post(self, number: int) -> None:
        """Post a message."""
        content = f"an ordinary message of some words, number {number}"
        self.newest = self._made(f"/api/rooms/{self.room}/messages", author_id=self.writer, content=content)

    def read(self) -> None:
        """Mark all messages as read."""
        read = {"reader_id": self.reader, "message_id": self.newest}
        self._request.post(f"{self._base}/api/rooms/{self.room}/read", data=read)

    def _made(self, path: str, **fields: Any) -> int:
        return int(self._request.post(self._base + path, data=fields).json()["id"])


def _main_thread(context: "BrowserContext", page: "Page", act: Any) -> float:
    """Milliseconds of processor that the page's main thread uses from one `act` to the next."""
    assert context.browser is not None
    session = context.browser.new_browser_cdp_session()
    events: list[Any] = []
    ended: list[bool] = []

    def end(_: Any) -> None:
        ended.append(True)

    session.on("Tracing.dataCollected", lambda sent: events.extend(sent["value"]))
    session.on("Tracing.tracingComplete", end)
    session.send("Tracing.start", {"traceConfig": {"includedCategories": ["toplevel"]}})
    for number in range(COUNTED):
        act(number)
        page.wait_for_timeout(PAUSE)
    session.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(10)
    session.detach()
    main = {(one["pid"], one["tid"]) for one in events if one.get("args", {}).get("name") == "CrRendererMain"}
    used: Counter[tuple[int, int]] = Counter()
    for one in events:
        thread = (one["pid"], one["tid"])
        if thread in main and one["ph"] == "X" and one["name"].endswith("RunTask"):
            used[thread] += one.get("tdur", 0)
    return max(used.values(), default=0) / 1000 / COUNTED
