from __future__ import annotations

from collections import defaultdict
from dataclasses import fields

import polars as pl
import pytest
from small_shop import NO_VISITORS, Made, make, shop

from mandje.contracts.feeds import FEEDS
from mandje.simulate.care.feeds import delivered_care
from mandje.simulate.deliver.render import delivered_names
from mandje.simulate.handling.feeds import delivered_handling
from mandje.simulate.sales.daily_truth import add_up, daily_sums
from mandje.simulate.sales.delivered import delivered_sales
from mandje.simulate.sales.make import make_sales
from mandje.simulate.sales.order_truth import order_truth


def test_every_order_of_a_person_can_be_told_to_be_theirs(made: Made) -> None:
    owner: dict[str, int] = {}
    for order in made.feeds["orders"].iter_rows(named=True):
        person = order["order_id"] // 4096 if order["order_id"] < 2**50 else None
        if person is None:
            assert (order["customer_id"], order["email"]) == (None, None)
            continue
        assert order["customer_id"] in {person, None}
        assert (order["customer_id"], order["email"]) != (None, None)
        if order["email"] is not None:
            assert owner.setdefault(order["email"].strip().lower(), person) == person


def test_a_customer_is_shown_only_once_there_is_an_account(made: Made) -> None:
    accounts = dict(
        made.people.filter(pl.col("account_at").is_not_null()).select("person", "account_at").rows()
    )
    shown = made.sales.orders.filter("shows_customer")
    assert all(at >= accounts[person] for person, at in shown.select("person", "ordered_at").iter_rows())
    first = made.sales.orders.join(made.people.select("person", "account_at"), on="person")
    makers = first.filter(pl.col("ordered_at") == pl.col("account_at"))
    assert makers.height > 100
    assert makers["shows_customer"].all()


def test_guest_orders_of_people_with_an_account_are_merged(made: Made) -> None:
    accounts = set(made.people.filter(pl.col("account_at").is_not_null())["person"])
    shown = dict(made.sales.orders.select("order", "shows_customer").iter_rows())
    truth = order_truth(made.people, made.sales)
    merged = 0
    for row in truth.iter_rows(named=True):
        has_account = row["person"] in accounts
        merged += row["is_guest_merged"]
        assert row["is_guest"] == (not has_account)
        assert row["is_guest_merged"] == (has_account and not shown[row["order_id"]])
    assert merged > 10


def test_orders_are_numbered_as_they_came(made: Made) -> None:
    orders = made.sales.orders
    assert orders["order"].is_sorted()
    assert orders["order"].is_unique().all()
    for person, order, _ in (
        orders.filter(pl.col("person") >= 0).select("person", "order", "ordered_at").iter_rows()
    ):
        assert order // 4096 == person
    by_number = orders.sort("order").group_by("person").agg(pl.col("ordered_at"))
    assert all(times == sorted(times) for times in by_number["ordered_at"].to_list())


def test_orders_that_do_not_count_are_of_their_channels(made: Made) -> None:
    found = defaultdict(set)
    for channel, status, counted in made.sales.orders.select("channel", "status", "is_counted").iter_rows():
        found[counted].add((channel, status))
    assert found[False] == {
        ("phone", "failed"),
        ("phone", "pending"),
        ("store", "test"),
        ("online", "cancelled"),
    }
    assert {status for _, status in found[True]} == {"paid", "fulfilled"}
    assert ("store", "paid") not in found[True]


def test_nothing_is_sent_on_the_day_of_its_order(made: Made) -> None:
    clock = made.world.clock
    changed = made.sales.orders.filter(pl.col("changed_at").is_not_null())
    ordered = clock.delivery_day(changed["ordered_at"].to_numpy())
    assert (clock.delivery_day(changed["changed_at"].to_numpy()) > ordered).all()


def test_adjustments_are_of_all_kinds_and_some_losses_are_of_no_order() -> None:
    world = shop(seed=8, customers=6000)
    adjustments = make(world, next(world.blocks())).sales.adjustments
    assert adjustments["kind"].n_unique() == 6
    assert (adjustments["adjusted_at"] < world.clock.end).all()
    unlinked = adjustments.filter(pl.col("order").is_null())
    assert set(unlinked["kind"]) == {"shop_cost", "bad_debt"}
    linked = adjustments.filter(pl.col("order").is_not_null())
    assert set(linked["kind"]) >= {"shop_cost", "bad_debt"}


@pytest.mark.parametrize(
    "feed",
    [
        "orders", "order_lines", "returns", "adjustments", "payments", "fulfilments", "service_contacts",
        "messages", "message_events", "experiment_assignments",
    ],
)  # fmt: skip
def test_delivered_rows_keep_the_contract(made: Made, feed: str) -> None:
    rows = made.feeds[feed]
    assert rows.columns == [*delivered_names(feed), "delivery_day", "outcome", "defect"]
    assert rows.height > 5
    assert rows["delivery_day"].min() >= 0
    assert rows["delivery_day"].max() < made.world.clock.days
    for column in FEEDS[feed].columns:
        cells = rows["email" if column.is_email else column.name]
        assert column.nullable or cells.null_count() == 0, column.name
        if column.allowed:
            assert set(cells.cast(pl.String)) <= set(column.allowed)
        if column.minimum is not None:
            assert cells.min() >= column.minimum
        if column.type == "timestamp":
            days = made.world.clock.delivery_day(cells.drop_nulls().cast(pl.Int64).to_numpy())
            assert (days <= rows.filter(cells.is_not_null())["delivery_day"].to_numpy()).all()


def test_a_block_that_sells_nothing_has_every_feed_with_no_row(made: Made) -> None:
    sales = make_sales(made.world, made.block, made.people, made.purchases.clear())
    feeds = delivered_sales(made.world, made.block, sales, NO_VISITORS)
    feeds |= delivered_care(made.world, made.block, sales, sales.acts.sent)
    feeds |= delivered_handling(made.world, made.block, sales)
    assert {feed: rows.schema for feed, rows in feeds.items()} == {
        feed: rows.schema for feed, rows in made.feeds.items()
    }
    assert sum(rows.height for rows in feeds.values()) == 0
    assert add_up([daily_sums(made.world, made.people, sales)]).is_empty()


def test_more_are_planned_than_there_are() -> None:
    """Thirty days of three customers: what does not fit is left out."""
    world = shop(seed=3, customers=3, days=30)
    made = make(world, next(world.blocks()))
    assert made.feeds["orders"].height > 3
    assert made.feeds["orders"]["defect"].null_count() == made.feeds["orders"].height


def test_every_order_is_in_the_truth_with_its_money(made: Made) -> None:
    truth = order_truth(made.people, made.sales)
    orders = made.sales.orders
    assert truth["order_id"].equals(orders["order"].alias("order_id"))
    assert truth["number"].drop_nulls().sort().equals(orders.filter(pl.col("number") >= 0)["number"].sort())
    refunds = dict(made.sales.returns.group_by("order").agg(pl.col("refund").sum()).iter_rows())
    for row, order in zip(truth.iter_rows(named=True), orders.iter_rows(named=True), strict=True):
        assert row["net_sales_amount"] * 100 == order["goods_net"]
        assert row["total_amount"] * 100 == order["total"]
        assert row["returned_amount"] * 100 == refunds.get(order["order"], 0)
        assert row["currency_code"] == {"nl": "EUR", "uk": "GBP"}[row["site"]]


def test_equal_seeds_give_equal_sales_and_others_do_not(made: Made) -> None:
    again = make(made.world, made.block)
    for field in fields(made.sales):
        if field.name not in {"plan", "acts"}:
            assert getattr(again.sales, field.name).equals(getattr(made.sales, field.name))
    assert all(again.feeds[feed].equals(rows) for feed, rows in made.feeds.items())
    world = shop(seed=5)
    other = make(world, made.block)
    assert not any(other.feeds[feed].equals(rows) for feed, rows in made.feeds.items())
