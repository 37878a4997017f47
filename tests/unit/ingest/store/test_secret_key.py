"""The key of the e-mail hash: made once, kept private, never silently another."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mandje.errors import MandjeError
from mandje.ingest.discover import pending
from mandje.ingest.store.secret_key import secret_key
from mandje.shop.settings import Shop
from store_support import LAST_NIGHT, adjustments, drop, make_shop, night


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


def test_the_first_night_makes_a_private_key(shop: Shop) -> None:
    key = secret_key(shop, create=True)
    assert len(key) == 32
    assert stat.S_IMODE(shop.key_file.stat().st_mode) == 0o600
    assert secret_key(shop, create=True) == secret_key(shop, create=False) == key
    assert key.hex() not in (shop.ops / "key.json").read_text()


def test_two_shops_have_two_keys(tmp_path: Path) -> None:
    one, other = make_shop(tmp_path / "one"), make_shop(tmp_path / "other")
    assert secret_key(one, create=True) != secret_key(other, create=True)


def test_without_leave_no_key_is_made(shop: Shop) -> None:
    with pytest.raises(MandjeError, match="has no secret key"):
        secret_key(shop, create=False)
    assert not shop.key_file.exists()


def test_a_lost_key_is_not_replaced(shop: Shop) -> None:
    secret_key(shop, create=True)
    shop.key_file.unlink()
    with pytest.raises(MandjeError, match="restore the key"):
        secret_key(shop, create=True)


def test_another_key_stops_the_night(shop: Shop) -> None:
    drop(shop, "adjustments", "2025-01-06", adjustments("2025-01-06", 2))
    night(shop)
    shop.key_file.write_text("0" * 64)
    with pytest.raises(MandjeError, match="not the one that this shop was loaded with"):
        night(shop)


@pytest.mark.parametrize("content", [b"", b"0" * 63, b"x" * 64, b"\xff" * 64])
def test_a_damaged_key_is_told(shop: Shop, content: bytes) -> None:
    secret_key(shop, create=True)
    shop.key_file.write_bytes(content)
    with pytest.raises(MandjeError, match="damaged"):
        secret_key(shop, create=True)


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604])
def test_a_key_that_others_may_read_is_refused(shop: Shop, mode: int) -> None:
    secret_key(shop, create=True)
    shop.key_file.chmod(mode)
    with pytest.raises(MandjeError, match="chmod 600"):
        secret_key(shop, create=True)


def test_a_key_that_was_brought_along_is_kept(shop: Shop) -> None:
    shop.key_file.write_text("ab" * 32)
    shop.key_file.chmod(0o600)
    assert secret_key(shop, create=True) == bytes.fromhex("ab" * 32)


def test_starting_over_with_a_new_key_reads_everything_again(shop: Shop) -> None:
    drop(shop, "adjustments", "2025-01-06", adjustments("2025-01-06", 2))
    night(shop)
    assert not pending(shop, LAST_NIGHT)
    shop.key_file.unlink()
    (shop.ops / "key.json").unlink()
    secret_key(shop, create=True)
    assert pending(shop, LAST_NIGHT)
    assert night(shop)[1].loaded == 1
    assert not pending(shop, LAST_NIGHT)
