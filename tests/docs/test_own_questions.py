"""Own funnels, messages, experiments and service contacts: each query answered a second time, row by row."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest

from demo_shop import LAST
from mandje.publish.query import query_snapshot
from mandje.shop.settings import Shop
from repository import ROOT

HOW_TO = ROOT / "docs" / "how-to"
FUNNEL, *_ = re.findall(r"```sql\n(.*?)```", (HOW_TO / "own-funnels.md").read_text(), re.DOTALL)
SENT, FOLLOWED, UNITS, _, CALLS = re.findall(
    r"```sql\n(.*?)```", (HOW_TO / "messages-and-experiments.md").read_text(), re.DOTALL
)
STANDARD = ("product_view", "add_to_cart", "begin_checkout", "add_shipping", "add_payment", "purchase")
SHORT = ("product_view", "add_to_cart", "begin_checkout", "purchase")
WEEK = timedelta(days=7)
Row = dict[str, Any]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def ask(shop: Shop, sql: str) -> list[Row]:
    return list(query_snapshot(shop, sql).rows(named=True))


def working(shop: Shop, sql: str) -> list[Row]:
    """Rows of the working database, times in UTC."""
    with duckdb.connect(shop.warehouse, read_only=True) as con:
        con.execute("SET TimeZone = 'UTC'")
        told = con.execute(sql)
        names = [column[0] for column in told.description or []]
        return [dict(zip(names, row, strict=True)) for row in told.fetchall()]


def standard_funnel(unit: str, group: str) -> str:
    """The page's query for the shop's own steps, in one visit, over the whole history."""
    listed = ", ".join(f"({number}, '{step}')" for number, step in enumerate(STANDARD, 1))
    counts = [
        f"count(*) filter (reached.step_number = {number}) as {step}"
        for number, step in enumerate(STANDARD, 1)
    ]
    changes = {
        r"values .*\n": f"values {listed}\n",
        r"events\.shopper_id": unit,
        r"    where events\.event_date > .*\n": "",
        r"sessions\.campaign": group,
        r"    count\(\*\) filter [\s\S]*step_4\n": "    " + ", ".join(counts) + "\n",
        r"order by step_1 desc": "order by product_view desc",
    }
    sql = FUNNEL
    for pattern, text in changes.items():
        sql, found = re.subn(pattern, text, sql)
        assert found == 1, pattern
    return sql


def test_the_standard_steps_are_those_of_the_closed_daily_funnel(shop: Shop) -> None:
    sums = ", ".join(f"sum(closed_{step}_session_count) as {step}" for step in STANDARD)
    expected = ask(
        shop,
        f"select device_category as grouped_by, {sums} from marts.daily_funnel"
        " where site = '(all)' and channel = '(all)' and visitor_kind = '(all)'"
        " and device_category <> '(all)'"
        " group by device_category having product_view > 0 order by product_view desc, grouped_by",
    )
    assert len(expected) > 1
    assert expected[0]["purchase"] > 0
    found = ask(shop, standard_funnel("events.session_id", "sessions.device_category"))
    assert [{name: str(value) for name, value in row.items()} for row in found] == [
        {name: str(value) for name, value in row.items()} for row in expected
    ]


def test_shoppers_go_on_within_a_week(shop: Shop) -> None:
    events = working(
        shop,
        "select sessions.shopper_id, session_id, event_at, event_type, sessions.campaign"
        " from intermediate.int_events_sessionised inner join marts.sessions using (session_id)"
        f" where event_date > date '{LAST}' - 90 order by event_at, session_id",
    )
    of_shopper: dict[str, list[Row]] = defaultdict(list)
    for event in events:
        if event["event_type"] in SHORT:
            of_shopper[event["shopper_id"]].append(event)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in of_shopper.values():
        began = next((event for event in one if event["event_type"] == SHORT[0]), None)
        if began is None:
            continue
        now, campaign = began["event_at"], began["campaign"] or "(none)"
        for number, step in enumerate(SHORT, 1):
            after = [event["event_at"] for event in one if event["event_type"] == step]
            later = [at for at in after if now <= at <= began["event_at"] + WEEK]
            if not later:
                break
            now = min(later)
            counts[campaign][f"step_{number}"] += 1
    assert sum(one["step_4"] for one in counts.values()) > 10
    assert {
        row["grouped_by"]: {n: c for n, c in row.items() if n != "grouped_by" and c}
        for row in ask(shop, FUNNEL)
    } == {campaign: dict(one) for campaign, one in counts.items()}


@pytest.fixture(scope="module")
def following(shop: Shop) -> dict[str, list[str]]:
    """Orders that follow each message, looked for one by one."""
    orders: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for row in working(shop, "from marts.orders where is_counted"):
        orders[row["person_id"]].append((row["ordered_at"], row["order_id"]))
    return {
        row["message_id"]: [
            order
            for at, order in orders[f"customer:{row['customer_id']}"]
            if row["sent_at"] < at <= row["sent_at"] + WEEK
        ]
        for row in working(shop, "from staging.stg_messages")
    }


@pytest.fixture(scope="module")
def sent(shop: Shop) -> list[Row]:
    """Messages as they were delivered, with all that was told of them by the last day."""
    rows = {row["message_id"]: row for row in working(shop, "from staging.stg_messages")}
    for event in working(shop, "from staging.stg_message_events"):
        name = f"{event['kind']}_at"
        rows[event["message_id"]][name] = rows[event["message_id"]][name] or event["event_at"]
    clock = ZoneInfo(shop.settings.time_zone)
    return [row | {"day": row["sent_at"].astimezone(clock).date()} for row in rows.values()]


def test_days_of_messages(shop: Shop, sent: list[Row], following: dict[str, list[str]]) -> None:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in sent:
        groups[row["day"], row["channel"], row["campaign"], row["trigger"]].append(row)
        groups[row["day"], "(all)", "(all)", "(all)"].append(row)
    worth = {
        row["order_id"]: row["gross_sales_amount"] - row["discount_amount"]
        for row in ask(shop, "from marts.orders")
    }
    expected = {}
    for key, rows in groups.items():
        orders = {order for row in rows for order in following[row["message_id"]]}
        counts = [sum(row[f"{kind}_at"] is not None for row in rows) for kind in ("opened", "clicked")]
        is_over = max(row["sent_at"] for row in rows) + WEEK < datetime(2025, 3, 19, 23, tzinfo=UTC)
        expected[key] = [len(rows), len({row["customer_id"] for row in rows}), *counts, len(orders)]
        expected[key] += [sum(worth[order] for order in orders), is_over]
    names = ("message", "person", "opened_message", "clicked_message")
    found = {
        (row["sent_date"], row["channel"], row["campaign"], row["trigger"]): [
            *(row[f"{name}_count"] for name in names),
            *(row[name] for name in ("order_count_7d", "order_amount_7d", "is_7d_complete")),
        ]
        for row in ask(shop, "from marts.daily_messages")
    }
    assert found == expected
    assert sum(one[4] for key, one in found.items() if key[1] != "(all)") > 10
    assert {row["bounced_message_count"] for row in ask(shop, "from marts.daily_messages")} == {None}


def test_what_was_sent_and_what_followed(
    shop: Shop, sent: list[Row], following: dict[str, list[str]]
) -> None:
    orders: dict[str, set[str]] = defaultdict(set)
    for row in sent:
        orders[row["campaign"]].update(following[row["message_id"]])
    found = {row["campaign"]: row["orders_within_7_days"] for row in ask(shop, FOLLOWED)}
    assert found == {campaign: len(ones) for campaign, ones in orders.items() if ones}
    told = {row["campaign"]: row for row in ask(shop, SENT)}
    newsletters = Counter(
        row["campaign"] for row in sent if row["trigger"] == "newsletter" and row["day"] < date(2025, 3, 12)
    )
    assert {name: told[name]["messages"] for name in newsletters} == newsletters
    assert all(0 < row["clicked"] < row["opened"] < 1 for row in told.values() if row["messages"] > 100)


def test_who_is_in_an_experiment(shop: Shop) -> None:
    """By the delivered files, the latest row of each customer; by the truth at least as many are in it."""
    latest: dict[str, Row] = {}
    for path in sorted((shop.folder / "exports" / "experiment_assignments").rglob("*.csv*")):
        latest |= {row["unit_id"]: row for row in pl.read_csv(path).rows(named=True)}
    found = {row["variant"]: row for row in ask(shop, UNITS)}
    accepted = {row["unit_id"] for row in ask(shop, "from marts.experiments")}
    assert accepted <= latest.keys()
    assert len(accepted) > 0.9 * len(latest)
    drawn = Counter(latest[unit]["variant"] for unit in accepted)
    assert {variant: row["units"] for variant, row in found.items()} == drawn
    truth = pl.read_parquet(shop.folder / "truth" / "experiment.parquet").rows(named=True)
    assert all(0.8 * row["person_count"] < drawn[row["variant"]] <= row["person_count"] for row in truth)


def test_units_are_exposed_when_they_are_first_seen(shop: Shop) -> None:
    """One by one; days are those of the sites, a session that goes on counts from the assignment on."""
    visits: dict[str, list[Row]] = defaultdict(list)
    for row in working(shop, "from marts.sessions where customer_id is not null order by started_at"):
        visits[row["customer_id"]].append(row)
    orders: dict[str, list[Row]] = defaultdict(list)
    for row in working(shop, "from marts.orders where customer_id is not null order by ordered_at"):
        orders[row["customer_id"]].append(row)
    clocks = {name: ZoneInfo(site.time_zone) for name, site in shop.settings.sites.items()}
    units = working(shop, "from marts.experiments")
    for unit in units:
        at = unit["assigned_at"]
        visit = next((row for row in visits[unit["unit_id"]] if row["ended_at"] >= at), None)
        order = next((row for row in orders[unit["unit_id"]] if row["ordered_at"] >= at), None)
        visited = visit and max(visit["started_at"], at).astimezone(clocks[visit["site"]]).date()
        ordered = order and order["order_date"]
        seen = min((day for day in (visited, ordered) if day), default=None)
        assert (unit["next_session_date"], unit["next_order_date"], unit["exposed_date"]) == (
            visited,
            ordered,
            seen,
        )
    assert sum(unit["next_session_date"] is not None for unit in units) > len(units) / 2


def test_why_customers_call(shop: Shop) -> None:
    contacts = working(shop, "from staging.stg_service_contacts")
    found = ask(shop, CALLS)
    assert {(row["topic"], row["channel"]): row["contacts"] for row in found} == Counter(
        (row["topic"], row["channel"]) for row in contacts
    )
    ordered = {row["order_id"]: row["order_date"] for row in ask(shop, "from marts.orders")}
    clock = ZoneInfo(shop.settings.time_zone)
    days = [
        (row["contacted_at"].astimezone(clock).date() - ordered[row["order_id"]]).days
        for row in contacts
        if row["order_id"] in ordered
    ]
    shown = [
        row["days_since_order"] for row in ask(shop, "from marts.service_contacts where order_id is not null")
    ]
    assert sorted(shown) == sorted(days)
    costs = working(
        shop,
        "select order_id, any_value(service_cost_amount) as of_order, sum(cost_amount) as of_contacts"
        " from marts.service_contacts inner join marts.orders using (order_id)"
        " where is_counted group by order_id",
    )
    assert len(costs) > 5
    assert [row["of_contacts"] for row in costs] == [row["of_order"] for row in costs]
