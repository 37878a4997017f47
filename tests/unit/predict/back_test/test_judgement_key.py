"""A judgement holds while all that it read stays as it was."""

from __future__ import annotations

from datetime import date

import pytest

from histories import order_days, shop_warehouse
from mandje.predict.back_test.judgement_key import judgement_key
from mandje.predict.inputs.histories import INPUTS
from mandje.predict.inputs.histories import ORDER_CHANGES as CHANGES

JUNE = date(2025, 6, 30)
ORDERS = order_days(300, (0.6, 60.0, 0.8, 2.5), 400, seed=3)


def key(change: str | None = None, night: date = JUNE, horizon: int = 90) -> str:
    con = shop_warehouse(ORDERS, night)
    if change:
        assert con.execute(change).fetchone()[0]  # type: ignore[index]
    return judgement_key(con, night, horizon)


@pytest.mark.parametrize("night", [date(2025, 6, 1), date(2025, 6, 17)])
def test_nights_of_a_month_have_one_key(night: date) -> None:
    assert key(night=night) == key()


def test_the_order_of_rows_means_nothing() -> None:
    assert judgement_key(shop_warehouse(ORDERS.reverse()), JUNE, 90) == key()


@pytest.mark.parametrize(
    "change",
    [
        f"update {CHANGES} set net_sales_amount = 1 where happened_date = date '2025-06-01'",
        f"update {CHANGES} set known_until_date = '2025-06-02' where person_id = 'p0000001'",
        f"update {INPUTS} set last_order_date = date '2025-06-30'",
    ],
    ids=["an order of this month", "cancelled this month", "what tonight alone knows"],
)
def test_what_came_this_month_does_not_count(change: str) -> None:
    assert key(change) == key()


@pytest.mark.parametrize(
    "change",
    [
        f"insert into {CHANGES} values ('nl', 'p0000001', '2025-05-31', '2025-05-31', '2025-06-09', null, 5)",
        f"delete from {CHANGES} where happened_date = date '2025-05-31'",
        f"update {CHANGES} set net_sales_amount = 1 where person_id = 'p0000001'",
        f"update {CHANGES} set happened_date = '2025-07-01' where person_id = 'p0000001'",
        f"update {CHANGES} set known_from_date = '2025-05-31' where order_date = '2025-05-01'",
        f"update {CHANGES} set known_until_date = '2025-05-31' where order_date = '2025-05-01'",
        f"update {INPUTS} set has_consent = false where person_id = 'p0000001'",
        f"update {INPUTS} set is_in_fit = false where person_id = 'p0000001'",
    ],
    ids=[
        "a late order",
        "a lost delivery",
        "another amount",
        "happened later",
        "known later",
        "cancelled last month",
        "consent",
        "left truncation",
    ],
)
def test_what_changes_the_past_counts(change: str) -> None:
    assert key(change) != key()


def test_month_horizon_and_rule_count(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {key(), key(night=date(2025, 5, 31)), key(horizon=60)}
    monkeypatch.setattr("mandje.predict.back_test.judgement_key.RULE", 0)
    assert len(keys | {key()}) == 4
