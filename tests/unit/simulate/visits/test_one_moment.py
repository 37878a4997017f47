from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from visited_shop import make, shop

from mandje.simulate.visits.behaviour.one_moment import ONE_MOMENT, at_one_moment
from mandje.simulate.visits.behaviour.steps import (
    ADD,
    ADD_PAYMENT,
    BEGIN_CHECKOUT,
    PAGE_VIEW,
    PRODUCT_VIEW,
    PURCHASE,
    REMOVE,
)
from mandje.simulate.visits.make import Visits
from mandje.simulate.world.world import World

CUSTOMERS, PLANTED = 150, 20
# In the order in which they happen; purchases carry the order's moment.
FUNNEL = ["product_view", "add_to_cart", "begin_checkout", "add_shipping", "add_payment", "purchase"]


def _world(count: int) -> World:
    return shop(CUSTOMERS, seed=6, visits={"defects": {"steps_at_one_moment": count}})


@pytest.fixture(scope="module", name="planted")
def planted_once() -> Visits:
    world = _world(PLANTED)
    return make(world, next(world.blocks())).visits


@pytest.fixture(scope="module", name="plain")
def plain_once() -> Visits:
    world = _world(0)
    return make(world, next(world.blocks())).visits


def _moved(visited: Visits) -> pl.DataFrame:
    own = visited.events.filter(pl.col("defect") == ONE_MOMENT)
    return own.with_columns(session=pl.col("event_id") // 4096)


def test_as_many_visits_as_set_have_one_moment_for_all_that_leads_to_an_order(planted: Visits) -> None:
    by_visit = (
        _moved(planted)
        .group_by("session")
        .agg(
            pl.col("event_at").n_unique().alias("moments"),
            pl.col("event_type").cast(pl.String),
            pl.col("outcome"),
        )
    )
    assert by_visit.height == PLANTED
    assert set(by_visit["moments"]) == {1}
    assert {frozenset(types) for types in by_visit["event_type"]} == {
        frozenset(FUNNEL),
        frozenset(FUNNEL[1:]),
    }
    assert set(by_visit["outcome"].explode()) == {"kept"}


def test_ids_of_a_moment_stand_in_any_order(planted: Visits) -> None:
    """One in more than a hundred orders of five steps is the true one."""
    in_order_of_ids = _moved(planted).sort("event_id").group_by("session").agg(pl.col("event_type"))
    ranks = [[FUNNEL.index(str(one)) for one in types] for types in in_order_of_ids["event_type"]]
    assert sum(own == sorted(own) for own in ranks) < PLANTED / 4
    assert len({tuple(dict.fromkeys(own)) for own in ranks}) > PLANTED / 2


def test_nothing_else_of_the_shop_changes(planted: Visits, plain: Visits) -> None:
    """The same events with the same ids, of the same visits; only times and the steps behind ids move."""
    assert sorted(planted.events["event_id"]) == sorted(plain.events["event_id"])
    chosen = _moved(planted)["session"].unique().implode()
    of = pl.col("event_id") // 4096
    others = [one.events.filter(~of.is_in(chosen)) for one in (planted, plain)]
    assert others[0].equals(others[1])
    content = [name for name in plain.events.columns if name not in {"event_id", "event_at", "defect"}]
    content.remove("native_session_id")
    content.remove("delivery_day")
    ours, before = (one.events.filter(of.is_in(chosen)).select(content) for one in (planted, plain))
    assert ours.sort(content).equals(before.sort(content))
    assert plain.events["defect"].eq(ONE_MOMENT).sum() == 0


def test_these_carts_are_ordered_at_their_moment(planted: Visits, plain: Visits) -> None:
    moved = _moved(planted)
    bought = moved.filter(pl.col("order_id").is_not_null())
    orders = pl.select(pl.format("o{}", pl.lit(bought["order_id"]).cast(pl.String).str.zfill(16))).to_series()
    carts = planted.carts.filter(pl.col("order_id").is_in(orders.implode()))
    assert carts.height == PLANTED
    assert set(carts["state"].cast(pl.String)) <= {"ordered", "recovered"}
    assert set(carts["stage"].cast(pl.String)) == {"ordered"}
    assert carts["last_touched_at"].is_in(moved["event_at"].implode()).all()
    sides = [one.carts.sort("order_id")["most_value_amount"].sum() for one in (planted, plain)]
    assert sides[0] == sides[1]
    of_funnel = [one.sessions.sort("session")["closed_step_count"].to_list() for one in (planted, plain)]
    assert all(ours >= before for ours, before in zip(*of_funnel, strict=True))


def _steps(*visits: list[int]) -> pl.DataFrame:
    rows: list[dict[str, Any]] = [
        {"visit": visit, "event_type": kind, "nth": nth, "at": 1000 * visit + 10 * nth}
        for visit, kinds in enumerate(visits)
        for nth, kind in enumerate(kinds)
    ]
    return pl.DataFrame(rows)


def test_only_visits_that_can_show_it_are_chosen() -> None:
    bought = [BEGIN_CHECKOUT, ADD_PAYMENT, PURCHASE]
    world = _world(PLANTED)
    steps = _steps(
        [PAGE_VIEW, ADD, PRODUCT_VIEW, *bought],
        [PAGE_VIEW, ADD, REMOVE, ADD, *bought],
        [PAGE_VIEW, *bought],
        [PAGE_VIEW, ADD, BEGIN_CHECKOUT],
    )
    found = at_one_moment(world, next(world.blocks()), steps)
    moved = found.filter(pl.col("defect") == ONE_MOMENT)
    assert set(moved["visit"]) == {0}
    assert set(moved["at"]) == {50}
    first = found.filter(pl.col("visit") == 0)
    assert first["event_type"].to_list()[:2] == [PAGE_VIEW, PRODUCT_VIEW]
    assert first["at"].to_list() == [0, 50, 50, 50, 50, 50]
    assert first["nth"].to_list() == [0, 1, 2, 3, 4, 5]
    assert sorted(first["number"]) == [0, 1, 2, 3, 4, 5]
    others = found.filter(pl.col("visit") > 0)
    assert others.select(steps.columns).equals(steps.filter(pl.col("visit") > 0))
    assert others["number"].equals(others["nth"].alias("number"))
