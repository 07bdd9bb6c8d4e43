"""Text as it is compared."""

import unicodedata


def normalised(text: str) -> str:
    """Text for a search or a comparison: é is é however it was typed, and case does not count."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
