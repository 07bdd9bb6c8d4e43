"""Reads a JSON array element by element: only one element, of limited size, is in memory.

The standard library reads a whole document; here it reads whole elements, and bad ones are skipped.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

from quart_notes.transfer.errors import UnreadableError
from quart_notes.transfer.source_files import Bytes

PIECE = 64 * 1024  # bytes read at once
ELEMENT_MAX = 1 << 20  # characters of an element: far more than a note may have
SPACE = re.compile(r"[ \t\n\r]*")
NUMBER = re.compile(r"[-+.0-9Ee]*")  # characters that may continue a number
OUTSIDE = re.compile(r'["\[\]{},]')  # structural characters between strings
INSIDE = re.compile(r'["\\]')  # special characters within a string


class BadElement(NamedTuple):
    """An element that is not JSON; `why` is the reason."""

    why: str


class JsonReader:
    """Reads the document in a file from beginning to end.

    Bytes that are not UTF-8 become lone surrogates, which no note may contain.

    raises   UnreadableError when it is not JSON around the elements
    """

    def __init__(self, file: Bytes) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self._json = json.JSONDecoder(parse_constant=_refuse)
        self._text = ""
        self._at = 0
        self._dropped = 0  # characters before `_text`
        self._ended = False

    def peek(self) -> str:
        """The next character that is not white space; empty at the end."""
        while True:
            self._at = SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def skip(self, *wanted: str) -> str:
        """Skip one of these characters; returns it."""
        found = self.peek()
        if not found or found not in wanted:
            self._fail("there should be " + " or ".join(wanted) + (f", not {found}" if found else ""))
        self._at += 1
        return found

    def value(self) -> Any:
        """The next value; UnreadableError when it is invalid."""
        found = self.element()
        if isinstance(found, BadElement):
            self._fail(found.why)
        return found

    def element(self) -> Any:
        """The next element of an array, or a BadElement, which was skipped."""
        self.peek()
        while True:
            try:
                found, end = self._json.raw_decode(self._text, self._at)
            except RecursionError:
                return self._skip_element("it is nested too deep")
            except ValueError as error:
                if len(self._text) - self._at <= ELEMENT_MAX and self._more():
                    continue
                return self._skip_element(getattr(error, "msg", None) or str(error))
            if isinstance(found, int | float) and NUMBER.fullmatch(self._text, end) and self._more():
                continue  # the number may continue in the next piece
            too_long = end - self._at > ELEMENT_MAX
            self._at = end
            return BadElement("it is too long") if too_long else found

    def array(self) -> Iterator[Any]:
        """The elements of the next array."""
        self.skip("[")
        if self.peek() == "]":
            self.skip("]")
            return
        while True:
            yield self.element()
            if self.skip(",", "]") == "]":
                return

    def _skip_element(self, why: str) -> BadElement:
        """Skip an element that cannot be read, by its brackets and strings alone."""
        if self._text[self._at : self._at + 1] in {"", ",", "]", "}"}:
            self._fail("a value is missing")
        depth = 0
        while True:
            found = OUTSIDE.search(self._text, self._at)
            if found is None:
                self._at = len(self._text)
                if not self._more():
                    self._fail("it ends in the middle")
                continue
            self._at = found.start()
            character = found[0]
            if depth == 0 and character in ",]}":
                return BadElement(why)
            self._at += 1
            if character == '"':
                self._skip_string()
            elif character in "[{":
                depth += 1
            elif character in "]}":
                depth -= 1

    def _skip_string(self) -> None:
        while True:
            found = INSIDE.search(self._text, self._at)
            if found is None or (found[0] == "\\" and found.end() == len(self._text)):
                self._at = len(self._text) if found is None else found.start()
                if not self._more():
                    self._fail("it ends in the middle")
                continue
            self._at = found.end() + (found[0] == "\\")
            if found[0] == '"':
                return

    def _more(self) -> bool:
        """Read the next piece, and drop what was parsed; returns whether there was more."""
        if self._ended:
            return False
        data = self._file.read(PIECE)
        self._ended = not data
        self._dropped += self._at
        self._text = self._text[self._at :] + self._decoder.decode(data, final=self._ended)
        self._at = 0
        return True

    def _fail(self, why: str) -> NoReturn:
        raise UnreadableError(f"It is not whole JSON: at character {self._dropped + self._at + 1:,}, {why}.")


def fields_of(reader: JsonReader) -> Iterator[str]:
    """The names of the next object's fields; read or skip the value of each before the next."""
    reader.skip("{")
    while reader.peek() == '"':
        key = reader.value()
        reader.skip(":")
        yield key
        if reader.skip(",", "}") == "}":
            break


def skip_value(reader: JsonReader) -> Any:
    """Skip a value, and return it unless it is an array, which may be long."""
    if reader.peek() != "[":
        return reader.value()
    for _ in reader.array():
        pass
    return None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}, which JSON does not have")
