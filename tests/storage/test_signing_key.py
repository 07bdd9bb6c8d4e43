"""The signing key: created once, private, and the only one whose signatures are valid."""

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


def test_the_key_is_created_once_and_readable_by_the_servers_user_only(tmp_path: Path):
    folder = tmp_path / "deep" / "data"
    signed = _opened(folder).sign("session", "text")

    file = folder / FILE
    assert len(file.read_bytes()) == KEY_BYTES
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert _opened(folder).verify("session", signed) == "text", "after a restart too"
    assert _opened(tmp_path / "elsewhere").verify("session", signed) is None


@pytest.mark.parametrize("content", [b"", b"x", b"x" * (KEY_BYTES - 1)])
def test_a_truncated_key_is_not_used(tmp_path: Path, content: bytes):
    (tmp_path / FILE).write_bytes(content)

    with pytest.raises(ValueError, match="is not a key; delete it"):
        _opened(tmp_path)


@pytest.mark.sqlite_only("the key's file")
def test_a_truncated_key_stops_the_start_with_an_explanation(tmp_path: Path):
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
def test_no_changed_text_has_a_valid_signature(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
):
    signing = _opened(tmp_path_factory.getbasetemp() / "signing")
    signed = signing.sign("session", text)
    assert signing.verify("session", signed) == text
    at = data.draw(st.integers(0, len(signed) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda character: character != signed[at]))

    changed = signed[:at] + other + signed[at + 1 :]
    read = signing.verify("session", changed)

    # Base64 ignores spare bits in the last letter and has two alphabets: the same signature, of the same text.
    assert read is None or (read == text and _signature(changed) == _signature(signed))


def _signature(signed: str) -> bytes:
    letters = signed.rpartition(".")[2].translate(str.maketrans("+/", "-_"))
    return urlsafe_b64decode(letters + "=" * (-len(letters) % 4))


@pytest.mark.parametrize("nonsense", ["", ".", "x", "x.", ".x", "é.é", "x" * 10_000, "\0.\0", "a.b.c.d"])
def test_invalid_text_is_not_signed(tmp_path: Path, nonsense: str):
    assert _opened(tmp_path).verify("session", nonsense) is None


@pytest.mark.sqlite_only("the key's file")
async def test_a_new_key_ends_all_sessions(tmp_path: Path):
    async with opened_house(tmp_path / "data") as house:
        await house.welcome("root")
        cookie = await house.cookie("root")
        async with house.client(cookie) as client:
            assert (await client.get("/api/me")).status_code == 200
    (tmp_path / "data" / FILE).unlink()
    async with opened_house(tmp_path / "data") as house, house.client(cookie) as client:
        assert (await client.get("/api/me")).status_code == 401
