"""The shapes of preferences."""

from typing import Any

from pydantic import Field

from quart_notes.schemas.examples import example
from quart_notes.schemas.fields import OutputModel

PREFERENCE_KEY_MAX = 64  # characters
PREFERENCE_KEY = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
PREFERENCE_VALUE_MAX = 8 * 1024  # bytes of JSON
PREFERENCES_MAX = 200  # of one person


class PreferenceOut(OutputModel):
    """A preference of a user."""

    model_config = example({"key": "theme", "value": "dark"})

    key: str = Field(description="Its name.", max_length=PREFERENCE_KEY_MAX)
    value: Any = Field(description="Any JSON value.")
