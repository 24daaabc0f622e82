from collections.abc import Callable
from pathlib import Path

import pytest

from stores.encryption import CHUNK, MAGIC, TAG, decrypt_file, encrypt_file
from stores.errors import ArchiveError

KEY = bytes(range(32))


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    plain = tmp_path / "plain"
    plain.write_bytes(b"x" * CHUNK + b"the end")
    encrypt_file(plain, tmp_path / "sealed", key=KEY, label=b"1")
    return tmp_path / "sealed"


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_what_is_encrypted_comes_back(tmp_path: Path, size: int) -> None:
    (tmp_path / "plain").write_bytes(b"a" * size)
    encrypt_file(tmp_path / "plain", tmp_path / "sealed", key=KEY, label=b"1")
    decrypt_file(tmp_path / "sealed", tmp_path / "back", key=KEY, label=b"1")

    assert (tmp_path / "back").read_bytes() == b"a" * size


def change(content: bytes) -> bytes:
    return content[:100] + bytes([content[100] ^ 1]) + content[101:]


def cut_at_a_chunk(content: bytes) -> bytes:
    return content[: len(MAGIC) + CHUNK + TAG]


@pytest.mark.parametrize(
    "tamper", [change, cut_at_a_chunk, lambda content: content + b"x", lambda content: b"PK" + content]
)
def test_a_file_that_was_tampered_with_does_not_decrypt(sealed: Path, tamper: Callable[[bytes], bytes]) -> None:
    sealed.write_bytes(tamper(sealed.read_bytes()))

    with pytest.raises(ArchiveError, match="restore it from a backup"):
        decrypt_file(sealed, sealed.with_name("back"), key=KEY, label=b"1")


@pytest.mark.parametrize(("key", "label"), [(bytes(32), b"1"), (KEY, b"2")])
def test_another_key_or_place_does_not_decrypt(sealed: Path, key: bytes, label: bytes) -> None:
    with pytest.raises(ArchiveError, match="altered or cut off"):
        decrypt_file(sealed, sealed.with_name("back"), key=key, label=label)
