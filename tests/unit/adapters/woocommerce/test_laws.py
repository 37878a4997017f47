"""Laws that hold for any orders and refunds, and how often an order is told."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import example, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from mandje.adapters.base import Mapped
from mandje.adapters.id_rules import WithIds
from mandje.adapters.woocommerce import woocommerce_adapter
from mandje.adapters.woocommerce.shares import share
from mandje.contracts.feeds import FEEDS
from mandje.contracts.ids import IdRules
from mandje.contracts.types import DECIMAL
from mandje.errors import MandjeError
from mandje.shop.settings import ShopSettings
from woocommerce_export import (
    ORDERS,
    REFUNDS,
    SHOP,
    Frames,
    Json,
    charge,
    line,
    line_back,
    order,
    read,
    refund,
)

CENTS = st.integers(0, 50_000)
STATUS = st.sampled_from(["completed", "processing", "trash", "refunded", "odd"])


def money(cents: int) -> str:
    return str(Decimal(cents) / 100)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Json], list[Json]]:
    """Orders that tie, and refunds of them of any amount with any lines."""
    orders, refunds, number = [], [], 100
    for order_id in range(1, draw(st.integers(1, 4)) + 1):
        amounts = draw(st.lists(st.tuples(CENTS, CENTS), min_size=1, max_size=4))
        lines = [line(number + n, money(a), money(t)) for n, (a, t) in enumerate(amounts)]
        ships, fees = draw(st.tuples(CENTS, st.integers(-500, 500)))
        tax = sum(t for _, t in amounts)
        total = sum(a + t for a, t in amounts) + ships + fees
        lists = {
            "shipping_lines": [charge(number + 8, money(ships), "0.00")],
            "fee_lines": [charge(number + 9, money(fees), "0")],
        }
        orders.append(order(order_id, money(total), money(tax), lines, status=draw(STATUS), **lists))
        for _ in range(draw(st.integers(0, 2))):
            number += 20
            back = draw(st.lists(st.tuples(CENTS, CENTS), max_size=2))
            rows = [
                line_back(number + n, None, money(-a), money(-t), quantity=-n)
                for n, (a, t) in enumerate(back)
            ]
            amount = draw(st.one_of(CENTS, st.just(max(total, 0))))
            refunds.append(refund(number + 10, order_id, money(amount), line_items=rows))
        number += 20
    return orders, refunds


def money_of(feed: str, mapped: Mapped) -> pl.DataFrame:
    rule = FEEDS[feed].money
    assert rule is not None
    return mapped.feeds[feed].with_columns(rule.polars().alias("money"))


def read_money(given: Frames) -> dict[str, tuple[int, Decimal]]:
    """Rows and money of each table, added up one row at a time."""
    worth = {"orders": "total", "refunds": None, "coupon_lines": None}
    return {
        name: (
            rows.height,
            sum((row[column] for row in rows.to_dicts()), Decimal(0))
            if (column := worth.get(name, "total"))
            else Decimal(0),
        )
        for name, rows in given.items()
        if rows.height
    }


@settings(deadline=None, max_examples=25)
@drawn(deliveries())
def test_every_row_and_cent_has_one_place(delivery: tuple[list[Json], list[Json]]) -> None:
    given = read(*delivery)
    mapped = SHOP.map(given)
    accounts = mapped.routed.filter(pl.col("table_name") != "refund_rests")
    sums = accounts.group_by("table_name").agg(pl.col("row_count", "money_amount").sum())
    assert {name: (rows, amount) for name, rows, amount in sums.rows()} == read_money(given)
    _feeds_are_worth_what_went_to_them(mapped)
    _refunds_give_back_their_amount(given, mapped)


def _feeds_are_worth_what_went_to_them(mapped: Mapped) -> None:
    to = pl.col("destination")
    for feed in ("orders", "order_lines", "returns", "adjustments"):
        routed = mapped.routed.filter(
            (to == feed) | to.str.starts_with("adjustments:") & (feed == "adjustments")
        )
        assert routed["row_count"].sum() == mapped.feeds[feed].height
        assert routed["money_amount"].sum() == money_of(feed, mapped)["money"].sum()
    for column, sign in (("shipping_amount", 1), ("other_charges_amount", 1), ("discount_amount", -1)):
        routed = mapped.routed.filter(to == f"orders:{column}")
        assert routed["money_amount"].sum() == mapped.feeds["orders"][column].sum() * sign


def _refunds_give_back_their_amount(given: Frames, mapped: Mapped) -> None:
    """Whatever the lines say, returns and adjustments of a refund are its amount, tax included."""
    returns, adjustments = mapped.feeds["returns"], mapped.feeds["adjustments"]
    kept = set(mapped.feeds["orders"]["order_id"])
    for row in given["refunds"].filter(pl.col("parent_id").is_in(kept)).to_dicts():
        goods = returns.filter(return_id=row["id"])
        others = adjustments.filter(pl.col("adjustment_id").str.starts_with(f"{row['id']}-"))
        back = [
            goods["refund_amount"].sum(),
            goods["tax_amount"].sum(),
            others["amount"].sum(),
            others["tax_amount"].sum(),
        ]
        assert sum(back, Decimal(0)) == row["amount"]


@settings(deadline=None, max_examples=10)
@drawn(deliveries(), st.integers(0, 1000))
def test_the_order_of_rows_says_nothing(delivery: tuple[list[Json], list[Json]], seed: int) -> None:
    given = read(*delivery)
    shuffled = {name: rows.sample(fraction=1, shuffle=True, seed=seed) for name, rows in given.items()}
    assert_same(SHOP.map(given), SHOP.map(shuffled))
    assert SHOP.refused(given).equals(SHOP.refused(shuffled))


def assert_same(one: Mapped, other: Mapped) -> None:
    for name, frame in one.feeds.items():
        order_by = ["delivery_file", "delivery_line", *FEEDS[name].key]
        assert frame.sort(order_by).equals(other.feeds[name].sort(order_by)), name
    by = ["table_name", "destination", "currency_code"]
    assert one.routed.sort(by).equals(other.routed.sort(by))


def test_an_order_told_twice_counts_as_the_newer_which_its_refund_follows() -> None:
    older = ORDERS[2] | {"date_modified_gmt": "2026-03-01T00:00:00", "total": "1.00", "customer_id": 8}
    given = read([ORDERS[2], older], [REFUNDS[1], REFUNDS[1]])
    mapped = SHOP.map(given)
    rows = {name: frame.height for name, frame in mapped.feeds.items()}
    assert rows == {"orders": 1, "order_lines": 1, "returns": 2, "adjustments": 4}
    assert mapped.feeds["orders"]["total_amount"].to_list() == [Decimal(ORDERS[2]["total"])]
    repeated = mapped.accounts.filter(destination="skipped:repeated")
    assert repeated["row_count"].sum() == 1 + len(older["line_items"]) + len(older["shipping_lines"])
    assert set(mapped.feeds["returns"]["customer_id"]) == {"7"}
    rests = mapped.feeds["adjustments"].filter(kind="price_correction")
    assert rests["amount"].to_list() == [Decimal("1.76"), Decimal("1.76")]


def test_a_whole_refund_told_twice_gives_back_the_newer_order_each_time() -> None:
    given = read([ORDERS[1], ORDERS[1]], [REFUNDS[0], REFUNDS[0]])
    mapped = SHOP.map(given)
    assert mapped.feeds["returns"]["refund_amount"].to_list() == [Decimal(50), Decimal(50)]
    assert mapped.feeds["returns"]["delivery_part"].to_list() == ["refund_rests[0]", "refund_rests[0]"]
    assert mapped.feeds["adjustments"].height == 4


def on_one_line(given: Frames) -> Frames:
    """The same documents as an array of one line may tell them."""
    return {
        name: rows.with_columns(pl.lit(1, pl.Int64).alias("delivery_line")) for name, rows in given.items()
    }


def test_many_orders_on_one_line_are_kept_apart() -> None:
    given = read(ORDERS, REFUNDS)
    one = SHOP.map(on_one_line(given))
    for name, frame in SHOP.map(given).feeds.items():
        key = FEEDS[name].key
        left, right = (rows.sort(key).drop("delivery_line") for rows in (frame, one.feeds[name]))
        assert left.equals(right), name
    rejected = ORDERS[0] | {"date_created_gmt": None}
    refused = SHOP.refused(on_one_line(read([rejected, *ORDERS[1:]], REFUNDS)))
    assert refused.select("document_id", "rule").rows() == [("3001", "no_header")]


def test_ids_get_what_goes_before_them() -> None:
    shop = WithIds(SHOP, IdRules(prefix="tea-"))
    feeds = shop.map(read(ORDERS, REFUNDS, shop)).feeds
    assert feeds["orders"]["order_id"].str.starts_with("tea-3").all()
    assert feeds["orders"]["customer_id"].drop_nulls().unique().to_list() == ["tea-7"]
    assert feeds["returns"]["return_id"].str.starts_with("tea-4").all()
    assert feeds["returns"]["order_id"].str.starts_with("tea-3").all()
    assert feeds["adjustments"]["adjustment_id"].str.starts_with("tea-4").all()
    assert feeds["order_lines"]["product_id"].str.starts_with("tea-").any() is False


@settings(deadline=None)
@example((21_821_789, 458_257_570, 1))
@example((10**16, 10**16, 10**16))
@drawn(st.tuples(*[st.integers(-(10**9), 10**9)] * 3))
def test_a_share_is_rounded_half_away_from_zero_and_no_more_than_all(numbers: tuple[int, int, int]) -> None:
    amount, tax, total = (Decimal(number) / 10_000 for number in numbers)
    row = pl.DataFrame({"a": [amount], "t": [tax], "w": [total]}, dict.fromkeys("atw", DECIMAL))
    found = row.select(share(pl.col("a"), pl.col("t"), pl.col("w"))).item()
    part = min(abs(tax), abs(total)).copy_sign(tax)
    exact = Decimal(0) if total == 0 else amount * part / total
    assert found == exact.quantize(Decimal("0.01"), "ROUND_HALF_UP")


def settings_with(sites: str) -> ShopSettings:
    return ShopSettings.model_validate(
        {
            "name": "tea",
            "reporting_currency": "EUR",
            "time_zone": "Europe/Amsterdam",
            "sites": {name: {"time_zone": "Europe/Amsterdam", "currency": "EUR"} for name in sites.split()},
            "sources": {"shop": {"adapter": "canonical", "on_refused": "stop", "on_missing": "wait"}},
        }
    )


def test_a_shop_with_one_site_needs_no_more() -> None:
    adapter = woocommerce_adapter("shop", settings_with("be"))
    assert (adapter.sites, adapter.currency) == ({"*": "be"}, "EUR")


def test_a_shop_with_two_sites_must_say_which() -> None:
    with pytest.raises(MandjeError, match=r'add sites = \{"\*" = "nl"\}'):
        woocommerce_adapter("shop", settings_with("nl be"))
