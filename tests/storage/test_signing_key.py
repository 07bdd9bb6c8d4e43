"""The server's own key: made once, read by nobody else; what it signed is known again, and nothing else is."""

import stat
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_notes.storage.signing_key import FILE, KEY_BYTES, SigningKey
from tests.support.accounts_app import opened_house
from tests.support.servers.server_process import ServerProcess


def _opened(folder: Path) -> SigningKey:
    signing = SigningKey(folder)
    signing.open_file()
    return signing


def test_the_key_is_made_once_and_for_the_servers_own_user_only(tmp_path: Path):
    folder = tmp_path / "deep" / "data"
    signed = _opened(folder).sign("session", "text")

    file = folder / FILE
    assert len(file.read_bytes()) == KEY_BYTES
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert _opened(folder).verify("session", signed) == "text", "after a restart too"
    assert _opened(tmp_path / "elsewhere").verify("session", signed) is None


@pytest.mark.parametrize("content", [b"", b"x", b"x" * (KEY_BYTES - 1)])
def test_a_key_that_is_cut_short_is_not_used(tmp_path: Path, content: bytes):
    (tmp_path / FILE).write_bytes(content)

    with pytest.raises(ValueError, match="is not a key; delete it"):
        _opened(tmp_path)


@pytest.mark.sqlite_only("the key's file")
def test_a_key_cut_short_stops_the_start_with_words(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FILE).write_bytes(b"x")

    server = ServerProcess(tmp_path / "data")
    with pytest.raises(AssertionError, match="is not a key; delete it"):
        server.start()
    assert "Traceback" not in server.log
    server.__exit__()


def test_a_signature_is_valid_for_its_purpose_only(tmp_path: Path):
    signing = _opened(tmp_path)

    assert signing.verify("session", signing.sign("device", "7")) is None
    assert signing.verify("device", signing.sign("device", "7")) == "7"


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40), data=st.data())
def test_no_other_text_passes_for_what_was_signed(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
):
    signing = _opened(tmp_path_factory.getbasetemp() / "signing")
    signed = signing.sign("session", text)
    assert signing.verify("session", signed) == text
    at = data.draw(st.integers(0, len(signed) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda character: character != signed[at]))

    changed = signed[:at] + other + signed[at + 1 :]
    read = signing.verify("session", changed)

    # Base64 has two words for some letters, and bits to spare in the last one: the same signature, of the same text.
    assert read is None or (read == text and _signature(changed) == _signature(signed))


def _signature(signed: str) -> bytes:
    letters = signed.rpartition(".")[2].translate(str.maketrans("+/", "-_"))
    return urlsafe_b64decode(letters + "=" * (-len(letters) % 4))


@pytest.mark.parametrize("nonsense", ["", ".", "x", "x.", ".x", "é.é", "x" * 10_000, "\0.\0", "a.b.c.d"])
def test_nonsense_is_not_signed(tmp_path: Path, nonsense: str):
    assert _opened(tmp_path).verify("session", nonsense) is None


@pytest.mark.sqlite_only("the key's file")
async def test_with_another_key_everybody_signs_in_again(tmp_path: Path):
    async with opened_house(tmp_path / "data") as house:
        await house.welcome("root")
        cookie = await house.cookie("root")
        async with house.client(cookie) as client:
            assert (await client.get("/api/me")).status_code == 200
    (tmp_path / "data" / FILE).unlink()
    async with opened_house(tmp_path / "data") as house, house.client(cookie) as client:
        assert (await client.get("/api/me")).status_code == 401
