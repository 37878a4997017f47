"""Money at a cut: what was known of it then, with returns and corrections on their own days."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import duckdb
import numpy as np
import polars as pl

from histories import AS_OF, order_days, shop_warehouse
from mandje.predict.inputs.cuts import read_holdout, read_holdouts
from mandje.predict.inputs.histories import Scope

ORDERS = order_days(800, (0.6, 60.0, 0.8, 2.5), 500, seed=5)
CUT, HORIZON = AS_OF - timedelta(days=90), 60


@cache
def changes() -> pl.DataFrame:
    """Of every third order day something comes back 1 to 100 days later: half, all, or more than it was."""
    random = np.random.default_rng(3)
    back = ORDERS.sample(fraction=0.33, seed=2).sort("person_id", "order_date")
    wait = pl.Series("wait", random.integers(1, 100, len(back)))
    share = pl.Series("share", random.choice([0.5, 1.0, 1.5], len(back)))
    return back.with_columns(
        known_date=pl.col("order_date") + pl.duration(days=wait),
        spend=-(pl.col("spend") * share).round(2),
    )


def with_changes(until: date = AS_OF) -> duckdb.DuckDBPyConnection:
    con = shop_warehouse(ORDERS)
    con.register("back", changes().filter(pl.col("known_date") <= until))
    con.execute(
        "insert into intermediate.int_order_changes_known by name select 'nl' as site, person_id, order_date,"
        " known_date as happened_date, known_date as known_from_date, spend as net_sales_amount from back"
    )
    return con


def slowly(until_known: date) -> list[tuple[object, ...]]:
    """What `read_holdout` reads, person by person; money of the history as known at the cut."""
    found = []
    for (person,), days in ORDERS.group_by("person_id", maintain_order=True):
        dates = days["order_date"].to_list()
        if dates[0] > CUT:
            continue
        repeat = [_net(person, day, CUT) for day in dates[1:] if day <= CUT]
        later = [
            _net(person, day, until_known) for day in dates if CUT < day <= CUT + timedelta(days=HORIZON)
        ]
        kept = [spend for spend in repeat if spend > 0]
        found.append((len(repeat), len(kept), len(later), round(sum(later), 2), round(sum(kept), 2)))
    return sorted(found)


@cache
def _amounts() -> dict[object, list[tuple[date, float]]]:
    sales = ORDERS.with_columns(known_date="order_date")
    amounts: dict[object, list[tuple[date, float]]] = {}
    for frame in (sales, changes()):
        for person, day, known, spend in frame.select(
            "person_id", "order_date", "known_date", "spend"
        ).iter_rows():
            amounts.setdefault((person, day), []).append((known, spend))
    return amounts


def _net(person: object, day: date, known: date) -> float:
    return round(sum(spend for when, spend in _amounts()[person, day] if when <= known), 2)


def test_money_is_what_was_known() -> None:
    holdout = read_holdout(with_changes(), CUT, HORIZON)
    columns = (holdout.patterns.frequency, holdout.spend_days, holdout.orders, np.round(holdout.spend, 2))
    rows = np.repeat(np.column_stack(columns), holdout.patterns.weight.astype(int), axis=0)
    slow = slowly(CUT + timedelta(days=HORIZON))
    assert sorted(map(tuple, rows.tolist())) == sorted(row[:-1] for row in slow)
    spent = (holdout.patterns.weight * holdout.spend_days * holdout.mean_spend).sum()
    assert abs(spent - sum(float(str(row[-1])) for row in slow)) < 0.006 * sum(
        int(str(row[1])) for row in slow
    )
    assert (holdout.spend < 0).any()


def test_what_comes_back_later_does_not_change_a_cut() -> None:
    """Whoever looked at the end of the horizon saw the same."""
    now, then = (
        read_holdout(with_changes(day), CUT, HORIZON) for day in (AS_OF, CUT + timedelta(days=HORIZON))
    )
    for name in ("spend_days", "mean_spend", "orders", "spend"):
        np.testing.assert_array_equal(getattr(now, name), getattr(then, name))


def test_the_history_of_a_cut_knows_nothing_of_later_returns() -> None:
    now, then = (read_holdout(with_changes(day), CUT, HORIZON).known_spend for day in (AS_OF, CUT))
    spent = [np.sort(np.repeat(each.mean_spend, each.weight.astype(int))) for each in (now, then)]
    np.testing.assert_array_equal(*spent)
    everything = read_holdout(shop_warehouse(ORDERS), CUT, HORIZON).known_spend
    assert (everything.weight * everything.mean_spend).sum() > spent[0].sum()


def test_a_cut_of_a_site() -> None:
    con = with_changes()
    con.execute("update intermediate.int_customer_inputs set home_site = 'uk' where person_id < 'p0000400'")
    con.execute("update intermediate.int_order_changes_known set site = 'uk' where person_id < 'p0000400'")
    parts = [read_holdout(con, CUT, HORIZON, Scope(site)) for site in ("nl", "uk", None)]
    people, spend = zip(
        *((part.patterns.customers, (part.patterns.weight * part.spend).sum()) for part in parts), strict=True
    )
    assert people[0] + people[1] == people[2]
    assert abs(spend[0] + spend[1] - spend[2]) < 1e-6
    assert min(people) > 100


def test_a_site_that_opened_later_has_no_beginning_of_its_own() -> None:
    """Orders before the exports are what is not known, and those began with the shop."""
    con = with_changes()
    con.execute(
        "create table known as"
        " select * replace (60 as left_truncation_days) from intermediate.int_persons_known"
    )
    con.execute("create or replace view intermediate.int_persons_known as from known")
    con.execute(
        "create table late as select person_id from intermediate.int_customer_inputs where"
        " first_order_date >= (select min(history_start_date) + 200 from intermediate.int_customer_inputs)"
    )
    for change in (
        "int_customer_inputs set home_site = 'uk', history_start_date = history_start_date + 200",
        "int_order_changes_known set site = 'uk'",
    ):
        con.execute(f"update intermediate.{change} where person_id in (from late)")
    first, later = (read_holdout(con, CUT, HORIZON, Scope(site)) for site in ("nl", "uk"))
    assert not first.is_in_fit.all()
    assert later.patterns.customers > 50
    assert later.is_in_fit.all()


def test_several_horizons_at_once_are_what_each_is_alone() -> None:
    con, names = with_changes(), ("recent_orders", "spend_days", "mean_spend", "orders", "spend")
    for days, found in read_holdouts(con, CUT, (30, HORIZON)).items():
        alone = read_holdout(con, CUT, days)
        assert (found.horizon, found.most_orders) == (alone.horizon, alone.most_orders)
        sums = [
            [(getattr(each, name) * each.patterns.weight * each.patterns.age).sum() for name in names]
            for each in (found, alone)
        ]
        np.testing.assert_allclose(sums[0], sums[1], rtol=1e-12)
        assert sums[0][3] > 0
