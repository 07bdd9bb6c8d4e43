"""The models that quart-schema validates and encodes."""

from pathlib import Path
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel
from quart_schema.validation import QUART_SCHEMA_QUERYSTRING_ATTRIBUTE, QUART_SCHEMA_REQUEST_ATTRIBUTE

from quart_notes import create_app
from quart_notes.schemas import HealthOut, NoteCreate, NoteQuery
from quart_notes.settings import Settings


def _models(view: Any) -> set[type[BaseModel]]:
    body, _ = getattr(view, QUART_SCHEMA_REQUEST_ATTRIBUTE, (None, None))
    returned = get_type_hints(view).get("return")
    found = {body, getattr(view, QUART_SCHEMA_QUERYSTRING_ATTRIBUTE, None), returned, *get_args(returned)}
    return {one for one in found if isinstance(one, type) and issubclass(one, BaseModel)}


def test_no_model_is_built_for_each_request(tmp_path: Path):
    """quart-schema makes an adapter for each: of a model that is not built, that takes a millisecond every time."""
    app = create_app(Settings(data=tmp_path))

    models = {model for view in app.view_functions.values() for model in _models(view)}

    assert models >= {NoteCreate, NoteQuery, HealthOut}
    assert [model for model in models if model.model_config.get("defer_build")] == []
