from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import slow_visits
from visited_shop import Visited, kept

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SITES = ("nl", "uk")
ZONES = {"nl": ZoneInfo("Europe/Amsterdam"), "uk": ZoneInfo("Europe/London")}


def moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def slow_carts(made: Visited) -> tuple[list[slow_visits.Cart], set[int]]:
    """Orders show their customer, or an address that the shop knows to be a customer's."""
    accounts = set(made.people.filter(pl.col("account_at").is_not_null())["person"])
    online = made.sales.orders.filter(pl.col("channel") == "online").iter_rows(named=True)
    rows = [
        (row["person"], SITES[row["site"]], moment(row["ordered_at"]), row["order"])
        for row in online
        if row["shows_customer"] or (row["shows_email"] and row["person"] in accounts)
    ]
    return slow_visits.carts(kept(made).to_dicts(), rows, moment(made.world.clock.end))


def key(cart: slow_visits.Cart) -> tuple[str, str, datetime]:
    kind, number = cart.shopper
    shopper = f"c{number:07}" if kind == "customer" else f"v{number:016}"
    return shopper, cart.site, cart.opened_at


def described(cart: slow_visits.Cart) -> dict[str, object]:
    return {
        "shopper_kind": cart.shopper[0],
        "last_touched_at": cart.last_touched_at,
        "state": cart.state,
        "stage": cart.stage,
        "order_id": None if cart.order_id is None else f"o{cart.order_id:016}",
        "most_items": cart.most_items,
        "most_value_amount": cart.most_worth,
        "items_at_end": cart.items,
        "value_at_end_amount": cart.worth,
        "session_count": len(cart.sessions),
        "visitor_count": len(cart.visitors),
        "devices": "+".join(sorted(cart.devices)),
    }


@pytest.fixture(scope="module", name="slow")
def slow_once(visited: Visited) -> tuple[list[slow_visits.Cart], set[int]]:
    return slow_carts(visited)


def test_carts_are_those_of_the_definition(
    visited: Visited, slow: tuple[list[slow_visits.Cart], set[int]]
) -> None:
    carts, _ = slow
    truth = {
        (row["shopper_id"], row["site"], row["opened_at"]): row for row in visited.visits.carts.to_dicts()
    }
    assert len(truth) == visited.visits.carts.height
    assert truth.keys() == {key(cart) for cart in carts}
    for cart in carts:
        row = truth[key(cart)]
        assert {name: row[name] for name in described(cart)} == described(cart)
    assert {cart.state for cart in carts} >= {"ordered", "recovered", "abandoned", "emptied"}


def test_carts_are_worth_what_the_days_rate_says(
    visited: Visited, slow: tuple[list[slow_visits.Cart], set[int]]
) -> None:
    rates = dict(visited.world.rates.delivered.select("rate_date", "rate").iter_rows())
    truth = {
        (row["shopper_id"], row["site"], row["opened_at"]): row for row in visited.visits.carts.to_dicts()
    }
    for cart in slow[0]:
        row, day = truth[key(cart)], cart.opened_at.astimezone(ZONES[cart.site]).date()
        rate = rates[max(known for known in rates if known <= day)] if cart.site == "uk" else Decimal(1)
        assert row["value_at_end_reporting_amount"] == cart.converted(rate)
        assert row["most_value_reporting_amount"] >= row["value_at_end_reporting_amount"]
        if row["most_value_amount"] == row["value_at_end_amount"]:
            assert row["most_value_reporting_amount"] == row["value_at_end_reporting_amount"]
    assert any(cart.site == "uk" and len(cart.worth_by_product) > 1 for cart in slow[0])


def test_recovery_is_counted_from_the_first_silence(
    visited: Visited, slow: tuple[list[slow_visits.Cart], set[int]]
) -> None:
    carts, _ = slow
    truth = {
        (row["shopper_id"], row["site"], row["opened_at"]): row for row in visited.visits.carts.to_dicts()
    }
    recovered = [cart for cart in carts if cart.state == "recovered"]
    placed = dict(visited.sales.orders.select("order", "ordered_at").iter_rows())
    for cart in recovered:
        ordered_at = moment(placed[cart.order_id])
        hours = (ordered_at - cart.silences(ordered_at)[0]) / timedelta(hours=1)
        assert truth[key(cart)]["recovery_hours"] == pytest.approx(hours)
        assert hours > 1
    assert len(recovered) > 50


def test_orders_without_a_cart_are_told(
    visited: Visited, slow: tuple[list[slow_visits.Cart], set[int]]
) -> None:
    carts, without = slow
    ended = {cart.order_id for cart in carts}
    rows = visited.visits.order_visitors.to_dicts()
    assert all(row["has_cart"] == (row["order"] in ended) for row in rows)
    assert without <= {row["order"] for row in rows if not row["has_cart"]}


def test_some_carts_live_on_two_devices(visited: Visited) -> None:
    carts = visited.visits.carts.filter(pl.col("state") == "recovered")
    assert carts.filter(pl.col("devices").str.contains("desktop+mobile", literal=True)).height > 10
    assert carts.filter((pl.col("visitor_count") == 1) & (pl.col("session_count") > 1)).height > 10


def test_cart_numbers_of_blocks_differ(blocks: list[Visited]) -> None:
    carts = pl.concat([made.visits.carts for made in blocks])
    assert carts["cart"].is_unique().all()
    assert not carts.select("shopper_id", "site", "opened_at").is_duplicated().any()
