"""The examples in the API documents."""

from typing import Any

from pydantic import ConfigDict

MOMENT = "2026-01-31T09:30:00.000001Z"
USER: dict[str, Any] = {"id": 3, "name": "Ada Lovelace", "email": "ada@example.org", "nickname": "ada"}
OTHER_USER: dict[str, Any] = {"id": 4, "name": "Charles Babbage", "email": "charles@example.org", "nickname": "charles"}


def example(value: dict[str, Any]) -> ConfigDict:
    """The configuration of a model with this example."""
    return ConfigDict(json_schema_extra={"examples": [value]})
