"""Forecasts against what came, and the back-tests' marts, beside slow second computations."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Any

import polars as pl
import pytest

from histories import order_days, shop_warehouse
from mandje.observe.records.judgements import judgements, keep_judgement
from mandje.predict.back_test.judge import Judgement, judge_forms
from mandje.predict.back_test.tables import show_back_tests
from mandje.shop.settings import Shop
from mandje.warehouse.build import dbt_variables, register_partitions
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import NodeResult, run_dbt
from missing_oracle import ORDERS, lacking_days, missing
from no_predictions import predict_nothing
from raw_shop import FeedRows, make_raw_shop

AS_OF = date(2025, 6, 30)
# Followed, and which other nights they stand for.
FOLLOWED = {
    "2023-07-01": [],
    "2025-01-20": ["2025-01-21", "2025-01-31"],
    "2025-02-28": [],
    "2025-03-05": ["2025-03-21"],
    "2025-03-22": ["2025-03-23"],
    "2025-03-24": ["2025-03-30"],
    "2025-03-31": ["2025-04-01", "2025-04-06"],
    "2025-05-31": ["2025-06-01"],
    "2025-06-30": [],
}
# Visits say nothing of orders. In London the last day without lines is the day before too.
MISSING = missing(("session_events", "2025-02-10"), ("orders", "2025-03-20"), ("order_lines", "2025-06-22"))
CLOCKS = {"nl": "Europe/Amsterdam", "uk": "Europe/London"}
LACKING = lacking_days(MISSING, CLOCKS, CLOCKS["nl"], ORDERS)["(all)"]
# The horizons that are over and lack no order; the one of 90 days ends on the day before.
WHOLE = {
    *(("2023-07-01", days) for days in (30, 90, 365)),
    *((night, 30) for night in ("2025-01-20", "2025-03-22", "2025-03-24", "2025-03-31")),
    ("2025-03-22", 90),
}
TOO_OLD = "2023-06-30"
BANDS = ("low", "medium", "high")
MONEY = Decimal("0.0001")
MARTS = ("forecast_results", "model_quality", "form_choices", "model_calibration")

Forecast = dict[str, Any]


def orders(drawn: random.Random) -> list[tuple[str, date, Decimal]]:
    """Customer, day and net sales; several a day, and none of some customers."""
    days = [date(2025, 1, 10) + timedelta(days=number) for number in range(172)]
    return [
        (f"c{drawn.randrange(12)}", drawn.choice(days), Decimal(drawn.randrange(1, 9999)) / 100)
        for _ in range(150)
    ]


def feeds(placed: list[tuple[str, date, Decimal]]) -> FeedRows:
    headers, lines = [], []
    for number, (customer, day, amount) in enumerate(placed):
        known = {"order_id": f"o{number:03}", "delivery_date": day}
        noon = datetime.combine(day, time(12), UTC)
        headers.append(known | {"customer_id": customer, "ordered_at": noon, "total_amount": amount})
        lines.append(known | {"quantity": Decimal(1), "unit_price_amount": amount})
    return {"orders": headers, "order_lines": lines}


def forecasts(drawn: random.Random) -> list[Forecast]:
    """Of 14 customers a night: two never order, one may not be profiled, the first night knows no year."""
    nights = sorted({TOO_OLD, *FOLLOWED, *(night for others in FOLLOWED.values() for night in others)})
    return [_forecast(drawn, f"c{number}", night) for night in nights for number in range(14)]


def _forecast(drawn: random.Random, customer: str, night: str) -> Forecast:
    row: Forecast = {"person_id": f"customer:{customer}", "as_of_date": date.fromisoformat(night)}
    if customer == "c5":
        return row | {"reason": "no_consent"}
    row |= {"alive_probability": drawn.random(), "churn_band": drawn.choice(BANDS)}
    for days in (30, 90, 365):
        if days < 365 or night != "2025-01-20":
            row[f"expected_orders_{days}d"] = round(drawn.uniform(0, days / 20), 5)
            row[f"no_order_{days}d_probability"] = round(drawn.random(), 6)
            row[f"expected_spend_{days}d_amount"] = Decimal(drawn.randrange(10**6)) / 10**4
    return row


@pytest.fixture(scope="module")
def judgement() -> Judgement:
    known = shop_warehouse(order_days(1000, (0.6, 60.0, 0.8, 2.5), 500, seed=7))
    return judge_forms(known, AS_OF, 90)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, judgement: Judgement) -> tuple[Shop, list[NodeResult]]:
    drawn = random.Random(1)
    shop, partitions = make_raw_shop(tmp_path_factory.mktemp("shop"), feeds(orders(drawn)))
    register_partitions(shop, AS_OF, partitions, MISSING)
    _write_journal(shop, forecasts(drawn))
    too_little = Judgement(date(2025, 5, 1), "BG/NBD", "too little", "too little", [], [], [], [])
    judgement.cuts[0].warnings["BG/NBD"].append("guessing is better")
    for one in (too_little, judgement):
        keep_judgement(shop, "back_tests", one.month, "key", one)
    predict_nothing(shop)
    with open_warehouse(shop) as connection:
        show_back_tests(connection, judgements(shop, "back_tests"))
    variables = dbt_variables(shop, AS_OF)
    types = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    models = run_dbt(shop, "build", ("--select", *(f"+{mart}" for mart in MARTS), *types), variables)
    assert [f"{one.name}: {one.message}" for one in models if one.status != "success"] == []
    chosen = ("--select", *MARTS, "--indirect-selection", "buildable", *types[2:])
    return shop, run_dbt(shop, "test", chosen, variables)


def _write_journal(shop: Shop, rows: list[Forecast]) -> None:
    """As the nights would have; amounts as they are written."""
    folder = shop.ops / "predictions"
    folder.mkdir(parents=True)
    for night, of_night in groupby(rows, lambda row: row["as_of_date"]):
        frame = pl.DataFrame(list(of_night), infer_schema_length=None)
        frame.cast({pl.Decimal: pl.Decimal(18, 4)}).write_parquet(folder / f"{night}.parquet")


def ask(built: tuple[Shop, list[NodeResult]], sql: str) -> list[dict[str, Any]]:
    with open_warehouse(built[0], read_only=True) as connection:
        return pl.DataFrame(connection.sql(sql).to_arrow_table()).to_dicts()


def test_the_project_s_own_tests_pass(built: tuple[Shop, list[NodeResult]]) -> None:
    names = {one.name for one in built[1]}
    assert {"forecast_bands_add_up", "calibration_covers_all_customers"} <= names
    assert [one.name for one in built[1] if one.status != "pass"] == []


def test_forecasts_against_what_came(built: tuple[Shop, list[NodeResult]]) -> None:
    drawn = random.Random(1)
    expected = {key: row for placed in [orders(drawn)] for key, row in slowly(placed, forecasts(drawn))}
    found = {
        (row["as_of_date"], row["horizon_days"], row["churn_band"]): row
        for row in ask(built, "select * from marts.forecast_results")
    }
    assert found.keys() == expected.keys()
    assert {str(night) for night, _, _ in found} == set(FOLLOWED)
    whole = {(str(night), days) for (night, days, _), row in found.items() if row["is_complete"]}
    assert whole == WHOLE
    for key, row in expected.items():
        for name, value in row.items():
            wanted = (
                value if value is None or not isinstance(value, float) else pytest.approx(value, rel=1e-9)
            )
            assert found[key][name] == wanted, (key, name)


def slowly(placed: list[tuple[str, date, Decimal]], told: list[Forecast]) -> Iterator[tuple[Any, Any]]:
    followed = [row for row in told if str(row["as_of_date"]) in FOLLOWED and "churn_band" in row]
    for night in map(date.fromisoformat, FOLLOWED):
        for days in (30, 90, 365):
            for band in (*BANDS, "(all)"):
                name = f"expected_orders_{days}d"
                group = [
                    row
                    for row in followed
                    if row["as_of_date"] == night and band in ("(all)", row["churn_band"]) and name in row
                ]
                if group:
                    yield (night, days, band), _came(placed, group, night, days)


def _came(
    placed: list[tuple[str, date, Decimal]], group: list[Forecast], night: date, days: int
) -> dict[str, Any]:
    last = night + timedelta(days=days)
    expected = [Decimal(str(row[f"expected_orders_{days}d"])) for row in group]
    theirs = [
        [one for one in placed if f"customer:{one[0]}" == row["person_id"] and night < one[1] <= last]
        for row in group
    ]
    came = [len({day for _, day, _ in ours}) for ours in theirs]
    no_orders = sum(Decimal(str(row[f"no_order_{days}d_probability"])) for row in group)
    spend = sum(Decimal(row[f"expected_spend_{days}d_amount"]) for row in group)
    sales = sum(amount for ours in theirs for _, _, amount in ours)
    off = [
        float(_rounded((ours - told) * 1000, Decimal(1))) for ours, told in zip(came, expected, strict=True)
    ]
    whole = last <= AS_OF and not any(night < day <= last for day in LACKING)
    counts: dict[str, Any] = {
        "is_complete": whole,
        "customer_count": len(group),
        "expected_order_count": _rounded(sum(expected)),
        "order_count": sum(came),
        "expected_no_order_count": _rounded(no_orders),
        "no_order_count": came.count(0),
        "expected_spend_amount": _rounded(spend),
        "net_sales_amount": _rounded(sales),
    }
    ratios = {
        "total_ratio": ("expected_order_count", "order_count"),
        "told_no_order_ratio": ("expected_no_order_count", "customer_count"),
        "no_order_ratio": ("no_order_count", "customer_count"),
        "total_spend_ratio": ("expected_spend_amount", "net_sales_amount"),
    }
    known = {
        name: float(counts[top]) / float(counts[bottom]) if whole and counts[bottom] else None
        for name, (top, bottom) in ratios.items()
    }
    score = sum(off) / math.sqrt(sum(one * one for one in off)) if whole else None
    return counts | known | {"deviation_score": score}


def _rounded(amount: Decimal | int, to: Decimal = MONEY) -> Decimal:
    return Decimal(amount).quantize(to, ROUND_HALF_UP)


def test_quality_is_what_the_back_tests_said(
    built: tuple[Shop, list[NodeResult]], judgement: Judgement
) -> None:
    rows = ask(built, "select * from marts.model_quality where judged_month = date '2025-06-01'")
    assert len(rows) == 8 * len(judgement.cuts)
    for cut in judgement.cuts:
        of_cut = {row["contender"]: row for row in rows if row["cut_date"] == cut.cut}
        assert of_cut.keys() == cut.scores.keys()
        for name, scores in cut.scores.items():
            row = of_cut[name]
            shown = (row["auc"], row["brier_score"], row["total_ratio"], row["pit_inside_ratio"])
            assert shown == tuple(scores.get(one) for one in ("auc", "brier", "total_ratio", "pit_share"))
            covered = (row["interval_covered_ratio"], row["interval_told_ratio"])
            assert covered == (scores.get("coverage"), scores.get("coverage_told"))
            assert row["is_champion"] == (name == judgement.champion)
            assert row["is_naive_baseline"] == (name not in {"BG/NBD", "MBG/NBD", "stack", "recent shares"})
    warned = {
        (cut.cut, form): "; ".join(told)
        for cut in judgement.cuts
        for form, told in cut.warnings.items()
        if told
    }
    worse = [row for row in rows if row["is_worse_than_baseline"]]
    assert {(row["cut_date"], row["contender"]): row["warning"] for row in worse} == warned
    assert "guessing is better" in warned[judgement.cuts[0].cut, "BG/NBD"]


def test_the_choice_is_what_was_judged(built: tuple[Shop, list[NodeResult]], judgement: Judgement) -> None:
    rows = ask(built, "select * from marts.form_choices order by duel_number")
    assert len(rows) == len(judgement.duels) == 2
    for number, (row, duel) in enumerate(zip(rows, judgement.duels, strict=True), 1):
        assert (row["judged_month"], row["duel_number"], row["is_current"]) == (judgement.month, number, True)
        assert (row["holder"], row["challenger"], row["why"]) == (duel.holder, duel.challenger, duel.why)
        assert (row["log_loss_gain"], row["standard_error"]) == (duel.gain, duel.standard_error)
        assert row["winner"] == (duel.challenger if duel.wins else duel.holder)
        assert (row["cut_won_count"], row["cut_count"]) == (duel.cuts_won, len(judgement.cuts))
        days = [cut.cut for cut in judgement.cuts]
        assert (row["first_cut_date"], row["last_cut_date"]) == (min(days), max(days))
    assert rows[-1]["winner"] == rows[-1]["champion"] == judgement.champion


def test_a_month_without_back_test_says_why(built: tuple[Shop, list[NodeResult]]) -> None:
    (row,) = ask(built, "select * from marts.model_quality where judged_month = date '2025-05-01'")
    assert (row["contender"], row["fault"], row["cut_date"], row["auc"]) == (
        "BG/NBD",
        "too little",
        None,
        None,
    )
    assert (row["is_champion"], row["is_current"]) == (True, False)


def test_the_bands_beside_tonight_s_churn(built: tuple[Shop, list[NodeResult]], judgement: Judgement) -> None:
    rows = ask(built, "select * from marts.model_calibration where is_current and kind = 'churn_band'")
    newest = judgement.cuts[0].bands["BG/NBD"]
    assert {row["bin_name"]: (row["customer_count"], row["cut_date"]) for row in rows} == {
        name: (one.customers, judgement.cuts[0].cut) for name, one in newest.items()
    }
    for row in rows:
        assert row["came_ratio"] == pytest.approx(newest[row["bin_name"]].came, rel=1e-5)
        assert row["told_probability"] == pytest.approx(newest[row["bin_name"]].told, rel=1e-5)
