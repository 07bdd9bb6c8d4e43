"""What people see of the assistant, and what the model behind it is told to say."""

from typing import Any

from playwright.sync_api import Locator, Page

from tests.browser.rooms import fresh
from tests.support.servers.fake_ollama import FakeOllama

FIELD = "#message-form [name=content]"
ANSWERS = "#messages > [data-answer]"


class Model:
    """What the model says. With `hold` among the steps of an answer it waits there until `go`."""

    def __init__(self, upstream: FakeOllama) -> None:
        self.upstream = upstream
        self._name = fresh("hold")
        self.hold = {"hold": self._name}

    def will(self, *steps: Any) -> str:
        """A question that is answered with these steps."""
        word = fresh("question").replace(" ", "")
        self.upstream.will(word, *steps)
        return f"What about {word}"

    def instead(self, question: str, *steps: Any) -> None:
        """Answer a question with other steps from now on."""
        self.upstream.will(question.rsplit(maxsplit=1)[-1], *steps)

    def go(self) -> None:
        """Go on with what is held."""
        self.upstream.release(self._name)


def answer(page: Page, state: str) -> Locator:
    """The answers that stand so."""
    return page.locator(f"#messages > [data-answer={state}]")
