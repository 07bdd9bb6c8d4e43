"""The server's signing key: signs values that the server hands out and checks them later."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path

from itsdangerous import BadSignature, Signer

from quart_notes.models import ServerKey
from quart_notes.private_files import make_folder, open_file
from quart_notes.storage.database import Database

FILE = "secret"  # in the data folder
KEY_BYTES = 32


def key_in(folder: Path) -> bytes | None:
    """The key of a data folder; None when there is none."""
    try:
        return (folder / FILE).read_bytes()
    except FileNotFoundError:
        return None


class SigningKey:
    """Signs texts, with a separate key for each kind; the key is created at the first start.

    It is stored in the data folder, or in a database that servers on many machines share.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._key = b""

    async def open(self, database: Database) -> None:
        """Read the key, or create it."""
        if isinstance(database.target, Path):
            self.open_file()
            return
        async with database.transaction() as connection:
            new = {"key": secrets.token_hex(KEY_BYTES)}
            stored, _ = await ServerKey.get_or_create(new, using_db=connection, id=1)
        self._key = bytes.fromhex(stored.key)

    def open_file(self) -> None:
        """Read the key of the data folder, or create it; only the server's own user can read it."""
        make_folder(self._file.parent)
        try:
            with open_file(self._file, "xb") as file:
                self._key = secrets.token_bytes(KEY_BYTES)
                file.write(self._key)
        except FileExistsError:
            self._key = self._file.read_bytes()
        if len(self._key) < KEY_BYTES:
            raise ValueError(f"{self._file} is not a key; delete it to have a new one made (everybody signs in again)")

    def sign(self, kind: str, text: str) -> str:
        """The text with its signature."""
        return self._signer(kind).sign(text).decode()

    def secret(self, name: str) -> str:
        """A secret of 256 bits, always the same for the same name; it cannot be guessed without the key."""
        mac = hmac.digest(self._key, f"quart-notes secret {name}".encode(), "sha256")
        return urlsafe_b64encode(mac).rstrip(b"=").decode()

    def verify(self, kind: str, signed: str) -> str | None:
        """The signed text; None unless this key signed it."""
        try:
            return self._signer(kind).unsign(signed).decode()
        except BadSignature:
            return None

    def _signer(self, kind: str) -> Signer:
        return Signer(self._key, salt=f"quart-notes {kind}", key_derivation="hmac")
