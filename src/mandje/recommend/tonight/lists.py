"""Scores everybody in blocks, leaves out what must not be offered, and writes the lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import polars as pl

from mandje.recommend.inputs.guards import Guards, read_guards
from mandje.recommend.inputs.purchases_read import read_purchases
from mandje.recommend.models.forms import TASKS, Fits, Form, Model, Penalties, Task
from mandje.recommend.models.purchases import Codes, Purchases, purchases_until
from mandje.recommend.tonight.reasons import because
from mandje.recommend.tonight.variety import first_with_variety, has_variety

LEAST_ORDERS, LEAST_PRODUCTS = 500, 20
# Persons whose scores are held at once: 1,000 of 3,000 products take 24 MB.
_BLOCK = 1000

_TABLE = """
create or replace table ops.product_recommendations (
    person_id varchar, task varchar, task_rank bigint, product_id varchar, reason varchar,
    because_product_id varchar, method varchar, score double, as_of_date date
)
"""


@dataclass(frozen=True)
class Choice:
    """What recommends for a task this month: the form, and the half-life of sales in days."""

    form: Form
    half_life_days: float


@dataclass(frozen=True)
class Recommended:
    """What was made tonight.

    Attributes:
        persons: with a list of any task.
        rows: of each task.
        reason: why there is none, or None.
    """

    persons: int
    rows: dict[str, int]
    reason: str | None


def recommend(
    con: duckdb.DuckDBPyConnection, as_of_date: date, choices: dict[Task, Choice], penalties: Penalties
) -> Recommended:
    """Write tonight's lists to `ops.product_recommendations`; none where there is too little."""
    recommend_nothing(con)
    purchases = purchases_until(read_purchases(con), as_of_date)
    guards = read_guards(con, purchases)
    if reason := _too_little(purchases, guards):
        return Recommended(0, {}, reason)
    fits = Fits(purchases, penalties)
    for task in TASKS:
        choice = choices[task]
        model = fits.model(choice.form, task, choice.half_life_days)
        for lists in _lists(model, task, purchases, guards):
            told = lists.with_columns(method=pl.lit(choice.form), as_of_date=pl.lit(as_of_date))
            con.register("recommended_lists", told)
            con.execute("insert into ops.product_recommendations by name from recommended_lists")
            con.unregister("recommended_lists")
    return _written(con)


def recommend_nothing(con: duckdb.DuckDBPyConnection) -> None:
    """Make `ops.product_recommendations` anew, without rows."""
    con.execute("create schema if not exists ops")
    con.execute(_TABLE)


def _written(con: duckdb.DuckDBPyConnection) -> Recommended:
    table = "ops.product_recommendations"
    [(persons,)] = con.execute(f"select count(distinct person_id) from {table}").fetchall()
    rows = con.execute(f"select task, count(*) from {table} group by all order by all").fetchall()
    return Recommended(persons, dict(rows), None)


def _too_little(purchases: Purchases, guards: Guards) -> str | None:
    offered = int(guards.is_offered.any(axis=0).sum()) if len(guards.is_offered) else 0
    if purchases.order_count < LEAST_ORDERS:
        return f"{purchases.order_count} orders of customers who may be profiled, {LEAST_ORDERS} needed"
    if offered < LEAST_PRODUCTS:
        return f"{offered} products that can be offered, {LEAST_PRODUCTS} needed"
    return None


def _lists(model: Model, task: Task, purchases: Purchases, guards: Guards) -> Iterator[pl.DataFrame]:
    persons = (
        np.flatnonzero(np.diff(guards.carts.indptr)) if task == "basket" else np.arange(len(guards.site))
    )
    for begin in range(0, len(persons), _BLOCK):
        yield _block(model, task, purchases, guards, persons[begin : begin + _BLOCK])


def _block(model: Model, task: Task, purchases: Purchases, guards: Guards, persons: Codes) -> pl.DataFrame:
    beside = (guards.carts if task == "basket" else purchases.histories)[persons]
    scores = model.of_rows(beside, purchases.repeats[persons])
    allowed = guards.is_offered[guards.site[persons]] & (guards.withheld[persons].toarray() == 0)
    bought = beside.toarray() > 0
    if task == "new":
        allowed &= ~bought
    is_limited = has_variety(guards.is_offered, guards.category)[guards.site[persons]]
    listed = first_with_variety(scores, allowed, guards.category, is_limited)
    row, place = np.nonzero(listed >= 0)
    product = listed[row, place]
    reason = because(model, beside, listed)[row, place]
    is_again = model.repeats & bought[row, product]
    ids = purchases.products
    return pl.DataFrame(
        {
            "person_id": purchases.persons.gather(persons[row]),
            "task": pl.repeat(task, len(row), eager=True),
            "task_rank": place + 1,
            "product_id": ids.gather(product),
            "reason": np.where(is_again, "bought_before", np.where(reason < 0, "sells_best", "goes_with")),
            "because_product_id": ids.gather(np.maximum(reason, 0)),
            "score": np.round(scores[row, product], 6),
        }
    ).with_columns(
        because_product_id=pl.when(pl.col("reason") == "goes_with").then(pl.col("because_product_id"))
    )
