"""What a window of the past teaches the stack."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from histories import AS_OF, order_days, shop_warehouse
from mandje.predict.inputs.cuts import Past, read_holdout
from mandje.predict.models.closed_forms import alive_probability, expected_orders
from mandje.predict.models.holdouts import Holdout
from mandje.predict.models.ladder import choose_purchase_model
from mandje.predict.models.lessons import learn_from
from mandje.predict.models.order_model import fit_form
from mandje.predict.models.parameters import PurchasePatterns
from mandje.predict.models.stack import fit_stack

ORDERS = order_days(2500, (0.6, 60.0, 0.8, 2.5), 730, seed=5)
FIRST_DAY = ORDERS["order_date"].min()
assert isinstance(FIRST_DAY, date)
HELD = read_holdout(shop_warehouse(ORDERS), AS_OF - timedelta(days=90), 90)


def unread() -> PurchasePatterns:
    raise AssertionError("an earlier date is the last resort")


def test_the_horizon_is_stretched_by_came_over_expected() -> None:
    lesson = learn_from(HELD, unread)
    assert lesson is not None
    model = choose_purchase_model(HELD.known, unread).parameters
    assert model is not None
    history = HELD.patterns
    alive = alive_probability(model, history.frequency, history.recency, history.age)
    expected = alive * expected_orders(model, history.frequency, history.age, [90])[0]
    came = (history.weight * HELD.orders).sum()
    assert lesson.horizon == pytest.approx(90 * came / (history.weight * expected).sum(), rel=1e-9)
    assert (lesson.patterns.weight * lesson.ordered).sum() == (history.weight * HELD.ordered).sum()


def test_twice_as_busy_a_window_teaches_the_same_of_whom() -> None:
    """Its horizon is twice as long; who ordered is as before."""
    lessons = [learn_from(replace(HELD, orders=HELD.orders * times), unread) for times in (1, 2)]
    assert lessons[0] is not None
    assert lessons[1] is not None
    assert lessons[1].horizon == pytest.approx(2 * lessons[0].horizon)
    np.testing.assert_array_equal(lessons[1].ordered, lessons[0].ordered)


def test_a_window_in_which_nothing_came_teaches_nothing() -> None:
    assert learn_from(replace(HELD, orders=np.zeros_like(HELD.orders)), unread) is None


class _Counting:
    """A reader that notes what was read."""

    def __init__(self) -> None:
        self.con, self.read = shop_warehouse(ORDERS), list[tuple[int, int]]()

    def __call__(self, day: date, days: int) -> Holdout:
        self.read.append(((AS_OF - day).days, days))
        return read_holdout(self.con, day, days)


def test_windows_are_45_days_apart_over_by_the_cut_and_read_once() -> None:
    reader = _Counting()
    past = Past(reader, FIRST_DAY, 90)
    lessons = past.cut(AS_OF, HELD.known).lessons
    assert reader.read == [(days, 90) for days in (90, 135, 180, 225)]
    earlier = past.cut(AS_OF - timedelta(days=90), HELD.known).lessons
    assert reader.read[4:] == [(days, 90) for days in (270, 315)]
    assert all(one is other for one, other in zip(lessons[2:], earlier[:2], strict=True))


@pytest.mark.parametrize(("days_of_history", "windows"), [(730, 4), (360, 3), (315, 2), (270, 1), (269, 0)])
def test_each_window_has_180_days_before_it(days_of_history: int, windows: int) -> None:
    first_day = AS_OF - timedelta(days=days_of_history - 1)
    assert len(Past(_Counting(), first_day, 90).cut(AS_OF, HELD.known).lessons) == windows


def test_where_no_window_fits_the_inner_cut_teaches() -> None:
    reader = _Counting()
    past = Past(reader, AS_OF - timedelta(days=268), 90)
    stack = fit_form("stack", past.cut(AS_OF, HELD.known), unread).model
    assert stack is not None
    assert stack.stack is not None
    assert reader.read == [(67, 67)]


def test_windows_with_fewer_than_500_customers_teach_nothing() -> None:
    few = shop_warehouse(order_days(400, (0.6, 60.0, 0.8, 2.5), 730, seed=5))
    past = Past(lambda day, days: read_holdout(few, day, days), FIRST_DAY, 90)
    assert past.cut(AS_OF, HELD.known).lessons == []


def test_the_same_window_twice_is_the_same_correction_known_better() -> None:
    lesson = learn_from(HELD, unread)
    assert lesson is not None
    once, twice = fit_stack([lesson], 90), fit_stack([lesson, lesson], 90)
    np.testing.assert_allclose(twice.coefficients, once.coefficients, atol=1e-5)
    np.testing.assert_allclose(twice.covariance, once.covariance / 2, rtol=1e-3)
