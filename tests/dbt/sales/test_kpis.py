"""KPI tables of fourteen months with a leap day, a week 53 and two turns of the year, in plain Python.

The facts that they count are marts of sessions, carts, orders and returns, which have oracles of their own.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kpi_oracle import Facts, kpis
from mandje.shop.settings import Shop, load_shop
from mandje.warehouse.build import dbt_variables
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import run_dbt
from missing_oracle import lacking_days, missing
from planted import assert_each_finds_its_defect

pytestmark = pytest.mark.xdist_group("kpis")

FIRST, AS_OF = date(2019, 11, 20), date(2021, 1, 20)
FIRST_EVENT = datetime(2019, 11, 20, 12, tzinfo=UTC)
KINDS = ("shipping_refund", "charge_refund", "discount", "price_correction", "shop_cost", "bad_debt")
SETTINGS = """
[sites.us]
time_zone = "America/New_York"
currency = "USD"
[sites.nz]
time_zone = "Pacific/Auckland"
currency = "NZD"
"""
CLOCKS = {
    "nl": ("Europe/Amsterdam", "EUR"),
    "uk": ("Europe/London", "GBP"),
    "us": ("America/New_York", "USD"),
    "nz": ("Pacific/Auckland", "NZD"),
}
# The year before is read; a month ends on one clock, and a week and a month on another; no feed of facts.
MISSING = missing(
    ("session_events", "2020-01-08"),
    ("returns", "2020-03-31"),
    ("orders", "2020-06-01"),
    ("products", "2020-09-09"),
)
NOT_WHOLE = (date(2020, 1, 6), date(2020, 3, 30), date(2020, 5, 25), date(2020, 6, 1), date(2020, 9, 7))
SHOPPERS = 220
STARTS = {
    "day": ("daily_kpis", "kpi_date"),
    "week": ("weekly_kpis", "week_start_date"),
    "month": ("monthly_kpis", "month_start_date"),
}
PREDICTED = {"customer:c1": Decimal("12.3456"), "customer:c2": Decimal(-3), "email:e3": Decimal("7.1")}
Feeds = dict[str, list[dict[str, Any]]]
Rows = list[dict[str, Any]]


class Life:
    """One shopper: visits now and then, some at midnight, on one site or on two, and what they buy."""

    def __init__(self, chance: random.Random, found: Feeds, number: int) -> None:
        self.chance, self.found, self.name = chance, found, str(number)
        of_two = [["nl", "uk"], ["us", "nz"], ["uk", "nz"]]
        self.sites = chance.choice([["nl"], ["nl"], ["uk"], ["us"], ["nz"], *of_two])
        known = [{"customer_id": f"c{number % 40}"}, {"customer_id": f"c{number}"}]
        self.who: dict[str, Any] = chance.choice([*known, {"email_hash": f"e{number % 30}"}, {}])
        self.at = FIRST_EVENT + timedelta(hours=chance.randint(24, 24 * 410))

    def live(self) -> None:
        for number in range(self.chance.choice([1, 1, 2, 5, 12])):
            site = self.chance.choice(self.sites)
            if self.chance.random() < 0.3:
                there = self.at.astimezone(ZoneInfo(CLOCKS[site][0]))
                midnight = there.replace(hour=0, minute=0, second=0).astimezone(UTC)
                self.at = midnight + timedelta(seconds=self.chance.choice([-1, 0, 1]))
            where = {"site": site, "visitor_id": f"v{self.name}{self.chance.choice('aab')}"}
            self.visit(f"{self.name}-{number}", where)
            self.at += timedelta(
                minutes=self.chance.choice([40, 90, 1440, 2880, 10080, 10080, 44640, 525600])
            )

    def visit(self, name: str, where: dict[str, Any]) -> None:
        kinds = ["page_view", "product_view", "add_to_cart", "begin_checkout"]
        for number, kind in enumerate(self.chance.choices(kinds, k=self.chance.randint(1, 4))):
            moment = self.at + timedelta(seconds=number * self.chance.choice([0, 3, 11, 900]))
            self.found["session_events"].append(where | _event(f"e{name}-{number}", moment, kind))
        if self.chance.random() < 0.5:
            placed = self.at + timedelta(minutes=self.chance.choice([1, 5, 61, 2000]))
            self.order(f"o{name}", placed, where)
            if self.chance.random() < 0.7:
                bought = {"order_id": f"o{name}", "customer_id": self.who.get("customer_id")}
                event = _event(f"e{name}-z", placed, "purchase")
                self.found["session_events"].append(where | event | bought)

    def order(self, name: str, at: datetime, where: dict[str, Any]) -> None:
        money = {"currency_code": CLOCKS[where["site"]][1]}
        placed = {"order_id": name, "ordered_at": at, "discount_amount": Decimal(self.chance.choice([0, 1]))}
        placed |= {
            f"{part}_amount": Decimal(self.chance.choice([0, 0, 5]))
            for part in ("shipping", "tax", "other_charges")
        }
        placed["status"] = self.chance.choice(["paid", "paid", "fulfilled", "cancelled", "pending"])
        placed["sales_channel"] = self.chance.choice(["online", "online", "online", "store", "phone"])
        self.found["orders"].append(where | self.who | money | placed)
        sold = {"order_id": name, "line_number": 1, "product_id": "p", "quantity": Decimal(2)} | money
        self.found["order_lines"].append(sold | {"unit_price_amount": self.amount(1, 9999)})
        self.give_back(name, at, money | {"site": where["site"]})

    def give_back(self, name: str, at: datetime, where: dict[str, Any]) -> None:
        where["order_id"] = self.chance.choice([name, name, None])
        for line in self.chance.choice([[], [], [1, 2]]):
            back = at + timedelta(days=self.chance.choice([0, 1, 2, 9, 40]))
            refund = {"return_id": f"r{name}", "line_number": line, "product_id": "p", "returned_at": back}
            given = {"quantity": Decimal(1), "refund_amount": self.amount(0, 999)}
            given |= {"tax_amount": self.chance.choice([None, self.amount(0, 99)])}
            self.found["returns"].append(where | refund | given)
        if self.chance.random() < 0.2:
            then = at + timedelta(days=self.chance.choice([0, 3, 40]))
            given = {"kind": self.chance.choice(KINDS), "amount": self.amount(-50, 200)}
            given |= {"tax_amount": self.chance.choice([None, self.amount(-5, 20)])}
            self.found["adjustments"].append(
                where | given | {"adjustment_id": f"a{name}", "adjusted_at": then}
            )

    def amount(self, least: int, most: int) -> Decimal:
        return Decimal(self.chance.randint(least, most)) / 100


def _event(name: str, at: datetime, kind: str = "page_view") -> dict[str, Any]:
    return {"event_id": name, "event_at": at, "event_type": kind, "page_path": "/", "product_id": "p"}


def feeds() -> Feeds:
    chance = random.Random(53)
    found: Feeds = defaultdict(list)
    found["session_events"].append(_event("e-first", FIRST_EVENT) | {"site": "nl", "visitor_id": "v-first"})
    for number in range(SHOPPERS):
        Life(chance, found, number).live()
    for day in range(-6, 430, 6):
        rate = {"rate_date": FIRST + timedelta(days=day), "to_currency": "EUR"}
        rate["rate"] = Decimal("1.1") + Decimal(day) / 9000
        found["exchange_rates"] += [rate | {"from_currency": code} for code in ("GBP", "USD", "NZD")]
    for day in range(30, 427):
        for site in ("nl", "us"):
            spent = {"cost_amount": Decimal(chance.randint(0, 900)) / 100, "currency_code": CLOCKS[site][1]}
            traffic = {"source": "google", "medium": "cpc", "campaign": "x"}
            found["ad_spend"].append(
                traffic | spent | {"site": site, "spend_date": FIRST + timedelta(days=day)}
            )
    return found


def _rows(shop: Shop, table: str) -> Rows:
    with open_warehouse(shop, read_only=True) as connection:
        found = connection.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture(scope="module")
def shop(build_warehouse: Callable[..., Shop]) -> Shop:
    """A shop whose new customers are valued again after some of its people got predictions."""
    built = build_warehouse(feeds(), AS_OF, settings=SETTINGS, missing=MISSING)
    with open_warehouse(built) as connection:
        connection.executemany(
            "INSERT INTO predictions.customer_predictions (person_id, predicted_value_365d_amount)"
            " VALUES (?, ?)",
            [*PREDICTED.items(), ("customer:c5", None)],
        )
    chosen = ("--select", "int_new_customers_valued", "new_customer_values")
    results = run_dbt(built, "run", chosen, dbt_variables(built, AS_OF))
    assert [one.message for one in results if one.status != "success"] == []
    return built


def test_every_figure_of_every_period_is_as_counted_one_by_one(shop: Shop) -> None:
    expected = kpis(_facts(shop))
    wrong = []
    for grain, (table, start) in STARTS.items():
        built = {(grain, row["site"], row[start]): row for row in _rows(shop, f"marts.{table}")}
        assert built.keys() == {key for key in expected if key[0] == grain}
        for key, row in built.items():
            names = [name for name in row if name in expected[key]]
            wrong += [
                (key, name, row[name], expected[key][name])
                for name in names
                if row[name] != expected[key][name]
            ]
            assert {name for name in row if name not in names} <= OTHERS
    assert wrong[:5] == []


# What no figure is: the key, and what the settings and seeds say.
OTHERS = {
    *("site", "kpi_date", "week_start_date", "month_start_date", "iso_year", "iso_week"),
    *("history_start_date", "benchmark_cart_abandonment_ratio", "benchmark_europe_cart_abandonment_ratio"),
}


def _facts(shop: Shop) -> Facts:
    names = {"spend": "intermediate.int_ad_spend_converted"}
    names |= {name: f"marts.{name}" for name in ("sessions", "orders", "carts", "returns", "adjustments")}
    shop_ends = datetime.combine(AS_OF + timedelta(days=1), datetime.min.time(), ZoneInfo("Europe/Amsterdam"))
    whole = {
        site: shop_ends.astimezone(ZoneInfo(clock)).date() - timedelta(days=1)
        for site, (clock, _) in CLOCKS.items()
    }
    rows = {name: _rows(shop, table) for name, table in names.items()}
    lacking = lacking_days(MISSING, {site: clock for site, (clock, _) in CLOCKS.items()}, CLOCKS["nl"][0])
    return Facts(rows, FIRST, AS_OF, whole | {"(all)": min(whole.values())}, PREDICTED, lacking)


def test_the_shop_holds_what_is_hard(shop: Shop) -> None:
    weeks = {
        row["week_start_date"]: row for row in _rows(shop, "marts.weekly_kpis") if row["site"] == "(all)"
    }
    last = weeks[date(2020, 12, 28)]
    assert (last["iso_year"], last["iso_week"], last["is_complete"]) == (2020, 53, True)
    assert (last["session_count"] > 0, last["year_before_session_count"]) == (True, None)
    new_year = weeks[date(2021, 1, 4)]
    assert new_year["year_before_session_count"] == weeks[date(2019, 12, 30)]["session_count"] > 0
    assert [start for start in sorted(weeks) if not weeks[start]["is_complete"]] == [
        min(weeks),
        *NOT_WHOLE,
        max(weeks),
    ]
    assert weeks[date(2020, 1, 6)]["session_count"] > 0
    assert weeks[date(2021, 1, 11)]["year_before_session_count"] is None
    months = [row for row in _rows(shop, "marts.monthly_kpis") if row["site"] != "(all)"]
    leap_day = [row for row in _rows(shop, "marts.daily_kpis") if row["kpi_date"] == date(2020, 2, 29)]
    assert (len(months), len(leap_day)) == (15 * 4, 5)
    for name in (
        "retained_customer_count",
        "recovered_cart_count",
        "return_count",
    ):
        assert sum(row[name] for row in months) > 1, name
    whole = [row for row in _rows(shop, "marts.monthly_kpis") if row["site"] == "(all)"]
    for name in ("visitor_count", "customer_count", "return_count"):
        days = _rows(shop, "marts.daily_kpis")
        added = Counter(
            row["kpi_date"].replace(day=1) for row in days for _ in range(row[name]) if row["site"] != "(all)"
        )
        assert sum(row[name] for row in whole) < sum(added.values()), name


def test_new_customers_are_valued_in_a_table_of_their_own(shop: Shop) -> None:
    names = ("new_customer_count", "valued_new_customer_count", "clv_365d_amount")
    rows = _rows(shop, "marts.new_customer_values")
    built = {(row["period_kind"], row["site"], row["period_start_date"]): row for row in rows}
    expected = kpis(_facts(shop))
    assert built.keys() == expected.keys()
    assert {key: [row[name] for name in names] for key, row in built.items()} == {
        key: [figures[name] for name in names] for key, figures in expected.items()
    }
    assert {row["as_of_date"] for row in rows} == {AS_OF}
    assert sum(row["valued_new_customer_count"] for row in rows if row["period_kind"] == "month") > 1


def test_a_week_of_two_years_belongs_to_the_year_of_its_thursday(shop: Shop) -> None:
    weeks = {
        row["week_start_date"]: (row["iso_year"], row["iso_week"]) for row in _rows(shop, "marts.weekly_kpis")
    }
    assert weeks == {start: start.isocalendar()[:2] for start in weeks}


def test_benchmarks_stand_beside_the_ratio(shop: Shop) -> None:
    for table, _ in STARTS.values():
        told = {
            (row["benchmark_cart_abandonment_ratio"], row["benchmark_europe_cart_abandonment_ratio"])
            for row in _rows(shop, f"marts.{table}")
        }
        assert told == {(0.76, 0.71)}


RECONCILIATIONS = {
    "daily_kpis_equal_visits_and_carts": "UPDATE marts.daily_kpis SET page_view_count = 7 WHERE site = 'uk'",
    "days_add_up_to_weeks_and_months": "UPDATE marts.monthly_kpis SET session_count = 5 WHERE site = '(all)'",
    "different_ones_are_no_sums": "UPDATE marts.weekly_kpis SET visitor_count = 0 WHERE site = 'nl'",
    "all_sites_equal_each_site": "UPDATE marts.daily_kpis SET cart_count = 99 WHERE site = 'nz'",
    "whole_periods_have_whole_days": "UPDATE marts.weekly_kpis SET is_complete = true WHERE site = '(all)'",
    "whole_months_are_those_of_kpis": "UPDATE marts.page_performance SET is_complete = true",
}


def test_tables_reconcile_and_planted_defects_are_found(shop: Shop, tmp_path: Path) -> None:
    assert_each_finds_its_defect(shop, tmp_path / "shop", AS_OF, RECONCILIATIONS)


PUBLISHED = f"""
    CREATE OR REPLACE TABLE raw.published_snapshot AS SELECT DATE '{AS_OF}' - 1 AS as_of_date;
    CREATE OR REPLACE VIEW raw.published_daily_kpis AS SELECT * REPLACE (
        CASE WHEN kpi_date = '2020-03-03' THEN session_count + 2 ELSE session_count END AS session_count,
        CASE kpi_date WHEN '2020-03-04' THEN abandoned_cart_count + 1
            WHEN '2020-03-05' THEN abandoned_cart_count - 2 ELSE abandoned_cart_count END
            AS abandoned_cart_count,
        CAST(NULL AS BIGINT) AS cart_count
    ) FROM marts.daily_kpis WHERE kpi_date < '{AS_OF}'
"""


def test_restatements_see_visits_and_carts_but_no_new_figures(shop: Shop, tmp_path: Path) -> None:
    copy = load_shop(shutil.copytree(shop.folder, tmp_path / "shop"))
    with open_warehouse(copy) as connection:
        connection.execute(PUBLISHED)
    run_dbt(copy, "run", ("--select", "restatements"), dbt_variables(copy, AS_OF))
    moved_by = ("is_moved_by_recovery", "is_moved_by_silence")
    names = ("kpi_name", "kpi_date", "change_value", *moved_by, "published_as_of_date")
    told = {tuple(row[name] for name in names) for row in _rows(copy, "marts.restatements")}
    night = AS_OF - timedelta(days=1)
    assert told == {
        ("session_count", date(2020, 3, 3), Decimal(-2), False, False, night),
        ("abandoned_cart_count", date(2020, 3, 4), Decimal(-1), True, False, night),
        ("abandoned_cart_count", date(2020, 3, 5), Decimal(2), False, True, night),
    }
