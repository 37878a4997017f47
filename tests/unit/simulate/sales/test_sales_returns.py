from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor

import polars as pl
from small_shop import Made

from mandje.simulate.sales.experiment import assign
from mandje.simulate.sales.orders import make_orders
from mandje.simulate.sales.returns import as_returned, make_returns
from mandje.simulate.world.clock import DAY, HOUR
from mandje.simulate.world.sites import SITES


def test_refunds_are_never_more_than_was_paid(made: Made) -> None:
    orders = {row["order"]: row for row in made.sales.orders.iter_rows(named=True)}
    lines = {(row["order"], row["line_number"]): row for row in made.sales.lines.iter_rows(named=True)}
    refunded: defaultdict[int, int] = defaultdict(int)
    seen = set()
    for row in made.sales.returns.iter_rows(named=True):
        order, line = orders[row["order"]], lines[row["order"], row["order_line"]]
        net = line["quantity"] * line["unit_price"] - line["line_discount"]
        share = order["order_discount"] * net / (order["goods_net"] + order["order_discount"])
        exact = (net - share) * row["quantity"] / line["quantity"]
        assert exact - 2 < row["refund"] <= exact
        assert 1 <= row["quantity"] <= line["quantity"]
        assert row["product"] == line["product"]
        assert order["is_counted"]
        refunded[row["order"]] += row["refund"]
        seen.add((row["order"], row["order_line"]))
    assert len(seen) == made.sales.returns.height
    assert all(amount <= orders[order]["goods_net"] for order, amount in refunded.items())


def test_tax_comes_back_as_the_order_was_taxed(made: Made) -> None:
    """To the cent, in whatever parcels: the refunds of an order bring back their part of its tax together."""
    orders = {row["order"]: row for row in made.sales.orders.iter_rows(named=True)}
    refunded: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    for row in made.sales.returns.iter_rows(named=True):
        order = orders[row["order"]]
        net = order["goods_net"] + order["shipping"] + order["other_charges"]
        assert abs(row["tax_back"] - Fraction(order["tax"] * row["refund"], max(net, 1))) <= 1
        refunded[row["order"]][0] += row["refund"]
        refunded[row["order"]][1] += row["tax_back"]
    assert any(tax for _, tax in refunded.values())
    for name, (refund, tax) in refunded.items():
        order = orders[name]
        net = order["goods_net"] + order["shipping"] + order["other_charges"]
        share = Fraction(order["tax"] * refund, max(net, 1))
        assert tax == floor(share + Fraction(1, 2))
        assert tax <= order["tax"]


def test_corrections_give_back_tax_but_costs_tell_none(made: Made) -> None:
    for row in made.sales.adjustments.iter_rows(named=True):
        if row["kind"] in {"shop_cost", "bad_debt"}:
            assert row["tax_back"] is None
        else:
            tax = abs(row["amount"]) * SITES[row["site"]].tax_percent / Decimal(100)
            assert abs(row["tax_back"]) == tax.quantize(Decimal(1), ROUND_HALF_UP)
            assert row["tax_back"] * row["amount"] >= 0


def test_a_return_that_names_no_order_can_be_of_one_sale_only(made: Made) -> None:
    """Found again as the pipeline must: by customer, product and time."""
    orders = {row["order"]: row for row in made.sales.orders.iter_rows(named=True) if row["is_counted"]}
    sold: defaultdict[tuple[int, int], list[dict[str, int]]] = defaultdict(list)
    for line in made.sales.lines.iter_rows(named=True):
        if line["order"] in orders:
            sold[orders[line["order"]]["person"], line["product"]].append(line)
    returns = list(made.sales.returns.iter_rows(named=True))
    unlinked = [row for row in returns if not row["shows_order"]]
    assert len(unlinked) > 10
    for row in unlinked:
        (sale,) = sold[row["person"], row["product"]]
        assert sale["order"] == row["order"]
        assert sale["quantity"] >= row["quantity"]
        assert orders[sale["order"]]["ordered_at"] < row["returned_at"]
        assert row["shows_customer"]
        same = [
            other
            for other in returns
            if (other["person"], other["product"]) == (row["person"], row["product"])
        ]
        assert same == [row]


def test_an_unlinked_return_has_no_linked_line(made: Made) -> None:
    assert (
        made.sales.returns.group_by("return_id").agg(pl.col("shows_order").n_unique())["shows_order"].max()
        == 1
    )


def test_lines_of_a_return_are_numbered_and_of_one_moment(made: Made) -> None:
    for _, rows in made.sales.returns.group_by("return_id"):
        assert rows["line_number"].to_list() == list(range(1, rows.height + 1))
        assert rows["returned_at"].n_unique() == rows["order"].n_unique() == 1
        assert rows["order"][0] == rows["return_id"][0] // 64


def test_returns_come_back_when_and_as_often_as_the_settings_say(made: Made) -> None:
    orders, lines = make_orders(made.world, made.block, made.people, made.purchases)
    told = as_returned(made.people, orders, assign(made.world, made.block, orders))
    bought = lines.join(orders.filter("is_counted").select("order", "person"), on="order")
    returns = make_returns(made.world, made.block, told, lines, bought)
    timed = returns.join(orders.select("order", "ordered_at", "day"), on="order")
    days = (timed["returned_at"] - timed["ordered_at"]) / DAY
    settings = made.world.settings.sales.returns
    assert days.min() > settings.days[0] - 1
    assert days.max() < settings.slow_days[1] + 1
    slow = (days > settings.days[1] + 1).mean()
    assert 0.5 * settings.slow_ratio < slow < 1.7 * settings.slow_ratio
    ratios = made.world.catalogue.select("product", "return_ratio")
    old = orders.filter("is_counted", pl.col("day") < made.world.clock.days - 80)
    sold = lines.join(old.select("order"), on="order").join(ratios, on="product")
    came_back = sold.join(
        returns.select("order", pl.col("order_line").alias("line_number")),
        on=["order", "line_number"],
        how="semi",
    )
    expected = sold["return_ratio"].sum()
    # Four standard deviations; the experiment takes a little off.
    assert 0.93 * expected - 4 * expected**0.5 < came_back.height < expected + 4 * expected**0.5


def test_every_second_return_before_its_order_is_timed_before_it(made: Made) -> None:
    late = made.sales.plan.late_orders.join(made.sales.returns, on="return_id")
    timed = late.join(made.sales.orders.select("order", "ordered_at"), on="order").unique("return_id")
    before = timed.filter(pl.col("returned_at") < pl.col("ordered_at"))
    assert timed.height == made.world.settings.sales.defects.returns_before_their_order
    assert before.height == timed.height // 2
    assert (before["ordered_at"] - before["returned_at"]).unique().to_list() == [HOUR]
