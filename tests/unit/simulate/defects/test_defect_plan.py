from __future__ import annotations

from collections import Counter
from itertools import chain

import pytest
from planted_shop import DAYS, world

from mandje.errors import MandjeError
from mandje.simulate.defects.classes import DELIVERY_FEEDS, ROW_FEEDS
from mandje.simulate.defects.plan import MOST_ROWS, WHOLE_DAYS, DefectPlan, plan_defects
from mandje.simulate.settings import read_settings
from mandje.simulate.settings.defects import Defects
from mandje.simulate.world.world import make_world
from repository import DATA


def counts(plan: DefectPlan) -> Counter[str]:
    every = chain(*plan.rows.values(), *plan.deliveries.values())
    return Counter(planned.defect for planned in every)


def test_every_class_has_a_setting_and_a_place() -> None:
    assert set(Defects.model_fields) == {*ROW_FEEDS, *DELIVERY_FEEDS}


@pytest.mark.parametrize("days", [30, DAYS, 1095])
def test_as_many_are_planned_as_set(days: int) -> None:
    assert counts(plan_defects(world(days=days))) == Counter(Defects().model_dump())


def test_nothing_is_planned_where_nothing_is_set() -> None:
    nothing = plan_defects(world(**dict.fromkeys(Defects.model_fields, 0)))
    assert not counts(nothing)


@pytest.mark.parametrize("seed", range(5))
def test_broken_days_and_days_that_bring_rows_again_are_apart(seed: int) -> None:
    plan = plan_defects(world(seed, missing_deliveries=9, truncated_files=9, files_delivered_twice=9))
    for feed, deliveries in plan.deliveries.items():
        spans = [range(one.day, one.day + one.delay + 1) for one in deliveries]
        assert all(span[0] > 0 and span[-1] < DAYS - WHOLE_DAYS for span in spans)
        days = [day for span in spans for day in span]
        assert len(days) == len(set(days))
        ends = {day for span in spans for day in (span[0], span[-1])}
        assert not ends & {row.day for row in plan.rows.get(feed, ())}


def test_the_demo_has_no_broken_delivery_planned_in_its_last_60_days() -> None:
    settings = read_settings(DATA / "demo")
    planned = chain(*plan_defects(make_world(settings)).deliveries.values())
    assert max(one.day + one.delay for one in planned) < settings.days - 60


def test_no_delivery_holds_so_many_broken_rows_that_it_is_refused() -> None:
    plan = plan_defects(world(days=30, wrong_type=300, missing_key=300, exact_duplicates=300))
    load = Counter((feed, row.day) for feed, rows in plan.rows.items() for row in rows)
    assert max(load.values()) == MOST_ROWS < 20


@pytest.mark.parametrize("count", [{"wrong_type": 5000}, {"zero_byte_files": 200}])
def test_more_than_the_days_hold_is_said_in_words(count: dict[str, int]) -> None:
    with pytest.raises(MandjeError, match="more defects are to be planted than the days") as error:
        plan_defects(world(**count))
    assert next(iter(count)) in str(error.value)


def test_equal_seeds_plan_equal_defects_and_others_do_not() -> None:
    first, again, other = (plan_defects(world(seed)) for seed in (1, 1, 2))
    assert (first.rows, first.deliveries) == (again.rows, again.deliveries)
    assert first.rows != other.rows
    assert first.deliveries != other.deliveries


def test_another_count_of_one_class_of_rows_moves_no_planned_delivery() -> None:
    assert plan_defects(world()).deliveries == plan_defects(world(wrong_type=40)).deliveries
