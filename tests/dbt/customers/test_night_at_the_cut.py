"""A cut of the past beside the night that really ran on that day: a build of what had been delivered by then.

Known differences: who has taken consent back since is not looked at; an e-mail that a customer has no longer
never was theirs; amounts, days and sites of an order and the first day of the history are as last told. The
shop of this test has the first of them only.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mandje.predict.inputs.cuts import read_holdout
from mandje.predict.inputs.histories import Scope
from mandje.shop.settings import Shop
from mandje.warehouse.build import dbt_variables, register_partitions
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import run_dbt
from raw_shop import make_raw_shop

START = date(2024, 9, 2)
# History up to the first delivery came at once.
FIRST, CUT, END, LAST = (START + timedelta(days=days) for days in (60, 120, 150, 170))
HORIZON = (END - CUT).days
NEEDED = ("int_customer_inputs", "int_site_customer_inputs", "int_persons_known", "int_order_changes_known")
SETTINGS = "\n[customers]\nleft_truncation_days = 20\n"

Row = dict[str, Any]
Feeds = dict[str, list[Row]]


def delivered(feeds: Feeds, until: date) -> Feeds:
    return {feed: [row for row in rows if row["delivery_date"] <= until] for feed, rows in feeds.items()}


def at(day: date, hour: int = 12) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def simulated() -> Feeds:
    """Orders that come late, are paid later, cancelled, told again; guests who register; new consents."""
    chance = random.Random(3)
    feeds: Feeds = {"orders": [], "order_lines": [], "returns": [], "customers": []}
    for site in ("nl", "uk"):
        _tell_version(feeds, {"order_id": site, "delivery_date": FIRST}, START, site, {"customer_id": "c0"})
    for number in range(180):
        registered = START + timedelta(days=chance.randrange(-20, 160))
        _tell_customer(chance, feeds, number, registered)
        for order in range(chance.choice([0, 1, 2, 3, 5, 8])):
            day = START + timedelta(days=chance.randrange(170))
            who = _who(chance, number, is_registered=registered <= day)
            _tell_order(chance, feeds, f"{number}-{order}", day, who)
    return feeds


def _who(chance: random.Random, number: int, *, is_registered: bool) -> Row:
    named = [{"customer_id": f"c{number}"}, {"customer_id": f"c{number}", "email_hash": f"e{number}"}]
    guest = [{"email_hash": f"e{number}"}] * 3 + [{"email_hash": f"e{chance.randrange(180)}"}, {}]
    return chance.choice(named * 4 + guest if is_registered else guest)


def _delivery(chance: random.Random, day: date) -> date:
    """Mostly the same day; never across the end of the horizon, see `test_cuts` for that."""
    late = day + timedelta(days=chance.choice([0] * 6 + [1, 3, 9]))
    return max(FIRST, day if day <= END < late else late)


def _tell_customer(chance: random.Random, feeds: Feeds, number: int, registered: date) -> None:
    """An account with an e-mail; a third tell of consent later, once or twice."""
    row = {"customer_id": f"c{number}", "email_hash": f"e{number}", "first_seen_at": at(registered)}
    told = _delivery(chance, registered)
    for consent in chance.choice([[None], [True], [False], [None, True], [True, False], [False, True]]):
        feeds["customers"].append(row | {"consent_profiling": consent, "delivery_date": told})
        told += timedelta(days=chance.randrange(1, 60))


def _tell_order(chance: random.Random, feeds: Feeds, order_id: str, day: date, who: Row) -> None:
    site, price = chance.choice(["nl", "nl", "uk"]), Decimal(chance.randrange(5, 90))
    told, moment = _delivery(chance, day), at(day)
    paths = [["paid"], ["fulfilled"], ["pending", "paid"], ["paid", "fulfilled"], ["paid", "cancelled"]]
    for status in chance.choice([*paths, ["paid", "cancelled"], ["paid", "cancelled", "paid"]]):
        version = {"order_id": order_id, "delivery_date": told, "updated_at": moment}
        _tell_version(feeds, version, day, site, who | {"status": status}, price)
        told += timedelta(days=chance.randrange(1, 25))
        # Sometimes an old version comes again, and is beaten by what is known.
        moment += timedelta(hours=chance.choice([5, 5, 5, 5, -1]))
        # Sometimes the account is named only later.
        who = who if who or chance.random() < 0.7 else {"customer_id": "c0"}
    if chance.random() < 0.3:
        back = day + timedelta(days=chance.randrange(1, 20))
        goods = {"order_id": order_id, "product_id": "p", "quantity": Decimal(1), "line_number": 1}
        refund = {"return_id": f"r{order_id}", "returned_at": at(back), "refund_amount": price}
        feeds["returns"].append(goods | refund | {"site": site, "delivery_date": _delivery(chance, back)})


def _tell_version(  # noqa: PLR0913, PLR0917
    feeds: Feeds, version: Row, day: date, site: str, rest: Row, price: Decimal = Decimal(10)
) -> None:
    feeds["orders"].append(version | {"ordered_at": at(day), "site": site, "total_amount": price} | rest)
    line = {"line_number": 1, "product_id": "p", "quantity": Decimal(1), "unit_price_amount": price}
    feeds["order_lines"].append(version | line)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> dict[date, Shop]:
    feeds = simulated()
    return {
        day: _night(tmp_path_factory.mktemp("night"), delivered(feeds, day), day) for day in (CUT, END, LAST)
    }


def _night(folder: Path, feeds: Mapping[str, list[Row]], day: date) -> Shop:
    shop, partitions = make_raw_shop(folder, feeds, SETTINGS)
    shop = replace(shop, settings=shop.settings.model_copy(update={"consent_when_unknown": True}))
    register_partitions(shop, day, partitions, [])
    chosen = ("--select", *(f"+{model}" for model in NEEDED))
    results = run_dbt(shop, "run", chosen, dbt_variables(shop, day))
    assert {one.status for one in results} == {"success"}, [one.message for one in results]
    return shop


def ask(shop: Shop, query: str) -> pl.DataFrame:
    with open_warehouse(shop, read_only=True) as con:
        frame: pl.DataFrame = con.sql(query).pl()
    return frame


def expected(nights: dict[date, Shop], site: str | None) -> pl.DataFrame:
    """Persons of the night of the cut, with money as it stood, and who they were by the other nights."""
    where = f"site = '{site}'" if site else "true"
    inputs = "int_site_customer_inputs" if site else "int_customer_inputs"
    known = ask(
        nights[CUT],
        f"""
        with days as (
            select person_id, order_date, sum(net_sales_amount) as amount
            from intermediate.int_order_changes_dated where {where} group by all
        ),
        kept as (
            select person_id, sum(amount) as spent, count(*) as spend_days
            from days inner join intermediate.{inputs} as inputs using (person_id)
            where {where} and order_date > first_order_date and amount > 0 group by all
        )
        select inputs.person_id, frequency, recency_days, age_days, is_in_fit, inputs.spend_days,
            coalesce(kept.spend_days, 0) as kept_days, coalesce(spent, 0) as spent
        from intermediate.{inputs} as inputs left join kept using (person_id)
        where has_consent and {where}
        """,
    )
    assert known["spend_days"].to_list() == known["kept_days"].to_list()
    return known.filter(~pl.col("person_id").is_in(_refusing(nights[LAST], known["person_id"].to_list())))


def _refusing(last: Shop, persons: list[str]) -> list[str]:
    """Those of the persons who have taken consent back by the last night, whoever they are by then."""
    refuse = ask(last, "select customer_id from staging.stg_customers where consent_profiling = false")
    now = _resolved(last)
    refusing = {f"customer:{customer}" for customer in refuse["customer_id"]}
    return [person for person in persons if now.get(person, person) in refusing]


def _resolved(shop: Shop) -> dict[str, str]:
    emails = ask(shop, "select email_hash, customer_id from intermediate.int_emails_resolved")
    return {f"email:{email}": f"customer:{customer}" for email, customer in emails.iter_rows()}


def histories(nights: dict[date, Shop], site: str | None = None) -> Counter[tuple[object, ...]]:
    with open_warehouse(nights[LAST], read_only=True) as con:
        held = read_holdout(con, CUT, HORIZON, Scope(site))
    columns = (*_history(held), held.spend_days, held.mean_spend.round(2))
    return _counted(columns, held.patterns.weight)


def _history(held: Any) -> tuple[Any, ...]:
    return held.patterns.frequency, held.patterns.recency, held.patterns.age, held.is_in_fit


def _counted(columns: tuple[Any, ...], weight: Any) -> Counter[tuple[object, ...]]:
    counted: Counter[tuple[object, ...]] = Counter()
    for *row, times in zip(*(column.tolist() for column in columns), weight.tolist(), strict=True):
        counted[tuple(row)] += int(times)
    return counted


def _mean(row: Mapping[str, Any]) -> float:
    days = row["spend_days"]
    return float((row["spent"] / days).quantize(Decimal("0.01"), ROUND_HALF_UP)) if days else 0.0


@pytest.mark.parametrize("site", [None, "nl", "uk"])
def test_a_cut_is_what_that_night_saw(nights: dict[date, Shop], site: str | None) -> None:
    known = expected(nights, site)
    columns = ("frequency", "recency_days", "age_days", "is_in_fit", "spend_days")
    rows = [(*(row[name] for name in columns), _mean(row)) for row in known.iter_rows(named=True)]
    assert histories(nights, site) == Counter(rows)
    assert len(rows) > 30


def test_what_came_is_what_the_night_at_the_end_saw(nights: dict[date, Shop]) -> None:
    """Orders of guests who became customers meanwhile are found, and counted once."""
    known, later = expected(nights, None), _resolved(nights[END])
    days = ask(
        nights[END],
        f"select person_id, count(*) from intermediate.int_order_days_summed"
        f" where order_date > date '{CUT}' and order_date <= date '{END}' group by all",
    )
    came = dict(days.iter_rows())
    before = set(ask(nights[CUT], "select person_id from intermediate.int_customer_inputs")["person_id"])
    moved = {person: later[person] for person in sorted(before) if later.get(person, person) not in before}
    rows = [
        (row["frequency"], row["recency_days"], row["age_days"], row["is_in_fit"], orders)
        for row in known.iter_rows(named=True)
        for orders in [came.get(moved.get(row["person_id"], row["person_id"]), 0)]
    ]
    with open_warehouse(nights[LAST], read_only=True) as con:
        held = read_holdout(con, CUT, HORIZON)
    assert _counted((*_history(held), held.orders), held.patterns.weight) == Counter(rows)
    assert moved


def test_the_shop_of_this_test_holds_what_makes_it_hard(nights: dict[date, Shop]) -> None:
    """Tonight's view of the same day differs in persons, orders, consent and returns."""
    tonight = ask(
        nights[LAST],
        f"select person_id, count(distinct order_date) from intermediate.int_order_changes_dated"
        f" where order_date <= date '{CUT}' group by all",
    )
    then = ask(
        nights[CUT],
        "select person_id, count(distinct order_date) from intermediate.int_order_changes_dated group by all",
    )
    persons = [{row[0] for row in frame.iter_rows()} for frame in (tonight, then)]
    assert persons[0] - persons[1]
    assert persons[1] - persons[0]
    assert len(set(tonight.iter_rows()) ^ set(then.iter_rows())) > 20
    assert _refusing(nights[LAST], sorted(persons[1]))
