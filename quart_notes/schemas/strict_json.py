"""Reads and writes JSON for every route."""

import json
from typing import Any, NoReturn

from quart_notes.errors import InvalidJsonError
from quart_notes.schemas import UNSTORABLE

MAX_DEPTH = 32  # nested arrays and objects


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJsonError(f"The body holds {name}, which JSON does not have.")


DECODER = json.JSONDecoder(parse_constant=_refuse_constant)  # json.loads would make one each time


def parse(body: bytes) -> Any:
    """The document in `body`; InvalidJsonError unless it is one valid JSON document.

    Strict UTF-8; at most MAX_DEPTH deep; no NaN or Infinity, which are not JSON; no NUL and no lone surrogates, which
    cannot be stored.
    source   RFC 8259; https://docs.python.org/3/library/json.html (parse_constant)
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidJsonError("The body is not UTF-8.") from None
    try:
        document = _decoded(text)
    except RecursionError:
        raise InvalidJsonError(f"The body is nested deeper than {MAX_DEPTH}.") from None
    except json.JSONDecodeError as error:
        raise InvalidJsonError(f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    except ValueError:  # a number of thousands of digits
        raise InvalidJsonError("The body holds a number that is too long.") from None
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(document)
    if "\\u" in text:
        _check_text(document)
    return document


def _decoded(text: str) -> Any:
    try:
        document, end = DECODER.raw_decode(text)
    except json.JSONDecodeError:
        end = -1
    return document if end == len(text) else DECODER.decode(text)  # with blanks around it, or invalid


def _check_depth(document: Any) -> None:
    level = [document]
    for _ in range(MAX_DEPTH + 1):
        level = [value for value in level if isinstance(value, dict | list)]
        if not level:
            return
        level = [inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer)]
    raise InvalidJsonError(f"The body is nested deeper than {MAX_DEPTH}.")


def _check_text(document: Any) -> None:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if UNSTORABLE.search(value):
                raise InvalidJsonError("The body holds a NUL or half a surrogate pair, which cannot be stored.")
        elif isinstance(value, dict):
            waiting += value.keys()
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def dump(value: Any) -> bytes:
    """Compact JSON, as UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
