from __future__ import annotations

from zoneinfo import ZoneInfo

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from visited_shop import Visited, kept, make, shop

from mandje.contracts.types import POLARS_TYPES
from mandje.contracts.visits import AD_SPEND, SESSION_EVENTS, STEPS
from mandje.simulate.deliver.render import typed
from mandje.simulate.visits.ad_spend import delivered_ad_spend
from mandje.simulate.visits.truth.sessions import id_text

ZONES = {"nl": ZoneInfo("Europe/Amsterdam"), "uk": ZoneInfo("Europe/London")}
KEYS = ["day", "site", "source", "medium", "campaign"]


def all_of(blocks: list[Visited], name: str) -> pl.DataFrame:
    return pl.concat([getattr(made.visits, name) for made in blocks])


def test_events_have_the_contracts_columns(visited: Visited) -> None:
    events = visited.visits.events
    assert tuple(events.columns) == (*SESSION_EVENTS.names, "delivery_day", "outcome", "defect")
    ids = {"event_id", "visitor_id", "customer_id", "product_id", "order_id"}
    for column in SESSION_EVENTS.columns:
        kind = events.schema[column.name]
        expected = pl.Int64() if column.name in ids else POLARS_TYPES[column.type]
        assert kind == expected or isinstance(kind, pl.Enum), column.name
    assert events["event_id"].is_unique().all()


def test_truth_writes_ids_as_exports_do(visited: Visited) -> None:
    undamaged = {"damage_column": None, "damage_text": None}
    rows = kept(visited).with_columns(pl.lit(text, pl.String).alias(name) for name, text in undamaged.items())
    exported = typed(rows, "session_events")
    sessions = visited.visits.sessions
    assert set(sessions["first_event_id"]) <= set(exported["event_id"])
    for name in ("visitor_id", "customer_id", "order_id"):
        assert set(sessions[name].drop_nulls()) == set(exported[name].drop_nulls()), name


def test_purchase_events_are_the_online_orders(visited: Visited) -> None:
    online = visited.sales.orders.filter(pl.col("channel") == "online").sort("order")
    told = visited.visits.order_visitors
    assert told["order"].equals(online["order"])
    bought = kept(visited).filter(pl.col("event_type") == "purchase").sort("order_id")
    assert bought["order_id"].equals(told.filter("has_purchase_event")["order"])
    own = bought.join(online, left_on="order_id", right_on="order", how="inner", maintain_order="left").join(
        told.rename({"order": "order_id"}), on="order_id", how="left", maintain_order="left"
    )
    assert (own["event_at"].dt.epoch("us") == own["ordered_at"]).all()
    assert (own["visitor_id"] == own["visitor"]).all()
    assert (own["value_amount"] * 100 == own["total"]).all()
    shown = pl.when("shows_customer").then("person")
    assert own.select((pl.col("customer_id").eq_missing(shown)).all()).item()


def test_an_order_whose_event_was_lost_is_still_seen_with_its_customer(visited: Visited) -> None:
    lost = visited.visits.order_visitors.filter(
        ~pl.col("has_purchase_event") & pl.col("visitor").is_not_null()
    )
    begun = kept(visited).filter(pl.col("event_type") == "begin_checkout")
    orders = visited.sales.orders.select("order", "person", "ordered_at")
    for row in lost.join(orders, on="order").iter_rows(named=True):
        own = begun.filter(
            (pl.col("visitor_id") == row["visitor"]) & (pl.col("customer_id") == row["person"])
        )
        since = row["ordered_at"] - own["event_at"].dt.epoch("us")
        assert ((since > 0) & (since < 3_600_000_000)).any()
    assert lost.height > 0


def test_events_that_take_a_product_or_money_have_it(visited: Visited) -> None:
    events = kept(visited)
    kind = pl.col("event_type").cast(pl.String)
    with_product = ["product_view", "add_to_cart", "remove_from_cart"]
    with_value = ["add_to_cart", "remove_from_cart", "purchase"]
    for names, column in (
        (with_product, "product_id"),
        (with_value, "value_amount"),
        (with_value, "currency_code"),
        (["search"], "search_term"),
        (["checkout_error"], "error_code"),
        (["purchase"], "order_id"),
    ):
        assert events.select((kind.is_in(names) == pl.col(column).is_not_null()).all()).item(), column
    assert set(events["event_type"].cast(pl.String)) == set(STEPS)
    currencies = events.filter(pl.col("value_amount").is_not_null()).select("site", "currency_code").unique()
    assert set(currencies.rows()) == {("nl", "EUR"), ("uk", "GBP")}


def test_planned_visits_come_in_their_numbers(blocks: list[Visited]) -> None:
    planned = blocks[0].world.settings.visits.planned
    kinds = dict(all_of(blocks, "sessions")["kind"].cast(pl.String).value_counts().iter_rows())
    # 2023-06-01 and 430 days: clocks change in October, March; two sites.
    assert {name: kinds[name] for name in ("open_cart", "over_midnight", "over_clock_change", "staff")} == {
        "open_cart": planned.open_carts,
        "over_midnight": planned.over_midnight,
        "over_clock_change": 4 * planned.over_each_clock_change,
        "staff": planned.staff,
    }
    bots = {name: kinds[name] for name in ("flagged_bot", "fast_bot", "long_bot")}
    assert bots == {
        "flagged_bot": planned.flagged_bots,
        "fast_bot": planned.fast_bots,
        "long_bot": planned.long_bots,
    }


def test_visits_over_midnight_and_clock_changes_run_over_them(blocks: list[Visited]) -> None:
    for row in all_of(blocks, "sessions").iter_rows(named=True):
        start, end = (row[name].astimezone(ZONES[row["site"]]) for name in ("started_at", "ended_at"))
        if row["kind"] == "over_midnight":
            assert start.date() < end.date()
        if row["kind"] == "over_clock_change":
            assert start.utcoffset() != end.utcoffset()


def test_carts_filled_shortly_before_the_end_are_open(blocks: list[Visited]) -> None:
    visitors = all_of(blocks, "sessions").filter(pl.col("kind") == "open_cart")["visitor_id"]
    carts = all_of(blocks, "carts").filter(pl.col("shopper_id").is_in(visitors.implode()))
    assert carts["state"].cast(pl.String).to_list() == ["open"] * len(visitors)


def test_robots_are_as_they_are_called(blocks: list[Visited]) -> None:
    sessions = all_of(blocks, "sessions")
    lasts = (pl.col("ended_at") - pl.col("started_at")).dt.total_microseconds()
    a_page = sessions.filter(pl.col("kind") == "fast_bot").select(lasts / (pl.col("event_count") - 1))
    assert a_page.to_series().max() < 1_000_000
    assert sessions.filter(pl.col("kind") == "long_bot").select(lasts).to_series().min() > 24 * 3_600_000_000
    flagged = all_of(blocks, "events").filter("is_bot")
    assert flagged["event_id"].unique().len() == flagged.height > 0
    robots = sessions.filter(pl.col("kind") == "flagged_bot")["session"]
    assert set(flagged["event_id"] // 4096) == set(robots)


def test_wrong_clocks_come_in_their_numbers_and_outcomes(blocks: list[Visited]) -> None:
    settings = blocks[0].world.settings.visits.defects
    events = all_of(blocks, "events").filter(pl.col("defect").is_not_null())
    for name, count, outcome in (
        ("clock_skew_hours", settings.clock_skew_hours, "kept"),
        ("clock_skew_days", settings.clock_skew_days, "rejected:impossible_date"),
    ):
        own = events.filter(pl.col("defect") == name)
        assert own["visitor_id"].n_unique() == count
        assert set(own["outcome"]) == {outcome}
        delivered = pl.lit(blocks[0].world.clock.first_day) + pl.duration(days="delivery_day")
        local = pl.col("event_at").dt.convert_time_zone("Europe/Amsterdam").dt.date()
        ahead = own.select((local - delivered).dt.total_days()).to_series()
        # The parser takes a row up to the end of the day after its delivery.
        assert (ahead <= 1).all() if outcome == "kept" else (ahead >= 2).all()
    of_2000 = events.filter(pl.col("outcome") == "too_old")
    assert of_2000["visitor_id"].n_unique() == settings.clock_of_2000 == 5
    assert of_2000["event_at"].dt.year().unique().to_list() == [2000]
    rejected = events.filter(pl.col("outcome") != "kept").select(id_text(pl.col("visitor_id"), "v", 16))
    assert not all_of(blocks, "visitors")["visitor_id"].is_in(rejected.to_series().implode()).any()


def test_visitors_and_events_of_blocks_differ(blocks: list[Visited]) -> None:
    assert all_of(blocks, "visitors")["visitor_id"].is_unique().all()
    assert all_of(blocks, "events")["event_id"].is_unique().all()


def test_ratios_lie_near_the_market(visited: Visited) -> None:
    sessions = visited.visits.sessions.filter(~pl.col("is_bot"), ~pl.col("is_internal"))
    states = dict(visited.visits.carts["state"].cast(pl.String).value_counts().iter_rows())
    ended = states["abandoned"] + states["ordered"] + states["recovered"]
    assert 0.035 < sessions["order_id"].is_not_null().mean() < 0.055
    assert 0.40 < 1 - sessions["is_engaged"].mean() < 0.50
    assert 0.66 < states["abandoned"] / ended < 0.76
    assert 0.10 < visited.visits.carts.height / sessions.height < 0.18
    assert 0.25 < states["recovered"] / (states["ordered"] + states["recovered"]) < 0.5


@pytest.fixture(scope="module")
def spend(blocks: list[Visited]) -> tuple[pl.DataFrame, pl.DataFrame]:
    clicks = all_of(blocks, "clicks").group_by(KEYS).agg(pl.col("clicks").sum()).sort(KEYS)
    return clicks, delivered_ad_spend(blocks[0].world, clicks)


def test_ad_spend_has_a_row_per_day_site_and_campaign(
    blocks: list[Visited], spend: tuple[pl.DataFrame, pl.DataFrame]
) -> None:
    _, delivered = spend
    assert tuple(delivered.columns) == (*AD_SPEND.names, "delivery_day", "outcome", "defect")
    assert not delivered.select(AD_SPEND.key).is_duplicated().any()
    campaigns = delivered.select("source", "medium", "campaign").unique().height
    assert delivered.height == blocks[0].world.clock.days * 2 * campaigns


def test_networks_count_at_least_the_visits_that_came(spend: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    clicks, delivered = spend
    assert clicks["clicks"].sum() <= delivered["clicks"].sum() < clicks["clicks"].sum() * 1.1
    free = delivered.filter(pl.col("clicks") == 0)
    assert free.height > 0
    assert free["cost_amount"].sum() == 0
    paid = delivered.filter(pl.col("clicks") > 0)
    assert paid["cost_amount"].min() > 0
    assert (paid["impressions"] > paid["clicks"]).all()


def test_equal_seeds_give_equal_visits_and_others_do_not() -> None:
    one, same, other = (shop(150, seed=seed) for seed in (1, 1, 2))
    first, second = (make(world, next(world.blocks())).visits for world in (one, same))
    assert_frame_equal(first.events, second.events)
    assert_frame_equal(first.carts, second.carts)
    third = make(other, next(other.blocks())).visits
    assert not first.events.equals(third.events)
