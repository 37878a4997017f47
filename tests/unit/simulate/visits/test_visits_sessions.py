from __future__ import annotations

from collections import defaultdict
from datetime import UTC
from zoneinfo import ZoneInfo

import polars as pl
import slow_visits
from visited_shop import Visited, kept

STEPS = slow_visits.FUNNEL[:6]
ZONES = {"nl": ZoneInfo("Europe/Amsterdam"), "uk": ZoneInfo("Europe/London")}


def test_sessions_are_those_of_the_definition(visited: Visited) -> None:
    expected = {}
    for session in slow_visits.sessions(kept(visited).to_dicts()):
        first, last = session[0], session[-1]
        expected[f"e{first['event_id']:016}"] = {
            "visitor_id": f"v{first['visitor_id']:016}",
            "site": first["site"],
            "started_at": first["event_at"],
            "ended_at": last["event_at"],
            "started_date": first["event_at"].astimezone(ZONES[first["site"]]).date(),
            "event_count": len(session),
            "page_view_count": sum(event["event_type"] == "page_view" for event in session),
            "product_view_count": sum(event["event_type"] == "product_view" for event in session),
            "landing_page_path": first["page_path"],
            "landing_page_type": first["page_type"],
            "is_engaged": slow_visits.is_engaged(session),
            "closed_step_count": slow_visits.closed_step_count(session),
            **{f"has_{step}": any(event["event_type"] == step for event in session) for step in STEPS},
            "is_internal": first["host"] == "intranet.demo.example",
            "device_category": first["device_category"],
            "country_code": first["country_code"],
        }
    truth = {row["first_event_id"]: row for row in visited.visits.sessions.to_dicts()}
    assert truth.keys() == expected.keys()
    assert all(truth[key][name] == value for key, row in expected.items() for name, value in row.items())


def test_the_other_reading_of_page_views_engages_the_same_sessions(visited: Visited) -> None:
    sessions = visited.visits.sessions.filter(~pl.col("is_bot"))
    views = pl.col("page_view_count") + pl.col("product_view_count")
    assert sessions.filter((views >= 2) & ~pl.col("is_engaged")).height == 0


def test_a_visitor_has_no_two_events_at_once(visited: Visited) -> None:
    assert not kept(visited).select("visitor_id", "event_at").is_duplicated().any()


def test_a_session_tells_where_it_came_from_on_its_first_event_only(visited: Visited) -> None:
    events = visited.visits.events
    later = events.filter(pl.col("event_id") % 4096 > 0)
    told = ["source", "medium", "campaign", "referrer_host", "keyword", "click_id_type"]
    assert later.select(pl.col(told).is_not_null().any()).row(0) == (False,) * len(told)
    first = kept(visited).filter(pl.col("event_id") % 4096 == 0).sort("event_id")
    truth = visited.visits.sessions.sort("first_event_id")
    for name in ("source", "medium", "campaign"):
        assert first[name].cast(pl.String).equals(truth[name].cast(pl.String), null_equal=True)


def test_sessions_show_one_customer_at_most_and_the_truth_names_it(visited: Visited) -> None:
    shown = (
        kept(visited)
        .group_by(pl.col("event_id") // 4096)
        .agg(pl.col("customer_id").drop_nulls().unique())
        .sort("event_id")
    )
    assert shown["customer_id"].list.len().max() == 1
    expected = ("c" + shown["customer_id"].list.first().cast(pl.String).str.zfill(7)).to_list()
    assert visited.visits.sessions.sort("session")["customer_id"].to_list() == expected


def test_events_are_delivered_on_the_shops_day_and_before_the_end(visited: Visited) -> None:
    natural = visited.visits.events.filter(pl.col("defect").is_null())
    local = natural["event_at"].dt.convert_time_zone("Europe/Amsterdam").dt.date()
    first = visited.world.clock.first_day
    assert ((local - first).dt.total_days() == natural["delivery_day"]).all()
    end = visited.world.clock.date_of(visited.world.clock.days)
    assert local.max() < end
    assert natural["event_at"].dtype.time_zone == str(UTC)


def test_customers_show_only_when_their_account_is_made_or_being_made(visited: Visited) -> None:
    events = kept(visited).filter(pl.col("customer_id").is_not_null())
    made = events.join(
        visited.people.select("person", "account_at"), left_on="customer_id", right_on="person", how="left"
    )
    early = made.filter(pl.col("event_at").dt.epoch("us") < pl.col("account_at").fill_null(2**62))
    checkout = ["begin_checkout", "add_shipping", "add_payment", "checkout_error", "purchase"]
    assert early["event_type"].cast(pl.String).is_in(checkout).all()
    # Only on the visit whose order makes the account.
    until = early["account_at"] - early["event_at"].dt.epoch("us")
    assert until.min() > 0
    assert until.max() < 3 * 3_600_000_000


def test_visitors_owners_are_those_of_the_definition(visited: Visited) -> None:
    customer_of = slow_visits.identities(kept(visited).to_dicts())
    truth = {row["visitor_id"]: row for row in visited.visits.visitors.to_dicts()}
    seen = set()
    for event in kept(visited).iter_rows(named=True):
        row, customer = truth[f"v{event['visitor_id']:016}"], customer_of[event["event_id"]]
        seen.add(row["visitor_id"])
        if not row["is_shared"]:
            assert row["customer_id"] == (None if customer is None else f"c{customer:07}")
        else:
            assert event["customer_id"] is not None
    assert seen == truth.keys()
    assert sum(row["is_shared"] for row in truth.values()) > 0


def test_shoppers_and_their_channels_are_those_of_the_definition(visited: Visited) -> None:
    events = kept(visited).to_dicts()
    customer_of = slow_visits.identities(events)
    truth = {row["first_event_id"]: row for row in visited.visits.sessions.to_dicts()}
    found = slow_visits.sessions(events)
    rows = [truth[f"e{session[0]['event_id']:016}"] for session in found]
    shoppers = [slow_visits.shopper_of(session, customer_of) for session in found]
    by_shopper = defaultdict(list)
    for shopper, row in zip(shoppers, rows, strict=True):
        by_shopper[shopper].append((shopper, row["started_at"], row["channel"]))
    for shopper, row in zip(shoppers, rows, strict=True):
        own = by_shopper[shopper]
        number = own.index((shopper, row["started_at"], row["channel"]))
        channels = (row["first_touch_channel"], row["last_non_direct_channel"])
        assert channels == slow_visits.channels_before(number, own)
        kind, name = shopper
        assert row["owner_id"] == (f"c{name:07}" if kind == "customer" else None)
    told = visited.visits.sessions.filter(pl.col("channel") == "Direct")["last_non_direct_channel"]
    assert 0 < (told == "Direct").sum() < told.len()


def test_a_session_names_the_order_that_was_placed_on_it_though_its_event_was_lost(visited: Visited) -> None:
    sessions = visited.visits.sessions.drop_nulls("placed_order_id")
    assert sessions["placed_order_id"].is_unique().all()
    told = sessions.filter(pl.col("order_id").is_not_null())
    assert told["order_id"].equals(told["placed_order_id"])
    seen = visited.visits.order_visitors.filter(pl.col("visitor").is_not_null())
    visitors = {f"o{order:016}": f"v{visitor:016}" for order, visitor in seen["order", "visitor"].iter_rows()}
    assert dict(sessions.select("placed_order_id", "visitor_id").rows()) == visitors
    assert sessions.height > told.height == seen["has_purchase_event"].sum()


def test_a_visitor_is_new_once_and_once_on_each_site(visited: Visited) -> None:
    seen: set[tuple[str, str]] = set()
    rows = visited.visits.sessions.sort("started_at").to_dicts()
    for row in rows:
        place = (row["visitor_id"], row["site"])
        anywhere = {(row["visitor_id"], site) for site in ZONES}
        assert row["is_new_visitor"] == seen.isdisjoint(anywhere)
        assert row["is_new_to_site"] == (place not in seen)
        seen.add(place)
    assert any(row["is_new_to_site"] and not row["is_new_visitor"] for row in rows)


def test_rows_of_orders_tell_the_same_owners_as_events(visited: Visited) -> None:
    seen = visited.visits.order_visitors.filter(pl.col("visitor").is_not_null())
    told = seen.join(visited.sales.orders.filter("shows_customer"), on="order")
    owners = dict(visited.visits.visitors.select("visitor_id", "customer_id").iter_rows())
    for visitor, person in told.select("visitor", "person").iter_rows():
        assert owners[f"v{visitor:016}"] == f"c{person:07}"
    assert told.height > 500
