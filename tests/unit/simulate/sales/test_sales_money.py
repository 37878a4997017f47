from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

import polars as pl
from small_shop import Made, delivered_gross

from mandje.simulate.world.catalogue import price_cents
from mandje.simulate.world.sites import SITES

CENT = Decimal("0.01")


def test_header_and_lines_add_up_to_the_total_of_every_order(made: Made) -> None:
    lines: defaultdict[int, Decimal] = defaultdict(Decimal)
    for line in made.sales.lines.iter_rows(named=True):
        lines[line["order"]] += (line["quantity"] * line["unit_price"] - line["line_discount"]) * CENT
    for order in made.sales.orders.iter_rows(named=True):
        goods = lines[order["order"]] - order["order_discount"] * CENT
        charged = goods + (order["shipping"] + order["other_charges"]) * CENT
        tax = (charged * SITES[order["site"]].tax_percent / 100).quantize(CENT, ROUND_HALF_UP)
        assert goods == order["goods_net"] * CENT
        assert tax == order["tax"] * CENT
        assert charged + tax == order["total"] * CENT


def test_delivered_versions_tie_too(made: Made) -> None:
    """Every version of a header, with the lines delivered before it that are newest."""
    versions: defaultdict[int, dict[object, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in (
        made.feeds["order_lines"].unique(["order_id", "line_number", "updated_at"]).iter_rows(named=True)
    ):
        amount = delivered_gross(line) - line["discount_amount"]
        versions[line["order_id"]][line["updated_at"]] += amount
    for order in made.feeds["orders"].iter_rows(named=True):
        known = versions[order["order_id"]]
        lines = known[max(time for time in known if time <= order["updated_at"])]
        charges = order["shipping_amount"] + order["other_charges_amount"] + order["tax_amount"]
        assert lines - order["discount_amount"] + charges == order["total_amount"]


def test_every_purchase_before_the_end_is_one_counted_order_of_its_spend(made: Made) -> None:
    keys = ["person", "number", "site", "ordered_at", "day"]
    bought = made.purchases.filter("is_delivered").select(*keys, spend="spend_cents")
    orders = made.sales.orders.filter((pl.col("number") >= 0) & pl.col("is_counted"))
    assert orders.select(*keys, spend="goods_net").sort(keys).equals(bought.sort(keys))


def test_a_line_holds_the_next_dearer_product_of_its_category(made: Made) -> None:
    prices: defaultdict[tuple[int, str], set[int]] = defaultdict(set)
    catalogue = {row["product"]: row for row in made.world.catalogue.iter_rows(named=True)}
    for site in range(len(SITES)):
        cents = made.world.catalogue.select(
            "product",
            price=price_cents(pl.col("list_price_cents"), pl.lit(site)),
        )
        for product, price in cents.iter_rows():
            prices[site, catalogue[product]["category"]].add(price)
    lines = made.sales.lines.join(made.sales.orders.select("order", "site"), on="order")
    for line in lines.iter_rows(named=True):
        ladder = prices[line["site"], catalogue[line["product"]]["category"]]
        net = line["quantity"] * line["unit_price"] - line["line_discount"]
        unit = -(-net // line["quantity"])
        assert line["unit_price"] == min(price for price in ladder if price >= unit)
        assert line["line_discount"] >= 0


def test_coupons_take_their_percent_off_the_lines(made: Made) -> None:
    orders = made.sales.orders
    percent = {"WELCOME10": 10, "SEASON15": 15, "FRIENDS20": 20}
    assert set(orders["coupon_code"].drop_nulls()) == set(percent)
    for order in orders.iter_rows(named=True):
        lines_net = order["gross"] - order["line_discount"]
        exact = lines_net * percent.get(order["coupon_code"], 0) / Decimal(100)
        # The lines' net amount is rounded up to a cent, so that the spend stays what it is.
        assert abs(order["order_discount"] - exact) < 1


def test_only_what_is_sent_is_charged_and_costs_shipping(made: Made) -> None:
    orders = made.sales.orders
    in_store = orders.filter(pl.col("channel") == "store")
    assert (
        in_store.select((pl.col("shipping") + pl.col("shipping_cost") + pl.col("other_charges")).sum()).item()
        == 0
    )
    sent = orders.filter(pl.col("channel") != "store")
    assert sent["shipping_cost"].min() > 0
    free = made.world.settings.sales.baskets.free_shipping_from_cents
    at_nl = sent.filter(pl.col("site") == 0)
    assert (at_nl["shipping"] == 0).equals(at_nl["goods_net"] >= free)
