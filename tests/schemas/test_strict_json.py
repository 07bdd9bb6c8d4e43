"""A body is one JSON document, with nothing but blanks around it."""

import pytest

from quart_notes.errors import InvalidJsonError
from quart_notes.schemas.strict_json import parse


@pytest.mark.parametrize("body", [b'{"a": [1]}', b' \r\n{"a": [1]}', b'{"a": [1]}\t\n', b'\n {"a": [1]} '])
def test_blanks_around_a_document_do_not_count(body: bytes):
    assert parse(body) == {"a": [1]}


@pytest.mark.parametrize("body", [b"", b" ", b'{"a": 1}{', b'{"a": 1} {}', b'\x0c{"a": 1}', b'{"a": 1}\xc2\xa0'])
def test_anything_else_around_it_is_refused(body: bytes):
    with pytest.raises(InvalidJsonError):
        parse(body)
