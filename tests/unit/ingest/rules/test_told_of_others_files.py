"""A file of another source, or of a platform, is refused in words that say so, and where it belongs."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import told
from mandje.errors import ExitCode, MandjeError
from mandje.ingest.load import check_not_empty
from mandje.shop.settings import Shop
from store_support import (
    ADJUSTMENTS_HEADER,
    LAST_NIGHT,
    SHOP_TOML,
    drop,
    lines,
    make_shop,
    night,
    stopped_night,
)

DAY = "2025-01-07"
GO_ON = SHOP_TOML.replace('"stop"', '"go_on"')
PRODUCT = (
    '{"id": 1, "sku": "MUG", "regular_price": "1", "sale_price": "", "stock_status": "x", "permalink": "y"}\n'
)
UNREAD = "this looks like WooCommerce products: no adapter reads it yet"
BELONGS = "this looks like the feed order_lines (7 of 7 names): put it under exports/order_lines/"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


def next_step(shop: Shop) -> str:
    validation, _ = night(shop)
    (refusal,) = validation.refusals
    return str(refusal["next_step"])


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", lines(3), BELONGS),
        ("a.txt", lines(3), BELONGS),
        ("a.csv", lines(3).replace(",", ";"), BELONGS),
        ("a.csv", lines(3).encode("utf-16"), BELONGS),
        ("a.jsonl", PRODUCT, f"{UNREAD}; "),
        ("a.json", PRODUCT, f"{UNREAD}; "),
    ],
)
def test_a_refused_file_says_what_it_is(shop: Shop, name: str, content: str | bytes, expected: str) -> None:
    drop(shop, "adjustments", DAY, content, name)
    said = next_step(shop)
    assert said.startswith(expected)
    assert said == expected or expected.endswith("; ")


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a.csv", ADJUSTMENTS_HEADER.replace("amount", "sum")),  # nearly its own feed: the fault says it
        ("a.txt", ADJUSTMENTS_HEADER),
        ("a.csv", "anna@example.com,Anna,Teststraat 1"),
    ],
)
def test_a_file_of_the_source_itself_or_of_nobody_says_what_it_always_said(
    shop: Shop, name: str, header: str
) -> None:
    drop(shop, "adjustments", DAY, header + "\n", name)
    assert "looks like" not in next_step(shop)


def test_a_link_that_may_not_be_followed_is_not_looked_into(
    shop: Shop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "a.csv"
    outside.write_text(lines(3))
    place = shop.exports / "adjustments" / DAY / "a.csv"
    place.parent.mkdir(parents=True)
    place.symlink_to(outside)
    assert "looks like" not in next_step(shop)


def test_a_night_that_stops_says_what_the_file_is(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, PRODUCT, "products.jsonl")
    assert UNREAD in str(stopped_night(shop))


def test_a_night_of_refused_deliveries_alone_stops_after_load(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, GO_ON)
    drop(shop, "order_lines", DAY, PRODUCT, "products.jsonl")
    _, loaded = night(shop)
    with pytest.raises(MandjeError, match="no delivered row is loaded") as stopped:
        check_not_empty(loaded)
    assert stopped.value.exit_code == ExitCode.NIGHT_STOPPED
    assert str(stopped.value.found).startswith("1 refused, newest: delivery order_lines 2025-01-07")
    assert UNREAD in str(stopped.value.found)


def test_a_night_whose_rows_are_all_rejected_stops_after_load(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, lines(3, bad=3))
    _, loaded = night(shop)
    with pytest.raises(MandjeError, match="no delivered row is loaded"):
        check_not_empty(loaded)


def test_check_finds_the_source_by_itself_and_says_what_a_file_is(shop: Shop, tmp_path: Path) -> None:
    mine, other = tmp_path / "mine.csv", tmp_path / "other.jsonl"
    mine.write_text(lines(3))
    other.write_text(PRODUCT)
    said = told("check", shop.folder, mine, "--date", str(LAST_NIGHT))
    assert "mine.csv: this looks like the feed order_lines (7 of 7 names)" in said
    assert "as if it were delivered as exports/order_lines/2025-02-28/mine.csv" in said
    assert f"found: {UNREAD}" in told("check", shop.folder, other, exit_code=ExitCode.USER_ERROR)
