"""How a request's body is read: one reader for all routes."""

from typing import Any, cast

from quart import Request

from quart_notes.errors import UnsupportedMediaTypeError
from quart_notes.jsonio import parse


class CheckedRequest(Request):
    """A request whose JSON went through the one reader; quart-schema's validation reads it here too."""

    async def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """The body's JSON document.

        raises   UnsupportedMediaTypeError, InvalidJsonError; 413 and 408 come from Quart's body reader
        """
        if not (force or self.is_json):
            raise UnsupportedMediaTypeError("Send a JSON document with Content-Type: application/json.")
        return parse(cast(bytes, await self.get_data(cache=cache, as_text=False)))
