"""Shopify, GA4, three networks and the ECB, joined in one night: each figure as worked out the slow way.

The large shop has 10,000 orders and a million events of two months. The small one has two nights: what the
second one rebuilds is no other than what one night builds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from typing import Any

import pytest

from command_line import told
from joined_marts import NOTHING_OF_A_CHANNEL, NOTHING_OF_A_DAY, channel_months, daily
from joined_oracle import Figures, figures_of
from joined_shop import Joined, make_joined_shop
from joined_visits import SECOND
from joined_world import FIRST_DAY, LARGE, LAST_DAY, MIDDLE_DAY, SMALL, Size
from mandje.night.reconciliation import reconciliation
from mandje.publish.query import query_snapshot
from mandje.shop.settings import Shop, load_shop

pytestmark = [pytest.mark.full, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Night:
    shop: Shop
    joined: Joined
    figures: Figures

    def rows(self, query: str) -> list[dict[str, Any]]:
        found = query_snapshot(self.shop, query)
        return [dict(zip(found.columns, row, strict=True)) for row in found.rows()]


@pytest.fixture(scope="module", params=[SMALL, LARGE], ids=["small", "large"])
def night(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Night:
    size: Size = request.param
    folder = tmp_path_factory.mktemp("joined")
    joined = make_joined_shop(folder, size)
    for day in (MIDDLE_DAY, LAST_DAY) if size == SMALL else (LAST_DAY,):
        told("night", folder, "--date", day)
    return Night(load_shop(folder), joined, figures_of(joined))


def _differing(
    found: Mapping[Any, Row], expected: Mapping[Any, Row], nothing: Row | None = None
) -> list[Any]:
    """The first few rows that are not as expected; where nothing is expected, as `nothing`."""
    wrong = [
        (key, name, found.get(key, {}).get(name, "no row"), value)
        for key in {*found, *expected}
        for name, value in expected.get(key, nothing or {"": "no such row"}).items()
        if found.get(key, {}).get(name, "no row") != value
    ]
    return sorted(wrong, key=str)[:20]


def test_no_row_and_no_cent_is_lost(night: Night) -> None:
    result = reconciliation(night.shop)
    assert result.is_equal, list(result.faults())
    told_of = result.accounts.destinations.filter(source="ga4")["row_count"].sum()
    assert told_of == night.joined.event_rows
    rows = night.rows("SELECT count(*) AS n, count(*) FILTER (is_incomplete) AS wrong FROM marts.orders")
    assert rows == [{"n": len(night.joined.orders), "wrong": 0}]
    assert night.rows("FROM marts.excluded_traffic") == []


def test_every_session_is_cut_and_brought_as_it_was(night: Night) -> None:
    found = {
        (row["site"], row["visitor_id"], row["us"]): row
        for row in night.rows("SELECT *, epoch_us(started_at) AS us FROM marts.sessions")
    }
    expected = {
        (one.site.name, f"{one.visitor + 1000}.1769900000", one.started_us): {
            "session_date": one.day,
            "customer_id": one.customer,
            "channel": one.channel,
            "last_non_direct_channel": one.last_non_direct,
            "first_touch_channel": one.first_touch,
            "event_count": one.events,
            "page_view_count": one.page_views,
            "is_bounce": one.is_bounce,
            "is_new_visitor": one.is_new_visitor,
            "time_on_site_seconds": Decimal(one.ended_us - one.started_us) / SECOND,
        }
        for one in night.figures.sessions
    }
    assert _differing(found, expected) == []


def test_every_order_has_its_money_its_person_and_its_channel(night: Night) -> None:
    found = {row["order_id"]: row for row in night.rows("FROM marts.orders")}
    expected = {
        str(one.order.number): {
            "ordered_at": one.order.at.astimezone(UTC),
            "order_date": one.day,
            "is_counted": one.is_counted,
            "is_new_customer": one.is_new,
            "attributed_by": one.attributed_by,
            "channel": one.channel("channel"),
            "last_non_direct_channel": one.channel("last_non_direct"),
            "first_touch_channel": one.channel("first_touch"),
            "gross_sales_amount": one.gross,
            "discount_amount": one.discount,
            "returned_amount": one.given_back("goods"),
            "net_sales_amount": one.net,
            "shipping_amount": one.shipping,
            "tax_amount": one.tax,
        }
        for one in night.figures.orders
    }
    assert _differing(found, expected) == []


def test_channels_cost_and_bring_what_they_did(night: Night) -> None:
    found = {
        (row["site"], row["month_start_date"], row["channel"]): row
        for row in night.rows("FROM marts.channel_performance")
    }
    expected = channel_months(night.figures)
    assert {month for _, month, _ in found} == {date(2026, month, 1) for month in (2, 3, 4)}
    assert _differing(found, expected, NOTHING_OF_A_CHANNEL) == []


def test_days_are_what_happened_on_them(night: Night) -> None:
    found = {(row["site"], row["kpi_date"]): row for row in night.rows("FROM marts.daily_kpis")}
    assert len(found) == 3 * ((LAST_DAY - FIRST_DAY).days + 1)
    assert _differing(found, daily(night.figures), NOTHING_OF_A_DAY) == []
