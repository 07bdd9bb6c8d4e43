"""User actions in a window of any browser, and what it shows."""

import time
from pathlib import Path
from typing import Any

from tests.browser.engines.engine import Engine, EngineError
from tests.browser.windows import FINISH

PATIENCE = 60.0  # seconds until an unmet condition fails the test, on a very busy machine too
KEYS = {
    "Enter": "\ue007",
    "Escape": "\ue00c",
    "Tab": "\ue004",
    "Delete": "\ue017",
    "Control": "\ue009",
    "Shift": "\ue008",
}
SEEN = """(css, text) => [...document.querySelectorAll(css)].filter(
  element => (element.innerText ?? "").includes(text) && element.checkVisibility({visibilityProperty: true}))"""
# Where a pointer would reach it: in view, not covered, and not moving: to wait for animations would cost more than the
# rest of most tests.
REACHED = f"""(css, text) => {{
  const [element] = ({SEEN})(css, text);
  if (!element) return null;
  ({FINISH})();
  element.scrollIntoView({{block: "center", behavior: "instant"}});
  const {{ left, top, width, height }} = element.getBoundingClientRect();
  const [x, y] = [Math.round(left + width / 2), Math.round(top + height / 2)];
  const there = document.elementFromPoint(x, y);
  return there && element.contains(there) ? [x, y] : null;
}}"""
AWAITED = f"""(css, text) => {{
  window.wasHit = false;
  for (const element of ({SEEN})(css, text).slice(0, 1)) {{
    element.addEventListener("click", () => {{ window.wasHit = true; }}, {{capture: true, once: true}});
  }}
}}"""


class Window:
    """A window on a server."""

    def __init__(self, engine: Engine, base: str) -> None:
        self.engine = engine
        self._base = base

    def visit(self, path: str) -> None:
        """Open a page, and wait until its feed is live."""
        self.goto(path)
        self.sees("#connection", "Live")

    def goto(self, path: str) -> None:
        """Open a page, or an address."""
        self.engine.goto(path if ":" in path else self._base + path)

    def another(self) -> "Window":
        """One more window of the same browser."""
        return Window(self.engine.another(), self._base)

    def until(self, function: str, *args: Any, what: str = "") -> Any:
        """The result of a function in the page once it is true; it is polled until then."""
        deadline = time.monotonic() + PATIENCE
        found, trouble = None, ""
        while not found:
            assert time.monotonic() < deadline, f"{what or function}{args}: not within {PATIENCE} s. {trouble}"
            try:
                found = self.engine.evaluate(function, *args)
            except EngineError as error:  # a page that is being unloaded
                trouble = str(error)
            time.sleep(0 if found else 0.05)
        return found

    def ask(self, function: str, *args: Any) -> Any:
        """The result of a function in the page."""
        return self.engine.evaluate(function, *args)

    def sees(self, css: str, text: str = "") -> None:
        """Wait until the page has a visible element with this text."""
        self.until(f"(...where) => ({SEEN})(...where).length > 0", css, text, what="is seen: ")

    def misses(self, css: str, text: str = "") -> None:
        """Wait until there is no such element."""
        self.until(f"(...where) => ({SEEN})(...where).length === 0", css, text, what="is not seen: ")

    def click(self, css: str, text: str = "") -> None:
        """Click the middle of the element with this text."""
        hit = False
        while not hit:  # a layout shift during the click would make it miss
            x, y = self._reach(css, text)
            self.engine.evaluate(AWAITED, css, text)
            move = {"type": "pointerMove", "x": x, "y": y, "duration": 0}
            self._point(move, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0})
            hit = self.until("() => [window.wasHit !== false]", what="tells of the click: ")[0]

    def hover(self, css: str, text: str = "") -> None:
        """Move the pointer over the element."""
        x, y = self._reach(css, text)
        self._point({"type": "pointerMove", "x": x, "y": y, "duration": 0})

    def _reach(self, css: str, text: str) -> list[int]:
        """Its position, once two polls in a row return the same."""
        before, place = None, [0, 0]
        while place != before:
            before, place = place, self.until(REACHED, css, text, what="can be reached: ")
        return place

    def _point(self, *actions: dict[str, Any]) -> None:
        pointer = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}}
        self.engine.perform([{**pointer, "actions": list(actions)}])

    def press(self, *keys: str) -> None:
        """Press keys together, by name or character, and release them."""
        self._type(_stroke(*keys))

    def write(self, css: str, text: str) -> None:
        """Replace the value of a field with the keyboard."""
        self.click(css)
        self.until("css => document.activeElement === document.querySelector(css)", css, what="has the focus: ")
        self._type(_stroke("Control", "a") + [action for character in text for action in _stroke(character)])

    def _type(self, actions: list[dict[str, Any]]) -> None:
        self.engine.perform([{"type": "key", "id": "keyboard", "actions": actions}])

    def choose(self, css: str, file: Path) -> None:
        """Choose a file."""
        self.until("css => Boolean(document.querySelector(css))", css)
        self.engine.choose(css, file)


def _stroke(*keys: str) -> list[dict[str, Any]]:
    """Key-down events in this order and key-up events in reverse."""
    values = [KEYS.get(key, key) for key in keys]
    down = [{"type": "keyDown", "value": value} for value in values]
    return down + [{"type": "keyUp", "value": value} for value in reversed(values)]
