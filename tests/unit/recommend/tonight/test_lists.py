"""Tonight's lists: at most ten products, none that must not be offered, each with what put it there."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest
from scipy import sparse

from mandje.recommend.models.forms import Fits, Form, Model, Penalties, Task
from mandje.recommend.models.purchases import purchases_until
from mandje.recommend.tonight.lists import LEAST_ORDERS, Choice, Recommended, recommend
from mandje.recommend.tonight.reasons import because
from mandje.recommend.tonight.variety import first_with_variety, has_variety, varied

DAY = date(2024, 6, 30)
PENALTIES = Penalties(histories=20.0, baskets=20.0)
CHOICES: dict[Task, Choice] = {
    "any": Choice("own again", 30.0),
    "new": Choice("blend", 30.0),
    "basket": Choice("EASE", 30.0),
}
PERSONS, PRODUCTS, SOLD_ON_UK = 300, 40, 15


def _purchases() -> pl.DataFrame:
    draws = np.random.default_rng(1)
    orders = np.repeat(np.arange(900), 3)
    return pl.DataFrame(
        {
            "person_id": [f"customer:{order % PERSONS:03}" for order in orders],
            "order_id": [f"o{order:04}" for order in orders],
            "product_id": [f"p{each:02}" for each in draws.integers(0, PRODUCTS, len(orders))],
            "order_date": [DAY - timedelta(days=int(order) % 200) for order in orders],
        }
    ).unique(maintain_order=True)


def _site(number: int) -> str:
    return "uk" if number % 3 == 0 else "nl"


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    """What the build leaves for this: product p00 is offered nowhere, and uk offers 15 products only."""
    con = duckdb.connect()
    con.execute("create schema intermediate")
    persons = [(f"customer:{number:03}", _site(number), True) for number in range(PERSONS)]
    offered = [
        (site, f"p{number:02}", f"c{number % 5}")
        for site, count in (("nl", PRODUCTS), ("uk", SOLD_ON_UK))
        for number in range(1, count)
    ]
    withheld = [("customer:001", f"p{number:02}", "returned") for number in range(1, 20)]
    carts = [(f"customer:{number:03}", f"p{number:02}", "c", None) for number in range(2, 30)]
    frames = {
        "int_purchases_listed": _purchases(),
        "int_customer_inputs": pl.DataFrame(persons, ("person_id", "home_site", "has_consent"), orient="row"),
        "int_products_offered": pl.DataFrame(offered, ("site", "product_id", "category"), orient="row"),
        "int_products_withheld": pl.DataFrame(
            [*withheld, *((person, product, "in_cart") for person, product, *_ in carts)],
            ("person_id", "product_id", "withheld_because"),
            orient="row",
        ),
        "int_cart_products_open": pl.DataFrame(
            carts, ("person_id", "product_id", "cart_id", "last_touched_at"), orient="row"
        ),
    }
    for name, frame in frames.items():
        con.register("given", frame)
        con.execute(f"create table intermediate.{name} as from given")
        con.unregister("given")
    return con


def _lists(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return con.sql("from ops.product_recommendations order by person_id, task, task_rank").pl()


def _recommend(con: duckdb.DuckDBPyConnection, choices: dict[Task, Choice] = CHOICES) -> Recommended:
    return recommend(con, DAY, choices, PENALTIES)


def test_everybody_gets_ten_and_baskets_those_who_have_one(con: duckdb.DuckDBPyConnection) -> None:
    told = _recommend(con)
    lists = _lists(con)
    assert told.reason is None
    assert told.persons == PERSONS
    assert told.rows == {task: len(lists.filter(task=task)) for task in ("any", "basket", "new")}
    of_nl = lists.filter(pl.col("person_id") == "customer:004")
    assert of_nl.group_by("task").len().sort("task").rows() == [("any", 10), ("basket", 10), ("new", 10)]
    assert lists.filter(task="basket")["person_id"].n_unique() == 28
    assert lists.select(pl.struct("person_id", "task", "product_id").is_duplicated().any()).item() is False
    ranks = lists.group_by("person_id", "task").agg(first=pl.col("task_rank").min(), last="task_rank")
    assert ranks.select((pl.col("first") == 1).all()).item()


def test_nothing_is_offered_that_must_not_be(con: duckdb.DuckDBPyConnection) -> None:
    _recommend(con)
    lists = _lists(con)
    assert "p00" not in lists["product_id"]
    withheld = con.sql("from intermediate.int_products_withheld").pl()
    assert len(lists.join(withheld, on=("person_id", "product_id"))) == 0
    bought = _purchases().select("person_id", "product_id").unique()
    assert len(lists.filter(task="new").join(bought, on=("person_id", "product_id"))) == 0
    of_uk = [f"customer:{number:03}" for number in range(0, PERSONS, 3)]
    assert lists.filter(pl.col("person_id").is_in(of_uk))["product_id"].max() < f"p{SOLD_ON_UK:02}"


def test_no_list_holds_more_than_three_of_a_category(con: duckdb.DuckDBPyConnection) -> None:
    _recommend(con)
    of_kind = _lists(con).with_columns(category=pl.col("product_id").str.slice(1).cast(pl.Int64) % 5)
    assert of_kind.group_by("person_id", "task", "category").len()["len"].max() == 3


def test_a_reason_names_what_was_bought_or_lies_in_the_cart(con: duckdb.DuckDBPyConnection) -> None:
    _recommend(con)
    lists = _lists(con)
    assert set(lists["reason"]) == {"bought_before", "goes_with", "sells_best"}
    is_because = lists["because_product_id"].is_not_null()
    assert (is_because == (lists["reason"] == "goes_with")).all()
    bought = _purchases().select("person_id", because_product_id="product_id").unique()
    because_new = lists.filter(pl.col("task") == "new").drop_nulls("because_product_id")
    assert len(because_new.join(bought, on=("person_id", "because_product_id"), how="anti")) == 0
    again = lists.filter(pl.col("reason") == "bought_before")
    assert set(again["task"]) == {"any"}
    assert (
        len(again.join(bought, left_on=("person_id", "product_id"), right_on=bought.columns, how="anti")) == 0
    )


def test_best_sellers_are_one_list_but_for_what_each_may_not_get(con: duckdb.DuckDBPyConnection) -> None:
    choices: dict[Task, Choice] = dict.fromkeys(CHOICES, Choice("best sellers", 30.0))
    _recommend(con, choices)
    free = [f"customer:{number:03}" for number in range(31, PERSONS) if _site(number) == "nl"]
    lists = _lists(con).filter(pl.col("person_id").is_in(free) & (pl.col("task") == "any"))
    assert set(lists["reason"]) == {"sells_best"}
    assert lists.group_by("person_id", maintain_order=True).agg("product_id")["product_id"].n_unique() == 1


def test_a_second_run_and_another_order_of_rows_give_the_same(con: duckdb.DuckDBPyConnection) -> None:
    _recommend(con)
    first = _lists(con)
    con.execute("create table turned as from intermediate.int_purchases_listed order by hash(order_id)")
    con.execute("create or replace table intermediate.int_purchases_listed as from turned")
    _recommend(con)
    assert _lists(con).equals(first)


@pytest.mark.parametrize(
    ("keep", "reason"),
    [
        ("false", f"0 orders of customers who may be profiled, {LEAST_ORDERS} needed"),
        ("order_id < 'o0400'", f"400 orders of customers who may be profiled, {LEAST_ORDERS} needed"),
        ("product_id < 'p10'", "9 products that can be offered, 20 needed"),
    ],
)
def test_too_little_gives_the_reason_and_no_rows(
    con: duckdb.DuckDBPyConnection, keep: str, reason: str
) -> None:
    con.execute(f"delete from intermediate.int_purchases_listed where not ({keep})")
    assert _recommend(con) == Recommended(0, {}, reason)
    assert len(_lists(con)) == 0


def test_variety_keeps_the_order_and_takes_the_next_in_place_of_a_fourth() -> None:
    category = np.array([0, 0, 0, 0, 1, 2, 3, -1, -1, -1, -1, -1])
    ranked = np.array([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [3, 2, 1, 0, 11, -1, -1, -1, -1, -1, -1, -1]])
    assert varied(ranked, category, np.array([True, True])).tolist() == [
        [0, 1, 2, 4, 5, 6, 7, 8, 9, 10],
        [3, 2, 1, 11, -1, -1, -1, -1, -1, -1],
    ]
    assert varied(ranked, category, np.array([False, True]))[0].tolist() == list(range(10))


def test_three_categories_of_a_site_cannot_fill_a_list_and_limit_nothing() -> None:
    category = np.array([0, 1, 2, 3, -1, 0])
    offered = np.array([[1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 1, 1], [0, 0, 0, 0, 1, 0]], dtype=np.bool_)
    assert has_variety(offered, category).tolist() == [True, False, False]


def test_a_site_of_three_categories_is_not_limited_by_those_of_another(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """Of p01 to p14, all that uk offers, there are three categories; nl offers two more."""
    number = "cast(substr(product_id, 2) as integer)"
    kind = f"if(product_id < 'p15', {number} % 3, 3 + {number} % 2)"
    con.execute(f"update intermediate.int_products_offered set category = 'c' || {kind}")
    _recommend(con)
    lists = _lists(con).filter(task="any")
    assert len(lists.filter(person_id="customer:033")) == 10
    own = lists.filter(person_id="customer:031").select(pl.col("product_id").str.slice(1).cast(pl.Int64))
    of_kind = own.filter(pl.col("product_id") < 15).group_by(pl.col("product_id") % 3).len()
    assert of_kind["len"].max() <= 3


def test_who_has_no_list_is_not_counted(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "insert into intermediate.int_products_withheld "
        "select distinct 'customer:031', product_id, 'returned' from intermediate.int_products_offered"
    )
    assert _recommend(con).persons == PERSONS - 1


def test_a_list_is_full_where_the_first_forty_are_of_one_category() -> None:
    """Sixty products of one category score best; three of each other category follow."""
    category = np.concatenate([np.zeros(60, dtype=np.int64), np.repeat([1, 2, 3], 5), [-1, -1]])
    scores = np.tile(np.linspace(1, 0, len(category)), (2, 1))
    allowed = np.ones(scores.shape, dtype=np.bool_)
    allowed[1, 65:] = False
    is_limited = np.array([True, True])
    assert first_with_variety(scores, allowed, category, is_limited).tolist() == [
        [0, 1, 2, 60, 61, 62, 65, 66, 67, 70],
        [0, 1, 2, 60, 61, 62, -1, -1, -1, -1],
    ]


def test_the_strongest_relation_is_the_reason() -> None:
    relations = np.array([[0.0, 0.2, 0.0], [0.1, 0.0, -0.5], [0.3, 0.2, 0.0]])
    beside = sparse.csr_matrix([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    listed = np.array([[1, 0], [0, 2], [1, -1]])
    model = Model(np.ones(3), relations)
    assert because(model, beside, listed).tolist() == [[0, 2], [1, -1], [-1, -1]]
    assert because(Model(np.ones(3)), beside, listed).tolist() == [[-1, -1]] * 3


@pytest.mark.parametrize("form", ["best sellers", "order cosine", "EASE", "blend"])
def test_lists_are_those_of_a_plain_sort(con: duckdb.DuckDBPyConnection, form: Form) -> None:
    _recommend(con, CHOICES | {"new": Choice(form, 30.0)})
    purchases = purchases_until(_purchases(), DAY)
    model = Fits(purchases, PENALTIES).model(form, "new", 30.0)
    scores = np.round(model.of_rows(purchases.histories, purchases.repeats), 6)
    number = purchases.persons.index_of("customer:032")
    assert number is not None
    bought = set(_purchases().filter(person_id="customer:032")["product_id"])
    count: dict[int, int] = {}
    plain = []
    for product in sorted(range(len(purchases.products)), key=lambda each: (-scores[number, each], each)):
        name = purchases.products[product]
        kind = int(name[1:]) % 5
        if name == "p00" or name in bought or count.get(kind, 0) == 3 or len(plain) == 10:
            continue
        count[kind] = count.get(kind, 0) + 1
        plain.append(name)
    told = _lists(con).filter((pl.col("person_id") == "customer:032") & (pl.col("task") == "new"))
    assert told["product_id"].to_list() == plain
