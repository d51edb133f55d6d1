"""The two keys of an instance."""

import stat
from pathlib import Path

import pytest

from handlers.warehouse.keys import Keys, mask_number
from handlers.warehouse.problems import KeyDamaged, KeysDoNotFit


def test_keys_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    first = Keys.from_folder(tmp_path / "keys")
    assert Keys.from_folder(tmp_path / "keys") == first
    files = sorted((tmp_path / "keys").iterdir())
    assert [path.name for path in files] == ["number.key", "token.key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert first.token_key != first.number_key


def test_two_instances_have_different_tokens(tmp_path: Path) -> None:
    one, other = Keys.from_folder(tmp_path / "a"), Keys.from_folder(tmp_path / "b")
    assert one.token("13812345678") != other.token("13812345678")
    assert one.fingerprint != other.fingerprint
    assert len(one.token("13812345678")) == 32


def test_a_sealed_number_opens_for_its_own_row_only(tmp_path: Path) -> None:
    keys = Keys.from_folder(tmp_path)
    sealed = keys.seal("13812345678", 5)
    assert keys.unseal(sealed, 5) == "13812345678"
    assert keys.seal("13812345678", 5) != sealed
    with pytest.raises(KeysDoNotFit):
        keys.unseal(sealed, 6)
    with pytest.raises(KeysDoNotFit):
        keys.unseal(sealed[:-1] + b"\x00", 5)


def test_keys_are_never_printed(tmp_path: Path) -> None:
    keys = Keys.from_folder(tmp_path)
    assert keys.token_key.hex() not in repr(keys) and repr(keys.token_key) not in repr(keys)


def test_a_cut_key_file_is_told_and_not_replaced(tmp_path: Path) -> None:
    Keys.from_folder(tmp_path)
    (tmp_path / "token.key").write_bytes(b"short")
    with pytest.raises(KeyDamaged, match=r"token\.key"):
        Keys.from_folder(tmp_path)
    assert (tmp_path / "token.key").read_bytes() == b"short"


def test_a_masked_number_shows_no_more_than_seven_digits() -> None:
    assert mask_number("13812345678") == "138****5678"
    assert mask_number("10086") == "****"
