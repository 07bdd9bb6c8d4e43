"""Parts that the OpenAPI document has more than once stand in its components."""

import pytest

from quart_notes.web.openapi.sharing import Json, Parts, share


@pytest.fixture
def parts() -> Parts:
    return Parts()


def test_a_part_that_is_used_twice_is_referred_to(parts: Parts):
    first, second = (parts.add("responses", "Note", {"description": "The note."}) for _ in range(2))

    document, sections = share({"get": first, "put": [second]})

    reference = {"$ref": "#/components/responses/Note"}
    assert document == {"get": reference, "put": [reference]}
    assert sections == {"responses": {"Note": {"description": "The note."}}}


def test_a_part_that_is_used_once_stays_in_its_place(parts: Parts):
    document, sections = share({"get": parts.add("responses", "Note", {"description": "The note."})})

    assert document == {"get": {"description": "The note."}}
    assert sections == {}


def test_a_part_within_one_shared_part_stays_there(parts: Parts):
    def note() -> Json:
        return parts.add("responses", "Note", {"headers": {"ETag": parts.add("headers", "ETag", {"schema": {}})}})

    _, sections = share({"get": note(), "put": note()})

    assert sections == {"responses": {"Note": {"headers": {"ETag": {"schema": {}}}}}}


def test_two_different_shared_parts_cannot_have_one_name(parts: Parts):
    def note(text: str) -> Json:
        return parts.add("responses", "Note", {"description": text})

    with pytest.raises(ValueError, match="two different responses are named Note"):
        share({"paths": [note("The note."), note("The note."), note("Another."), note("Another.")]})


def test_a_part_that_is_used_once_may_have_the_name_of_a_shared_one(parts: Parts):
    def note(text: str) -> Json:
        return parts.add("responses", "Note", {"description": text})

    document, sections = share({"paths": [note("The note."), note("The note."), note("Another.")]})

    assert document["paths"][2] == {"description": "Another."}
    assert sections == {"responses": {"Note": {"description": "The note."}}}
