from __future__ import annotations

from datetime import date

from mandje.shop.settings import Shop
from mandje.warehouse.marker import Marker, raw_digest, read_marker, remove_marker, write_marker


def test_a_marker_is_read_as_it_was_written(shop: Shop) -> None:
    shop.warehouse.parent.mkdir()
    assert read_marker(shop) is None
    marker = Marker(date(2025, 1, 31), "ab", complete=True)
    write_marker(shop, marker)
    assert read_marker(shop) == marker
    assert [path.name for path in shop.warehouse.parent.iterdir()] == ["build.json"]
    remove_marker(shop)
    remove_marker(shop)
    assert read_marker(shop) is None


def test_the_digest_depends_on_the_partitions_and_not_on_their_order(shop: Shop) -> None:
    one, two = (shop.raw / "orders" / "2025-01-01" / sha for sha in ("aaaaaaaaaaaa", "bbbbbbbbbbbb"))
    assert raw_digest(shop, [one, two]) == raw_digest(shop, [two, one])
    assert len({raw_digest(shop, []), raw_digest(shop, [one]), raw_digest(shop, [two])}) == 3
