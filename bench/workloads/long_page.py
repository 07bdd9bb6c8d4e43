"""A long board in a browser: frames while it loads and somebody scrolls, and the time from a key to its frame."""

from dataclasses import dataclass
from statistics import quantiles
from typing import TYPE_CHECKING

from bench.figures import Measurement
from bench.server import Server
from bench.workloads.page import LIMIT, PATH, WHOLE, browsing

if TYPE_CHECKING:
    from playwright.sync_api import Page

# To the next task after the frame that a key changes, in milliseconds.
WATCH_KEYS = """
  window.keys = [];
  addEventListener("keydown", ({ timeStamp }) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => keys.push(performance.now() - timeStamp);
    port2.postMessage(0);
  }), { capture: true });
"""
IN_COLUMNS = "() => document.querySelector('#notes')?.dataset.columns"
LOADED = "() => document.querySelector('#notes')?.ariaBusy !== 'true'"
# Scrolls down and up by 40 pixels a frame until all notes are there; the milliseconds between the frames.
SCROLL = """() => new Promise((done) => {
  const times = [];
  let down = true;
  const scroll = (now) => {
    times.push(now);
    const rest = document.documentElement.scrollHeight - innerHeight - scrollY;
    down = down ? rest > 40 : scrollY < 40;
    scrollBy({ top: down ? 40 : -40, behavior: "instant" });
    const busy = document.querySelector("#notes").ariaBusy === "true";
    if (busy || times.length < 60) requestAnimationFrame(scroll);
    else done(times.slice(1).map((time, index) => time - times[index]));
  };
  requestAnimationFrame(scroll);
})"""
PAUSE = 100  # milliseconds between two keys
REST = 2_000  # milliseconds, until far cards are in their places too


@dataclass(frozen=True)
class LongPage:
    """The board with `notes` notes."""

    notes: int

    def measure(self, server: Server) -> Measurement:
        """Measure once."""
        with browsing(server) as context:
            page = context.new_page()
            page.set_default_timeout(LIMIT)
            page.add_init_script(WATCH_KEYS)
            page.goto(f"http://127.0.0.1:{server.port}{PATH}", wait_until="commit")
            page.wait_for_function(IN_COLUMNS)
            whole = page.wait_for_function(WHOLE, arg=self.notes).json_value()
            page.reload(wait_until="commit")
            page.wait_for_function(IN_COLUMNS)
            frames = page.evaluate(SCROLL)
            page.wait_for_function(LOADED)
            page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
            page.wait_for_timeout(REST)
            keys = self._keys(page)
        return Measurement({"whole": float(whole), "frame_p95": _p95(frames), "key_p95": _p95(keys)})

    def _keys(self, page: "Page") -> list[float]:
        """Move between the cards, write a note and search; the milliseconds of each key."""
        for key in (*"jjjjjkk", "ArrowDown", "ArrowRight", "n", *"some words", "Escape", "Escape", "/", *"note 12"):
            page.keyboard.press(key)
            page.wait_for_timeout(PAUSE)
        page.wait_for_timeout(REST)
        found: list[float] = page.evaluate("keys")
        return found


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]
