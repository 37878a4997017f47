"""Refused bytes may hold personal data, so outside the exports they lie sealed with the shop's key.

AES-256-GCM in pieces of 1 MiB, numbered by their nonce. Every content has a key of its own (HMAC-SHA256 of
its hash with the shop's key), so no nonce is ever used twice, and equal bytes are sealed to equal bytes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PIECE = 1024 * 1024
_TAG = 16


def seal(source: Path, target: Path, key: bytes, sha256: str) -> None:
    """Write the sealed content of a file whose hash is `sha256`."""
    cipher = _cipher(key, sha256)
    with source.open("rb") as plain, target.open("wb") as sealed:
        for number, piece in enumerate(_pieces(plain, PIECE)):
            sealed.write(cipher.encrypt(_nonce(number), piece, None))


def unseal(source: Path, target: BinaryIO, key: bytes, sha256: str) -> None:
    """Write out what was sealed.

    Raises:
        cryptography.exceptions.InvalidTag: another key or hash, or damaged bytes.
    """
    cipher = _cipher(key, sha256)
    with source.open("rb") as sealed:
        pieces = enumerate(_pieces(sealed, PIECE + _TAG))
        target.writelines(cipher.decrypt(_nonce(number), piece, None) for number, piece in pieces)


def _cipher(key: bytes, sha256: str) -> AESGCM:
    return AESGCM(hmac.new(key, b"mandje seal " + sha256.encode(), hashlib.sha256).digest())


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while piece := file.read(size):
        yield piece
