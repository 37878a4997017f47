"""Customer marts of a made-up shop with drawn predictions, against a computation person by person."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from customer_oracle import SEGMENTS, Facts, customer_rfm, habits, profile, why_not
from customer_shop import customer_shop, draw_predictions
from customer_value_oracle import concentration, moves, ranks, value_by_channel
from mandje.shop.settings import Shop, load_shop
from mandje.warehouse.build import dbt_variables
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import PROJECT, run_dbt
from money_shop import SETTINGS
from planted import assert_each_finds_its_defect
from returns_oracle import Row

AS_OF = date(2025, 5, 17)
PERSONS = 400
MARTS = ("customer_value", "customer_profile", "segment_moves", "value_by_channel", "value_concentration")
FACTS = ("customers", "orders", "sessions", "carts", "channel_performance")
FEEDS = ("products", "messages", "service_contacts")


@dataclass(frozen=True)
class World:
    """A built shop, its facts, and the segments of the night before."""

    shop: Shop
    facts: Facts
    then: dict[str, Row]


def _rows(shop: Shop, query: str) -> list[Row]:
    with open_warehouse(shop, read_only=True) as connection:
        found = connection.execute(query)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _by_person(rows: list[Row]) -> dict[str, Row]:
    return {row["person_id"]: row for row in rows}


@pytest.fixture(scope="module")
def world(build_warehouse: Callable[..., Shop]) -> World:
    """First what needs no predictions, then predictions and an earlier snapshot by hand, then the marts."""
    feeds = customer_shop(11, PERSONS)
    before = ("--select", *(f"+{mart}" for mart in (*MARTS, *FACTS)), "--exclude", "tag:after_predictions")
    shop = build_warehouse(feeds, AS_OF, selection=before, settings=SETTINGS)
    inputs = _rows(shop, "FROM intermediate.int_customer_inputs")
    predictions = draw_predictions(inputs, AS_OF, 11)
    rfm = _by_person(_rows(shop, "SELECT person_id, rfm_segment FROM marts.customer_rfm"))
    then = _earlier(rfm)
    with open_warehouse(shop) as connection:
        for table, rows in predictions.items():
            connection.register("drawn", pl.DataFrame(rows, infer_schema_length=None).to_arrow())
            connection.execute(f"INSERT INTO predictions.{table} BY NAME FROM drawn")
        connection.register("earlier", pl.DataFrame(list(then.values()), infer_schema_length=None).to_arrow())
        connection.execute("CREATE TABLE raw.earlier AS FROM earlier")
        connection.execute("CREATE OR REPLACE VIEW raw.published_customer_value AS FROM raw.earlier")
    results = run_dbt(
        shop, "run", ("--select", "int_customer_values_ranked", *MARTS), dbt_variables(shop, AS_OF)
    )
    assert {one.status for one in results} == {"success"}
    told = {name: _rows(shop, f"FROM marts.{name}") for name in FACTS}
    told["order_lines"] = _rows(shop, "FROM intermediate.int_order_lines_converted")
    given = {name: feeds[name] for name in FEEDS}
    facts = Facts(**told, **given, predictions=_by_person(predictions["customer_predictions"]), as_of=AS_OF)
    return World(shop, facts, then)


def _earlier(rfm: dict[str, Row]) -> dict[str, Row]:
    """Some in another segment, some in none, some not there yet, and one who is gone since."""
    then = {}
    for number, (name, row) in enumerate(sorted(rfm.items())):
        segment = "Loyal" if number % 5 == 0 else None if number % 7 == 0 else row["rfm_segment"]
        if number % 11:
            then[name] = {"person_id": name, "rfm_segment": segment}
    then["customer:gone"] = {"person_id": "customer:gone", "rfm_segment": "Lost"}
    value = {"as_of_date": AS_OF - timedelta(days=1), "predicted_value_365d_amount": Decimal("1.5000")}
    return {name: row | value for name, row in then.items()}


def _assert_same(shown: list[Row], expected: list[Row], *key: str) -> None:
    ours, theirs = ({tuple(row[name] for name in key): row for row in rows} for rows in (shown, expected))
    assert len(ours) == len(shown)
    assert ours.keys() == theirs.keys()
    wrong: list[Any] = [
        (one, {name: (ours[one][name], value) for name, value in row.items() if ours[one][name] != value})
        for one, row in theirs.items()
        if any(ours[one][name] != value for name, value in row.items())
    ]
    assert wrong[:3] == []


def test_scores_and_segments_are_those_of_the_slow_computation(world: World) -> None:
    shown = _rows(world.shop, "FROM marts.customer_rfm")
    _assert_same(shown, customer_rfm(world.facts), "person_id")
    assert {row["reason"] for row in shown} == {None, "guest", "no_consent"}
    assert len({row["rfm_segment"] for row in shown}) > 9


def test_every_pair_of_scores_has_one_of_eleven_segments() -> None:
    lines = (PROJECT / "seeds" / "rfm_segments.csv").read_text(encoding="utf-8").splitlines()[1:]
    cells = [line.split(",") for line in lines]
    grid = {(int(recency), int(loyalty)): name for recency, loyalty, name in cells}
    assert len(cells) == 25
    expected = {(r, number): name for r, names in SEGMENTS.items() for number, name in enumerate(names, 1)}
    assert grid == expected
    assert len(set(grid.values())) == 11


def test_ranks_and_high_potential_are_those_of_the_slow_computation(world: World) -> None:
    shown = _by_person(_rows(world.shop, "FROM marts.customer_value"))
    expected = ranks(world.facts)
    names = ("value_rank", "value_decile", "high_potential_reason")
    nobody = dict.fromkeys(names)
    assert {person: {name: row[name] for name in names} for person, row in shown.items()} == {
        person: expected.get(person, nobody) for person in shown
    }
    reasons = Counter(row["high_potential_reason"] for row in shown.values())
    assert {"young_and_ahead", "more_to_come"} < set(reasons)
    for row in shown.values():
        is_known = row["predicted_value_365d_amount"] is not None
        assert row["is_high_potential"] == (bool(row["high_potential_reason"]) if is_known else None)
    assert Counter(row["value_decile"] for row in shown.values())[1] <= len(expected) / 10


@pytest.mark.parametrize("table", ["customer_predictions", "churn_risk", "next_orders"])
def test_value_tells_what_was_predicted(world: World, table: str) -> None:
    shown = _by_person(_rows(world.shop, "FROM marts.customer_value"))
    drawn = _rows(world.shop, f"FROM predictions.{table}")
    # Mean spend and who is learnt from stand with the inputs.
    own = [name for name in drawn[0] if name not in {"reason", "mean_spend_amount", "is_in_fit"}]
    shared = [name for name in own if name in next(iter(shown.values()))]
    assert len(shared) > (30 if table == "customer_predictions" else 5)
    for row in drawn:
        told = shown[row["person_id"]]
        assert {name: told[name] for name in shared} == {name: row[name] for name in shared}


def test_no_consent_no_profile(world: World) -> None:
    shown = _rows(world.shop, "FROM marts.customer_profile")
    path = PROJECT / "models" / "marts" / "customers" / "customer_profile.yml"
    columns = [
        one["name"] for one in yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]["columns"]
    ]
    private = [
        name for name in columns[columns.index("rfm_segment") :] if not name.startswith(("is_", "has_"))
    ]
    reasons = Counter(row["reason"] for row in shown)
    assert reasons["no_consent"] > 20
    assert [row for row in shown if row["reason"] and any(row[name] is not None for name in private)] == []
    assert all(any(row[name] is not None for row in shown) for name in private)


def test_profiles_are_those_of_the_slow_computation(world: World) -> None:
    usual = habits(world.facts)
    assert len(usual) > 10
    expected = [
        {"person_id": one["person_id"], "reason": why_not(one), "order_count": one["order_count"]}
        | profile(world.facts, one)
        | usual.get(one["person_id"], {"usual_weekday": None, "usual_interval_ratio": None})
        for one in world.facts.customers
    ]
    _assert_same(_rows(world.shop, "FROM marts.customer_profile"), expected, "person_id")
    told = [row["usual_interval_ratio"] for row in usual.values()]
    assert min(told) < max(told)
    assert sum(row.get("abandoned_cart_count") or 0 for row in expected) > 20
    assert len({row.get("message_open_ratio") for row in expected}) > 3


def test_tenths_are_those_of_the_slow_computation(world: World) -> None:
    shown = _rows(world.shop, "FROM marts.value_concentration")
    _assert_same(shown, concentration(world.facts), "value_kind", "decile")
    assert any(row["lowest_value_amount"] < 0 for row in shown)
    assert any(row["cumulative_value_ratio"] > 1 for row in shown)


def test_channels_are_those_of_the_slow_computation(world: World) -> None:
    shown = _rows(world.shop, "FROM marts.value_by_channel")
    _assert_same(shown, value_by_channel(world.facts), "channel")
    assert any(row["spend_amount"] and row["customer_count"] == 0 for row in shown)
    for row in shown:
        cost, cpa = row["max_acquisition_cost_amount"], row["cpa_amount"]
        assert row["value_to_cpa_ratio"] == (float(cost) / float(cpa) if cost is not None and cpa else None)


def test_moves_are_told_from_the_last_night(world: World) -> None:
    shown = _rows(world.shop, "FROM marts.segment_moves")
    now = _by_person(_rows(world.shop, "FROM marts.customer_value"))
    told = {(row["from_segment"], row["to_segment"]): row["person_count"] for row in shown}
    assert told == moves(world.then, now)
    assert told["Lost", "(none)"] == 1
    assert {row["published_as_of_date"] for row in shown} == {AS_OF - timedelta(days=1)}
    assert all(row["is_move"] == (row["from_segment"] != row["to_segment"]) for row in shown)
    then = sum(row["published_value_amount"] or 0 for row in shown if row["from_segment"] == "Loyal")
    assert then == Decimal("1.5") * sum(row["rfm_segment"] == "Loyal" for row in world.then.values())


RECONCILED = {
    "customer_marts_have_the_same_persons": "UPDATE marts.customer_rfm SET rfm_segment = NULL",
    "segment_moves_equal_customer_rfm": "UPDATE marts.segment_moves SET person_count = 1",
    "value_summaries_equal_customer_value": "UPDATE marts.value_by_channel SET customer_count = 1"
    " WHERE channel = 'Email'",
}


def test_marts_reconcile_and_planted_defects_are_found(world: World, tmp_path: Path) -> None:
    assert_each_finds_its_defect(world.shop, tmp_path / "shop", AS_OF, RECONCILED)


def test_values_that_nobody_should_believe_unseen_are_told(world: World, tmp_path: Path) -> None:
    """One person is worth nearly all of next year; some who brought less than nothing are worth something."""
    shop = load_shop(shutil.copytree(world.shop.folder, tmp_path / "shop"))
    with open_warehouse(shop) as connection:
        connection.execute("""
            UPDATE marts.customer_value SET predicted_value_365d_amount = 1000000000 WHERE value_rank = 7;
            UPDATE marts.customer_value SET historic_net_sales_amount = -1 WHERE value_rank BETWEEN 3 AND 9;
        """)
    rows = [row for row in _rows(shop, "FROM marts.customer_value") if row["value_rank"] is not None]
    total = sum(max(row["predicted_value_365d_amount"], Decimal(0)) for row in rows)
    gains = [row for row in rows if row["historic_net_sales_amount"] < 0 < row["predicted_value_365d_amount"]]
    large = [row for row in rows if row["predicted_value_365d_amount"] > total / 5]
    chosen = ("--select", "no_gain_is_expected_of_losses", "no_person_is_most_of_the_value")
    found = {one.name: one for one in run_dbt(shop, "test", chosen, dbt_variables(shop, AS_OF))}
    assert {name: (one.status, one.failing_rows) for name, one in found.items()} == {
        "no_gain_is_expected_of_losses": ("warn", len(gains)),
        "no_person_is_most_of_the_value": ("warn", len(large)),
    }
    assert len(gains) >= 7
    assert len(large) == 1
