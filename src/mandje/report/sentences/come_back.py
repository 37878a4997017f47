"""Products that begin to come back, judged at equal maturity.

What is to be expected of a product in a window: each line sold before it, times the part of all returns that
comes after just so many days (the shop's own, of a year), times the product's return ratio. The ratio is that
of the 26 weeks before the window, shrunk to the shop's: a Gamma prior of shape 1 whose mean is the shop's
ratio. Where all others together surely have more returns than expected, so has it. The number of returns
is then negative binomial (Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.6); its upper tail is the
chance. Several returns of one person count once. Looked at is a product of which at least 5 lines would be
due if all came back; of the chance of a false sentence it has the part that it has of all lines due.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
from scipy import special

from mandje.report.sentences.unusual import WINDOWS
from mandje.system.literals import text_literal

_BASE_DAYS = 182
_LONGEST_DAYS = 90
_FEWEST_PERSONS = 5
_LEAST_FACTOR = 2  # as many as usual, at least
_SMALLEST_CHANCE = float(np.finfo(np.float64).tiny)  # below it none can be told from another

# Per product sold or sent back: what came and what was to come, in the window and in the base before it.
_PRODUCTS = """
WITH delays AS (
    SELECT CAST(days_since_order AS INTEGER) AS delay, count(*) / sum(count(*)) OVER () AS part
    FROM marts.returns
    WHERE is_counted AND days_since_order BETWEEN 0 AND {longest}
        AND return_date BETWEEN {last} - 364 AND {last}
    GROUP BY delay
),
came AS (
    SELECT product_id,
        count(DISTINCT return_id) FILTER (return_date > {base_last}) AS returned_count,
        count(DISTINCT coalesce(person_id, return_id)) FILTER (return_date > {base_last}) AS persons,
        count(DISTINCT coalesce(person_id, return_id)) FILTER (return_date <= {base_last}) AS earlier
    FROM marts.returns
    WHERE is_counted AND return_date BETWEEN {base_first} AND {last}
    GROUP BY product_id
),
sold AS (
    SELECT product_id, order_date, count(*) AS lines
    FROM marts.order_lines
    WHERE is_counted AND order_date BETWEEN {base_first} - {longest} AND {last}
    GROUP BY product_id, order_date
),
-- Of what is to come back of a day's lines, the part that is due in the window, and in the base.
due AS (
    SELECT order_date,
        coalesce(sum(part) FILTER (due_date > {base_last}), 0) AS now_part,
        coalesce(sum(part) FILTER (due_date BETWEEN {base_first} AND {base_last}), 0) AS base_part
    FROM (
        SELECT order_date, part, order_date + delay AS due_date
        FROM (SELECT DISTINCT order_date FROM sold)
        CROSS JOIN delays
    )
    WHERE due_date <= {last}
    GROUP BY order_date
),
to_come AS (
    SELECT product_id, sum(lines * now_part) AS now_lines, sum(lines * base_part) AS base_lines
    FROM sold
    INNER JOIN due USING (order_date)
    GROUP BY product_id
),
products AS (
    SELECT product_id, coalesce(returned_count, 0) AS returned_count, coalesce(persons, 0) AS persons,
        coalesce(earlier, 0) AS earlier, coalesce(now_lines, 0) AS now_lines,
        coalesce(base_lines, 0) AS base_lines
    FROM to_come
    FULL JOIN came USING (product_id)
),
shop AS (
    SELECT sum(earlier) / nullif(sum(base_lines), 0) AS shop_ratio, sum(persons) AS shop_persons,
        sum(now_lines) AS shop_lines
    FROM products
),
others AS (
    SELECT *, shop_persons - persons AS other_persons,
        (other_persons - 2 * sqrt(other_persons)) / nullif(shop_ratio * (shop_lines - now_lines), 0) AS factor
    FROM products
    CROSS JOIN shop
    WHERE shop_ratio > 0
),
-- The posterior of the ratio is Gamma(1 + earlier, rate).
judged AS (
    SELECT *, 1 / shop_ratio + base_lines AS rate, greatest(1, coalesce(factor, 1)) * now_lines AS exposed,
        exposed * (1 + earlier) / rate AS expected_count
    FROM others
)
"""


@dataclass(frozen=True, slots=True)
class ComesBack:
    """A product that comes back more than it did, in how many of the newest weeks, and how unusual it is."""

    product_id: str
    weeks: int
    unusual: float


def products(con: duckdb.DuckDBPyConnection, as_of_date: date, share: float) -> list[ComesBack]:
    """Products that came back more than is to be expected; `share` as in `judged` of figures."""
    found = []
    for weeks, part in WINDOWS.items():
        rows = con.execute(
            f"{_query(as_of_date, weeks)} SELECT product_id, persons, earlier, rate, exposed, expected_count,"
            f" exposed / sum(exposed) OVER () AS due_part FROM judged WHERE now_lines >= {_FEWEST_PERSONS}"
            " ORDER BY product_id"
        ).fetchall()
        for product_id, persons, earlier, rate, exposed, expected, due_part in rows:
            if persons < max(_FEWEST_PERSONS, _LEAST_FACTOR * expected):
                continue
            # Of so many persons or more, where their count is negative binomial.
            chance = special.betainc(persons, 1 + earlier, exposed / (rate + exposed))
            unusual = np.log10(share * part * due_part) - np.log10(max(chance, _SMALLEST_CHANCE))
            found.append(ComesBack(product_id, weeks, float(unusual)))
    return found


def numbers(as_of_date: date, product: ComesBack) -> str:
    """The query of the numbers of the sentence."""
    return (
        f"{_query(as_of_date, product.weeks)}\nSELECT coalesce(product_name, product_id) AS product,"
        f" returned_count, expected_count, {7 * product.weeks} AS days\nFROM judged\n"
        "LEFT JOIN (SELECT product_id, product_name FROM marts.products) USING (product_id)\n"
        f"WHERE product_id = {text_literal(product.product_id)}"
    )


def _query(as_of_date: date, weeks: int) -> str:
    base_last = as_of_date - timedelta(weeks=weeks)
    return _PRODUCTS.format(
        last=f"DATE '{as_of_date}'",
        base_last=f"DATE '{base_last}'",
        base_first=f"DATE '{base_last - timedelta(days=_BASE_DAYS - 1)}'",
        longest=_LONGEST_DAYS,
    ).strip()
