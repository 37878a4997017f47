"""The shop's secret key, with which e-mail addresses are hashed before anything is written."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import stat
from pathlib import Path

from mandje.errors import MandjeError
from mandje.shop.settings import Shop
from mandje.system.own_files import read_own, replace_file, write_own

_KEY = re.compile(r"[0-9a-f]{64}")
_MEND_FINGERPRINT = (
    "restore it from your backup, or remove it ({file}): the key that lies in secret.key is then taken for "
    "the right one"
)
_START_OVER = "to start over with another key remove {file}: all e-mail hashes change then"


def secret_key(shop: Shop, *, create: bool) -> bytes:
    """The 32 bytes in the shop's key file; made, with mode 600, where `create` and none was ever used.

    Raises:
        MandjeError: no key, one that others may read, one that is no key, or another than was used before.
    """
    path, known = shop.key_file, known_fingerprint(shop)
    if not path.exists():
        if known is not None or not create:
            raise _missing(shop, known)
        replace_file(path, secrets.token_hex(32).encode())
    key = _read_key(path)
    if known is None:
        write_own(_fingerprint_file(shop), {"fingerprint": fingerprint(key)})
    elif not hmac.compare_digest(known, fingerprint(key)):
        raise MandjeError(
            "the secret key is not the one that this shop was loaded with",
            file=str(path),
            next_step="restore the key from your backup; "
            + _START_OVER.format(file=str(_fingerprint_file(shop))),
        )
    return key


def key_for_trial(shop: Shop) -> bytes:
    """The shop's key without writing anything: where none was ever used, one that is thrown away.

    Raises:
        MandjeError: as `secret_key` does.
    """
    known = known_fingerprint(shop)
    if known is not None:
        return secret_key(shop, create=False)
    return _read_key(shop.key_file) if shop.key_file.exists() else secrets.token_bytes(32)


def fingerprint(key: bytes) -> str:
    """Tells whether two keys are equal, without telling the key: HMAC-SHA256 of a constant."""
    return hmac.new(key, b"mandje key fingerprint", hashlib.sha256).hexdigest()


def known_fingerprint(shop: Shop) -> str | None:
    """Fingerprint of the key that the shop was loaded with, None before the first night."""
    content = read_own(_fingerprint_file(shop), {"fingerprint": str}, _MEND_FINGERPRINT)
    return None if content is None else str(content["fingerprint"])


def forget_fingerprint(shop: Shop) -> None:
    """Forget which key the shop was loaded with: nothing is loaded any more."""
    _fingerprint_file(shop).unlink(missing_ok=True)


def _fingerprint_file(shop: Shop) -> Path:
    return shop.ops / "key.json"


def _read_key(path: Path) -> bytes:
    mode = stat.S_IMODE(path.stat().st_mode)
    if path.is_file() and mode & 0o077:
        raise MandjeError(
            "the secret key may be read by others",
            file=str(path),
            found=f"mode {mode:o}",
            expected="mode 600",
            next_step=f"chmod 600 {path}",
        )
    text = path.read_bytes().strip().decode("ascii", "replace") if path.is_file() else ""
    if _KEY.fullmatch(text) is None:
        raise MandjeError(
            "the secret key is damaged",
            file=str(path),
            expected="64 hex digits",
            next_step="restore the key from your backup",
        )
    return bytes.fromhex(text)


def _missing(shop: Shop, known: str | None) -> MandjeError:
    step = "run a night, which makes one"
    if known is not None:
        step = "restore the key from your backup; " + _START_OVER.format(file=str(_fingerprint_file(shop)))
    return MandjeError("the shop has no secret key", file=str(shop.key_file), next_step=step)
