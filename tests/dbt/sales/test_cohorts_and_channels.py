"""Returns, cohorts and channels' money of made-up shops, against a computation person by person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from channel_money_oracle import campaigns, channel_performance
from cohort_oracle import monthly_cohorts
from mandje.ingest.due.delivery_schedule import MissingDelivery
from mandje.shop.settings import Shop
from mandje.warehouse.build import dbt_variables
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import run_dbt
from missing_oracle import MONEY, Days, lacking_days, missing
from money_shop import SETTINGS, money_shop
from returns_oracle import ALL, Row, product_returns, return_reasons

pytestmark = pytest.mark.xdist_group("behaviour_money")

PERSONS = 700
CLOCKS = {"nl": "Europe/Amsterdam", "uk": "Europe/London", "us": "America/Los_Angeles"}
# Only visits; returns in the middle of a month; the first of one, which is the last of another in the west.
MISSING = missing(
    ("session_events", "2024-12-10"),
    ("returns", "2025-03-15"),
    ("service_contacts", "2025-05-01"),
)
MARTS = ("return_reasons", "channel_performance", "daily_channels", "campaigns")
FACTS = ("orders", "order_lines", "returns", "sessions")
RECONCILED = (
    "product_returns_equal_returns",
    "return_reasons_equal_products",
    "contribution_of_products_equals_orders",
    "cohorts_equal_orders",
    "channels_equal_their_facts",
    "campaigns_equal_channels",
)


@dataclass(frozen=True)
class World:
    """A built shop with the rows of its facts; its days, and the deliveries that they lack."""

    shop: Shop
    facts: dict[str, list[Row]]
    days: Days
    missing: list[MissingDelivery]

    @property
    def as_of(self) -> date:
        """Last day of the history."""
        return self.days.as_of

    @property
    def orders(self) -> dict[str, Row]:
        """Orders by id."""
        return {row["order_id"]: row for row in self.facts["orders"]}

    @property
    def products(self) -> dict[str, Row]:
        """Listed products by id."""
        return {row["product_id"]: row for row in self.facts["products"]}


def _rows(shop: Shop, table: str) -> list[Row]:
    with open_warehouse(shop, read_only=True) as connection:
        found = connection.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


# In the middle of a month, without some deliveries; on the last day of one, which is not over in London.
@pytest.fixture(
    scope="module",
    params=[(date(2025, 5, 17), MISSING), (date(2025, 4, 30), [])],
    ids=["mid_month", "month_end"],
)
def world(build_warehouse: Callable[..., Shop], request: pytest.FixtureRequest) -> World:
    """A shop with the four marts built: products and cohorts with what reads them."""
    as_of, absent = request.param
    feeds = money_shop(as_of.day, PERSONS)
    chosen = ("--select", *(f"+{mart}" for mart in (*MARTS, *FACTS)))
    shop = build_warehouse(feeds, as_of, selection=chosen, settings=SETTINGS, missing=absent)
    facts = {name: _rows(shop, f"marts.{name}") for name in FACTS}
    last_days = {
        row["site"]: row["last_complete_date"] for row in _rows(shop, "intermediate.int_sites_timed")
    }
    first_day = _rows(shop, "intermediate.int_history_bounded")[0]["first_date"]
    given = {name: feeds[name] for name in ("ad_spend", "exchange_rates", "products")}
    lacking = [lacking_days(absent, CLOCKS, CLOCKS["nl"], of) for of in (None, MONEY)]
    return World(shop, facts | given, Days(first_day, as_of, last_days, *lacking), absent)


def _same(world: World, mart: str, expected: list[Row], key: tuple[str, ...]) -> list[Row]:
    """The rows of the mart, which are the expected ones."""
    built = _rows(world.shop, f"marts.{mart}")
    ours, theirs = ({tuple(row[name] for name in key): row for row in rows} for rows in (built, expected))
    assert len(ours) == len(built)
    assert ours.keys() == theirs.keys()
    different = {one: (row, theirs[one]) for one, row in ours.items() if row != theirs[one]}
    wrong: list[Any] = [
        (one, {name: (row[name], other.get(name)) for name in row if row[name] != other.get(name)})
        for one, (row, other) in different.items()
    ]
    assert wrong[:3] == []
    return built


def test_products_sold_and_sent_back_are_those_of_the_slow_computation(world: World) -> None:
    facts = (world.facts["order_lines"], world.facts["returns"], world.orders, world.products, world.as_of)
    key = ("site", "month_start_date", "product_id")
    shown = _same(world, "product_returns", product_returns(*facts), key)
    assert any(row["return_ratio"] is not None and row["return_ratio"] > 1 for row in shown)
    assert {row["is_return_ratio_mature"] for row in shown} == {True, False}
    assert sum(row["unmatched_return_count"] for row in shown if row["site"] == ALL) > 20
    assert any(row["category"] is None for row in shown)


def test_reasons_are_those_of_the_slow_computation(world: World) -> None:
    facts = (world.facts["order_lines"], world.facts["returns"], world.orders, world.products, world.as_of)
    key = ("site", "month_start_date", "product_id", "reason")
    shown = _same(world, "return_reasons", return_reasons(*facts), key)
    assert {row["reason"] for row in shown} == {"(unknown)", "damaged", "too_large"}


def test_cohorts_are_those_of_the_slow_computation(world: World) -> None:
    lines = world.facts["order_lines"]
    expected = monthly_cohorts(world.facts["orders"], lines, world.products, world.days)
    key = ("site", "cohort_kind", "cohort_value", "cohort_start_date", "month_start_date")
    shown = _same(world, "monthly_cohorts", expected, key)
    assert all(row["is_complete"] or row["order_count"] is None for row in shown)
    not_whole = {(row["site"], row["month_start_date"].month) for row in shown if not row["is_complete"]}
    if world.missing:
        assert {(site, 3) for site in CLOCKS} | {("us", 4), ("uk", 4), (ALL, 4)} < not_whole
        assert not {("nl", 4), (ALL, 12)} & not_whole
    assert {row["is_complete"] for row in shown} == {True, False}
    assert any(row["is_complete"] and row["active_customer_count"] == 0 for row in shown)
    assert any(0 < row["anonymous_customer_count"] < row["customer_count"] for row in shown)
    values = {(row["cohort_kind"], row["cohort_value"]) for row in shown}
    assert {("first_category", "(unknown)"), ("first_order_channel", "(offline)")} < values


def test_channels_are_those_of_the_slow_computation(world: World) -> None:
    expected = channel_performance(world.facts, world.days)
    shown = _same(world, "channel_performance", expected, ("site", "month_start_date", "channel"))
    states = Counter(row["payback_state"] for row in shown)
    assert set(states) == {"paid_back", "not_yet", "no_new_customers", "no_spend"}
    assert len({row["months_to_payback"] for row in shown} - {None}) > 1
    assert {"Unassigned", "Paid Shopping", "(unknown)", "(offline)"} < {row["channel"] for row in shown}
    assert any(row["site"] == "us" and row["spend_amount"] is None for row in shown)
    month = [row for row in shown if row["month_start_date"] == date(2025, 2, 1) and row["site"] == ALL]
    assert {row["order_count"] for row in month} == {0}
    assert {row["cpa_amount"] for row in month} == {None}


def test_days_of_channels_are_those_of_their_facts(world: World) -> None:
    shown = {
        (row["site"], row["channel_date"], row["channel"]): row
        for row in _rows(world.shop, "marts.daily_channels")
    }
    orders = [row for row in world.facts["orders"] if row["is_counted"]]
    for facts, day, name, figure in (
        (world.facts["sessions"], "session_date", "channel", "session_count"),
        (orders, "order_date", "last_non_direct_channel", "order_count"),
    ):
        counts = Counter(
            (site, row[day], channel)
            for row in facts
            for site in (row["site"], ALL)
            for channel in (row[name], ALL)
        )
        assert {key: row[figure] for key, row in shown.items()} == {key: counts[key] for key in shown}
        assert counts.keys() <= shown.keys()
    spend = {key: row["spend_amount"] for key, row in shown.items() if key[2] == ALL}
    told = [row["spend_date"] for row in world.facts["ad_spend"] if row["site"] == "nl"]
    assert {key[1] for key, amount in spend.items() if key[0] == "nl" and amount is None} == {
        day for site, day, _ in spend if site == "nl" and day < min(told)
    }


def test_campaigns_are_those_of_the_slow_computation(world: World) -> None:
    key = ("month_start_date", "site", "channel", "source", "medium", "campaign")
    shown = {tuple(row[name] for name in key): row for row in _rows(world.shop, "marts.campaigns")}
    expected = campaigns(world.facts, world.days)
    assert shown.keys() == expected.keys()
    for one, row in shown.items():
        figures = [
            row[name] for name in ("session_count", "order_count", "new_customer_count", "net_sales_amount")
        ]
        assert figures == [expected[one][name] for name in ("sessions", "orders", "new", "net")]
        assert (row["spend_amount"] or 0) == expected[one]["money"]
    assert len({row["campaign"] for row in shown.values()}) > 2


def test_grains_add_up(world: World) -> None:
    variables = dbt_variables(world.shop, world.as_of)
    results = run_dbt(world.shop, "test", ("--select", *RECONCILED), variables)
    assert {result.name for result in results} == set(RECONCILED)
    assert {result.name for result in results if result.status != "pass"} == set()
