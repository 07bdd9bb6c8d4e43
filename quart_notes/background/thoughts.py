"""Removes a reasoning model's thoughts from its answer, while the text streams in.

source   Ollama separates thoughts (`message.thinking`) only for models that it knows. Other models put them into the
         content, between `<think>` and `</think>`; some chat templates open the section in the prompt, so that only its
         end is seen.
"""

import re

TAG = re.compile(r"(?<!`)<(/?)think(?:ing)?>", re.IGNORECASE)  # after a backtick it is a quotation
UNFINISHED_TAG = re.compile(r"`?(?:<[/a-z]{0,9})?\Z", re.IGNORECASE)


class AnswerText:
    """The visible part of an answer that arrives in pieces.

    1. Text between an opening and a closing tag is never in `text`; a section without an end hides the rest.
    2. A closing tag without an opening one hides all text before it.
    3. A possible beginning of a tag waits for the next piece, or for `end`.
    """

    def __init__(self) -> None:
        self.text = ""
        self._pending = ""
        self._thinking = False

    def add(self, piece: str) -> None:
        """Add the next piece of the model's content."""
        self._pending += piece
        while tag := TAG.search(self._pending):
            self._pass(tag)
        finished, self._pending = _split(self._pending)
        self._show(finished)

    def end(self) -> None:
        """Show the text that waited for more."""
        self._show(self._pending)
        self._pending = ""

    def _pass(self, tag: re.Match[str]) -> None:
        closes = bool(tag[1])
        if not closes:
            self._show(self._pending[: tag.start()])
        elif not self._thinking:
            self.text = ""
        self._thinking = not closes
        self._pending = self._pending[tag.end() :]

    def _show(self, text: str) -> None:
        if not self._thinking:
            self.text += text if self.text else text.lstrip()


def _split(text: str) -> tuple[str, str]:
    """The text before a possible beginning of a tag, and that beginning."""
    start = next(UNFINISHED_TAG.finditer(text, max(0, len(text) - 12))).start()
    return text[:start], text[start:]
