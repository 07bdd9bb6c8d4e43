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


def test_a_model_of_valid_values_equals_a_checked_one_in_any_order():
    values = {"value": "dark", "key": "theme", "another_column": 1}

    trusted = PreferenceOut.of_valid(values)

    checked = PreferenceOut(key="theme", value="dark")
    assert trusted == checked
    assert trusted.json_bytes == checked.json_bytes
    assert trusted.model_copy(update={"value": "light"}).value == "light"


def test_a_model_of_valid_values_needs_all_of_them():
    with pytest.raises(KeyError):
        PreferenceOut.of_valid({"key": "theme"})
