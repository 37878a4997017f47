"""Payments and parcels of a simulated shop, and what the truth says of them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
from small_shop import Made

from mandje.simulate.handling.handling_truth import handling_truth
from mandje.simulate.world.clock import DAY
from mandje.simulate.world.sites import SITES


def _by_order(made: Made, feed: str) -> dict[int, list[dict[str, Any]]]:
    rows = made.feeds[feed].filter(pl.col("outcome") == "kept")
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        found.setdefault(row["order_id"], []).append(row)
    return found


def test_an_order_is_paid_in_full_and_what_comes_back_is_given_back(made: Made) -> None:
    """Of orders old enough that all was delivered."""
    paid, refunds = _by_order(made, "payments"), {}
    for row in made.sales.returns.iter_rows(named=True):
        tax = (row["refund"] * SITES[row["site"]].tax_percent + 50) // 100
        refunds[row["order"]] = refunds.get(row["order"], 0) + row["refund"] + tax
    old = made.sales.orders.filter(pl.col("day") < made.world.clock.days - 120, pl.col("total") > 0)
    checked = 0
    for order in old.iter_rows(named=True):
        rows = paid.get(order["order"], [])
        into = sum(row["amount"] for row in rows if row["amount"] > 0)
        back = -sum(row["amount"] for row in rows if row["amount"] < 0)
        if order["status"] in {"failed", "pending", "test"}:
            assert rows == []
            continue
        checked += 1
        assert into == Decimal(order["total"]) / 100
        if order["status"] == "cancelled":
            assert back == into
        else:  # taxes are rounded per parcel
            assert abs(back - Decimal(refunds.get(order["order"], 0)) / 100) <= Decimal("0.05")
    assert checked > 500


def test_some_orders_are_paid_in_two_ways_and_some_late(made: Made) -> None:
    payments = made.feeds["payments"].filter(pl.col("amount") > 0)
    assert payments["payment_id"].is_unique().all()
    twice = payments.filter(pl.len().over("order_id") > 1)
    assert twice.filter(pl.col("method") == "gift_card").height == twice.height // 2 > 5
    joined = payments.join(made.sales.orders, left_on="order_id", right_on="order")
    wait = joined["paid_at"].cast(pl.Int64) - joined["ordered_at"]
    assert (wait.min(), wait.max() < 3 * DAY) == (0, True)
    assert set(joined.filter(pl.col("channel") == "store")["method"]) <= {
        "card", "cash", "wallet", "gift_card",
    }  # fmt: skip


def test_parcels_leave_when_their_order_is_fulfilled_and_arrive_later(made: Made) -> None:
    orders = {row["order"]: row for row in made.sales.orders.iter_rows(named=True)}
    parcels = _by_order(made, "fulfilments")
    assert 0.02 < sum(len(rows) == 2 for rows in parcels.values()) / len(parcels) < 0.12
    for order, rows in parcels.items():
        assert orders[order]["channel"] != "store"
        shipped = made.feeds["fulfilments"].filter(pl.col("order_id") == order)["shipped_at"].min()
        assert shipped == min(row["shipped_at"] for row in rows)
        assert all(row["delivered_at"] is None or row["delivered_at"] > row["shipped_at"] for row in rows)


def test_a_parcel_that_arrives_in_a_later_week_comes_again(made: Made) -> None:
    rows = made.feeds["fulfilments"]
    assert set(rows["outcome"]) == {"kept", "superseded"}
    first = rows.filter(pl.col("outcome") == "superseded")
    assert first["delivered_at"].null_count() == first.height > 50
    kept = rows.filter(pl.col("outcome") == "kept")
    assert kept["fulfilment_id"].is_unique().all()
    assert set(first["fulfilment_id"]) <= set(kept.drop_nulls("delivered_at")["fulfilment_id"])
    on_the_way = kept.filter(pl.col("delivered_at").is_null())
    assert on_the_way["shipped_at"].min() > kept["shipped_at"].max() - timedelta(days=10)


def test_the_truth_tells_of_every_order_what_its_rows_say(made: Made) -> None:
    world, orders = made.world, {row["order"]: row for row in made.sales.orders.iter_rows(named=True)}
    truth = handling_truth(
        world, made.sales.orders, made.feeds["payments"], made.feeds["fulfilments"]
    ).rows_by_key("order_id", named=True, unique=True)
    paid, sent = _by_order(made, "payments"), _by_order(made, "fulfilments")
    assert truth.keys() == paid.keys() | sent.keys()
    for order, row in truth.items():
        into = [one for one in paid.get(order, []) if one["amount"] > 0]
        best = min(into, key=lambda one: (-one["amount"], one["paid_at"], one["payment_id"]))
        assert row["payment_method"] == best["method"]
        assert row["paid_amount"] == sum(one["amount"] for one in paid[order])
        assert row["paid_at"] == min(one["paid_at"] for one in into)
        there = [one["delivered_at"] for one in sent.get(order, [])]
        last = max(there) if there and None not in there else None
        assert row["delivered_at"] == last
        if last is None:
            assert row["days_to_deliver"] is None
            continue
        zone = world.clock.site_zones[orders[order]["site"]]
        local = pl.Series([last]).dt.convert_time_zone(zone).dt.date()[0]
        assert row["days_to_deliver"] == (local - world.clock.date_of(orders[order]["day"])).days
