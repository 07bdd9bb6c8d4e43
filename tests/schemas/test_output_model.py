"""An output model is encoded once, and a copy with other values is encoded again."""

import json

import pytest

from quart_notes.schemas import PreferenceOut


@pytest.mark.parametrize("deep", [False, True])
def test_a_copy_with_other_values_is_encoded_again(deep: bool):
    original = PreferenceOut(key="theme", value="dark")
    sent = original.json_bytes

    copied = original.model_copy(update={"value": "light"}, deep=deep)

    assert json.loads(copied.json_bytes) == {"key": "theme", "value": "light"}
    assert original.json_bytes is sent
