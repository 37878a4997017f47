"""What a cut knows of orders, persons and consent: what had been delivered by then, as it was told then."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest

from mandje.predict.inputs.cuts import read_holdout
from mandje.predict.inputs.histories import INPUTS, KNOWN_PERSONS, ORDER_CHANGES
from mandje.predict.models.holdouts import Holdout

CUT, HORIZON = date(2025, 3, 31), 30
EVER = date(1, 1, 1)
FIRST = CUT - timedelta(days=80)


def day(days_after_cut: int) -> date:
    return CUT + timedelta(days=days_after_cut)


class Known:
    """A warehouse that holds nothing but what a test tells it."""

    def __init__(self) -> None:
        """Nobody and no order, but a day on which the history began."""
        self.con = duckdb.connect()
        self.con.execute("create schema intermediate")
        self.con.execute(
            f"create table {ORDER_CHANGES} (site varchar, person_id varchar, order_date date,"
            " happened_date date, known_from_date date, known_until_date date,"
            " net_sales_amount decimal(18, 4))"
        )
        self.con.execute(
            f"create table {KNOWN_PERSONS} (person_id varchar, known_as_person_id varchar,"
            " has_consent boolean, first_seen_date date, left_truncation_days bigint,"
            " known_from_date date, known_until_date date)"
        )
        self.con.execute(f"create table {INPUTS} as select ?::date as history_start_date", [FIRST])

    def order(  # noqa: PLR0913
        self,
        person: str,
        ordered: date,
        *,
        known: date | None = None,
        until: date | None = None,
        happened: date | None = None,
        amount: float = 10,
    ) -> Known:
        row = ["nl", person, ordered, happened or ordered, known or ordered, until, amount]
        self.con.execute(f"insert into {ORDER_CHANGES} values (?, ?, ?, ?, ?, ?, ?)", row)
        return self

    def person(  # noqa: PLR0913
        self,
        person: str,
        *,
        agrees: bool = True,
        later: str | None = None,
        since: date = EVER,
        until: date | None = None,
        seen: date | None = None,
        truncated: int = 0,
    ) -> Known:
        row = [person, later or person, agrees, seen, truncated, since, until]
        self.con.execute(f"insert into {KNOWN_PERSONS} values (?, ?, ?, ?, ?, ?, ?)", row)
        return self

    def at_cut(self) -> Holdout:
        return read_holdout(self.con, CUT, HORIZON)


def seen(held: Holdout) -> list[tuple[float, float, float, float]]:
    """Repeat orders, orders that came, their spend, how many are so."""
    rows = zip(held.patterns.frequency, held.orders, held.spend, held.patterns.weight, strict=True)
    return [(float(x), float(orders), float(spend), float(weight)) for x, orders, spend, weight in rows]


@pytest.mark.parametrize(("delivered", "frequency"), [(-4, 1), (0, 1), (1, 0)])
def test_an_order_is_seen_once_it_is_delivered(delivered: int, frequency: int) -> None:
    shop = Known().person("p").order("p", day(-50)).order("p", day(-5), known=day(delivered))
    assert seen(shop.at_cut()) == [(frequency, 0, 0, 1)]


@pytest.mark.parametrize(("cancelled", "frequency"), [(-1, 0), (0, 0), (1, 1), (90, 1)])
def test_an_order_counts_until_it_is_known_as_cancelled(cancelled: int, frequency: int) -> None:
    shop = Known().person("p").order("p", day(-50)).order("p", day(-5), until=day(cancelled))
    assert seen(shop.at_cut()) == [(frequency, 0, 0, 1)]


@pytest.mark.parametrize(("cancelled", "orders"), [(HORIZON - 1, 0), (HORIZON, 0), (HORIZON + 1, 1)])
def test_what_came_is_what_was_known_when_the_horizon_ended(cancelled: int, orders: int) -> None:
    shop = Known().person("p").order("p", day(-50)).order("p", day(9), until=day(cancelled))
    assert seen(shop.at_cut()) == [(0, orders, 10 * orders, 1)]


def test_what_was_delivered_after_the_horizon_came_all_the_same() -> None:
    """A weekly delivery does not shorten the last week."""
    shop = Known().person("p").order("p", day(-50)).order("p", day(HORIZON), known=day(HORIZON + 6))
    shop.order("p", day(HORIZON + 1))
    assert seen(shop.at_cut()) == [(0, 1, 10, 1)]


def test_an_order_that_was_paid_after_the_horizon_did_not_come_in_it() -> None:
    shop = Known().person("p").order("p", day(-50))
    shop.order("p", day(9), known=day(HORIZON + 1), happened=day(HORIZON + 1))
    assert seen(shop.at_cut()) == [(0, 0, 0, 1)]


def test_a_return_counts_once_it_is_delivered() -> None:
    shop = Known().person("p").order("p", day(-50)).order("p", day(-5))
    shop.order("p", day(-5), happened=day(-1), known=day(1), amount=-10)
    assert shop.at_cut().spend_days.tolist() == [1]
    shop.con.execute(f"update {ORDER_CHANGES} set known_from_date = ? where net_sales_amount < 0", [CUT])
    assert shop.at_cut().spend_days.tolist() == [0]


def test_consent_that_is_told_later_is_not_there_yet() -> None:
    shop = Known().order("p", day(-50)).person("p", agrees=False, until=day(1)).person("p", since=day(1))
    assert seen(shop.at_cut()) == []
    assert len(seen(read_holdout(shop.con, day(1), HORIZON))) == 1


def test_a_first_day_at_the_shop_is_known_once_it_is_told() -> None:
    shop = Known().order("p", day(-50), known=day(-50)).person("p", truncated=20, until=day(1))
    shop.person("p", truncated=20, since=day(1), seen=FIRST - timedelta(days=1))
    assert shop.at_cut().is_in_fit.tolist() == [True]
    assert read_holdout(shop.con, day(1), HORIZON).is_in_fit.tolist() == [False]


def guest(registers: int) -> Known:
    """Orders of a guest before and after the cut, who is known to be customer c from a day on."""
    shop = Known().person("email:e", until=day(registers)).person("c")
    shop.person("email:e", later="c", since=day(registers))
    for ordered in (-50, -20):
        shop.order("email:e", day(ordered), until=day(registers))
        shop.order("c", day(ordered), known=day(registers), happened=day(registers))
    return shop


def test_a_guest_is_not_yet_the_customer_they_became() -> None:
    shop = guest(registers=5).order("c", day(-60)).order("c", day(8))
    assert sorted(seen(shop.at_cut())) == [(0, 1, 10, 1), (1, 0, 0, 1)]
    assert seen(read_holdout(shop.con, day(5), HORIZON)) == [(2, 1, 10, 1)]


def test_what_a_guest_buys_as_the_customer_they_became_came() -> None:
    assert seen(guest(registers=5).order("c", day(8)).at_cut()) == [(1, 1, 10, 1)]


def test_what_came_of_two_guests_who_became_one_customer_counts_once() -> None:
    shop = guest(registers=5).order("c", day(8)).order("email:f", day(-30), until=day(6))
    shop.person("email:f", until=day(6)).person("email:f", later="c", since=day(6))
    assert sum(row[1] * row[3] for row in seen(shop.at_cut())) == 1
