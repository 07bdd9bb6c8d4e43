"""What is one emoji, and its one spelling."""

import pytest

from quart_notes.domain.reactions.emoji import one_emoji
from quart_notes.schemas import EMOJI_MAX

SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
QUALIFIED = (
    *("👍", "👍🏽", "❤️", "🇨🇭", "#️⃣", "1️⃣", "☺️", "©️", "🫹🏿", SCOTLAND),
    *("👨‍👩‍👧‍👦", "🏳️‍🌈", "🧑🏿‍❤️‍💋‍🧑🏻", "👁️‍🗨️", "🧔🏽‍♂️", "🏃🏻‍♀️‍➡️", "🫱🏻‍🫲🏿", "⛹️‍♀️"),
)


def test_a_fully_qualified_emoji_is_kept_as_it_is():
    assert [one_emoji(text) for text in QUALIFIED] == list(QUALIFIED)


def test_another_spelling_of_an_emoji_is_the_same_emoji():
    for text, emoji in {"❤": "❤️", "👍\ufe0f": "👍", "1\u20e3": "1️⃣", "🏳‍🌈": "🏳️‍🌈", "👁‍🗨": "👁️‍🗨️"}.items():
        assert one_emoji(text) == emoji


@pytest.mark.parametrize(
    "texts",
    [
        ("", "a", "1", "#", "é", " ", "ok", ":)", ":thumbs_up:", "\u200d", "\ufe0f", "\u20e3"),
        ("👍👎", "👍a", "a👍", "👍 ", "🇨🇭🇨🇭", "1️⃣2️⃣", "👍‍", "‍👍", "👍‍a", "❤️️"),
        ("🇨", "🇦🇦", "🏽", "🍕🏽", "☺\ufe0e", "\U0001f3f4\U000e0067\U000e007f", "中", "𓀀", "\U0001f3fb"),
        ("👨‍👩‍👧‍👦‍👦", "👍" * EMOJI_MAX),
    ],
    ids=["no emoji", "several", "a part of one", "too long"],
)
def test_anything_else_is_none(texts: tuple[str, ...]):
    assert {text: one_emoji(text) for text in texts} == dict.fromkeys(texts)
