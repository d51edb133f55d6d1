"""Two secrets that keep phone numbers unreadable at rest: one makes tokens for joins, one encrypts."""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from handlers.warehouse.problems import KeyDamaged, KeysDoNotFit

KEY_BYTES = 32
NONCE_BYTES = 12
TOKEN_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The pair of keys of one instance; never printed, never in the repository."""

    token_key: bytes = field(repr=False)
    number_key: bytes = field(repr=False)

    @classmethod
    def from_folder(cls, folder: Path) -> Self:
        """Read both keys; what is not there yet is made, readable by its owner only."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(token_key=_key(folder / "token.key"), number_key=_key(folder / "number.key"))

    @property
    def fingerprint(self) -> str:
        """Tells two pairs of keys apart without telling anything about them."""
        marks = (hmac.digest(key, b"fingerprint", "sha256") for key in (self.token_key, self.number_key))
        return hashlib.sha256(b"".join(marks)).hexdigest()[:16]

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(self.number_key)

    def token(self, number: str) -> str:
        """One number, one token of 32 hex digits; no way back without the key (HMAC-SHA256)."""
        return hmac.digest(self.token_key, number.encode(), "sha256")[:TOKEN_BYTES].hex()

    def seal(self, number: str, sid: int) -> bytes:
        """Encrypt a number for one subscriber only: put on another row it does not open (AES-256-GCM)."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, number.encode(), _bound_to(sid))

    def unseal(self, sealed: bytes, sid: int) -> str:
        """Give the number back; raises KeysDoNotFit where key, row or content is not the one it was."""
        try:
            nonce, content = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
            plain = self._cipher.decrypt(nonce, content, _bound_to(sid))
        except InvalidTag:
            raise KeysDoNotFit() from None
        return plain.decode()


def mask_number(number: str) -> str:
    """What a screen shows of a number: its first three and last four digits."""
    return f"{number[:3]}****{number[-4:]}" if len(number) > 7 else "****"


def _bound_to(sid: int) -> bytes:
    return sid.to_bytes(8, "big")


def _key(path: Path) -> bytes:
    if not path.exists():
        _make(path)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise KeyDamaged(file=path.name)
    return key


def _make(path: Path) -> None:
    """Whole or not at all, and the first of two that start together wins."""
    draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
