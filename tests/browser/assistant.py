"""The assistant's answers on a page, and a model that the tests control."""

from typing import Any

from playwright.sync_api import Locator, Page

from tests.browser.rooms import fresh
from tests.support.servers.fake_ollama import FakeOllama

FIELD = "#message-form [name=content]"
ANSWERS = "#messages > [data-answer]"


class Model:
    """Controls the model. A `hold` step in an answer waits until `go`."""

    def __init__(self, upstream: FakeOllama) -> None:
        self.upstream = upstream
        self._name = fresh("hold")
        self.hold = {"hold": self._name}

    def will(self, *steps: Any) -> str:
        """A question that gets these steps as its answer."""
        word = fresh("question").replace(" ", "")
        self.upstream.will(word, *steps)
        return f"What about {word}"

    def instead(self, question: str, *steps: Any) -> None:
        """Give the question another answer from now on."""
        self.upstream.will(question.rsplit(maxsplit=1)[-1], *steps)

    def go(self) -> None:
        """Continue the waiting answers."""
        self.upstream.release(self._name)


def answer(page: Page, state: str) -> Locator:
    """The answers in this state."""
    return page.locator(f"#messages > [data-answer={state}]")
