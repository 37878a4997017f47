"""From a change to a sentence: its words, and the query that gives every number of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import duckdb

from mandje.report.sentences.causes import ON_THE_WAY
from mandje.report.sentences.looked_at import ALL, Measure
from mandje.report.sentences.matters import BASE_WEEKS
from mandje.report.sentences.sentence import Sentence, Words
from mandje.report.sentences.unusual import Change
from mandje.report.sentences.weeks import with_days
from mandje.system.literals import text_literal

# What a window holds (n) and what is before it (b), as the sentence tells them.
_TOLD: dict[Measure, str] = {
    "ratio": "n_hits / n_tries AS now_ratio, b_hits / b_tries AS before_ratio",
    "per": "n_hits AS now_count, b_hits / b_tries * n_tries AS before_count",
    "level": "n_hits AS now_count, b_hits / b_days * n_days AS before_count",
    "spend": "n_hits AS now_amount, b_hits / b_days * n_days AS before_amount",
    "cost": "n_hits / n_tries AS now_amount, b_hits / b_tries AS before_amount, n_hits AS spend_amount",
    "value": "n_amount / n_tries AS now_amount, b_amount / b_tries AS before_amount",
}
_WINDOW = """
SELECT {told}, {days} AS days, {base_weeks} AS weeks_count
FROM (
    SELECT {sums}
    FROM (
        SELECT *, day > DATE '{as_of_date}' - {days} AS is_now
        FROM whole
        LEFT JOIN (SELECT * FROM daily WHERE {where}) USING (day)
        WHERE day > DATE '{as_of_date}' - {all_days} AND day <= DATE '{as_of_date}'
    )
)
"""
_DEVICES = ("mobile", "desktop", "tablet")
_SALES_CHANNELS = ("online", "store", "phone", "marketplace")
# What happens by itself is no support for another change: a chance of about one in a hundred of this figure.
_SUPPORTS = -0.3


def sentence(
    con: duckdb.DuckDBPyConnection, as_of_date: date, change: Change, near: Iterable[Change]
) -> Sentence:
    """The sentence of a change, with what else it does on the way to an order, found among all of `near`."""
    head, detail = _head_and_detail(change, near)
    sql = numbers(head, as_of_date)
    kind = f"{head.figure.name}_{_direction(head)}"
    if detail is None:
        values = row(con, sql)
        return Sentence(kind, head.figure.section, change.unusual, {**values, "place": place(head)}, sql)
    inner = numbers(detail, as_of_date)
    sql = (
        f"SELECT head.*, detail.now_ratio AS detail_now_ratio, detail.before_ratio AS detail_before_ratio\n"
        f"FROM ({sql}) AS head\nCROSS JOIN ({inner}) AS detail"
    )
    values = row(con, sql)
    told = {name: values.pop(name) for name in ("detail_now_ratio", "detail_before_ratio")}
    words = Words(f"detail_{detail.figure.name}_{_direction(detail)}", told)
    values |= {"place": place(head), "detail": words}
    return Sentence(f"{kind}_with_detail", head.figure.section, change.unusual, values, sql)


def numbers(change: Change, as_of_date: date) -> str:
    """The query of the numbers of a change: one row."""
    figure, days = change.figure, 7 * change.weeks
    where = [
        f"{name} = {text_literal(value)}"
        for name, value in (("site", change.slice.site), ("cut", change.slice.cut))
        if value != ALL
    ]
    columns = [name for name in ("hits", "tries", "amount") if f"n_{name}" in _TOLD[figure.measure]]
    sums = [
        f"CAST(coalesce(sum({name}) FILTER ({test}), 0) AS DOUBLE) AS {letter}_{name}"
        for letter, test in (("n", "is_now"), ("b", "NOT is_now"))
        for name in columns
    ]
    counts = [f"count(DISTINCT day) FILTER ({test}) AS {name}" for name, test in _DAYS.items()]
    window = _WINDOW.format(
        told=_TOLD[figure.measure],
        sums=", ".join(sums + counts),
        where=" AND ".join(where) or "true",
        as_of_date=as_of_date,
        days=days,
        all_days=days + 7 * BASE_WEEKS,
        base_weeks=BASE_WEEKS,
    )
    return f"{with_days(figure, as_of_date)}\n{window.strip()}"


_DAYS = {"n_days": "is_now", "b_days": "NOT is_now"}


def _head_and_detail(change: Change, near: Iterable[Change]) -> tuple[Change, Change | None]:
    """Visits that end in an order are told first; then the step where they are lost."""
    name = change.figure.name
    if name not in ON_THE_WAY or name == "orders":
        return change, None
    way = change.sign * ON_THE_WAY[name]
    beside = [
        one
        for one in near
        if one.slice == change.slice
        and one.weeks == change.weeks
        and one.sign * ON_THE_WAY.get(one.figure.name, 0) == way
        and one.figure.measure == "ratio"
        and one.unusual >= _SUPPORTS
    ]
    if name != "conversion":
        head = next((one for one in beside if one.figure.name == "conversion"), None)
        return (head, change) if head and change.figure.measure == "ratio" else (change, None)
    steps = [one for one in beside if one.figure.name != "conversion"]
    return change, max(steps, key=lambda one: (one.unusual, one.figure.name), default=None)


def place(change: Change) -> Words:
    """Where: on which device, from which channel, at which site; nothing where it is everywhere."""
    site, cut = change.slice.site, change.slice.cut
    values: dict[str, Any] = {} if site == ALL else {"site": site}
    if cut == ALL:
        return Words("place_all" if site == ALL else "place_site", values)
    key = f"place_{change.figure.cut}"
    if change.figure.cut == "channel":
        values["channel"] = cut
    else:
        known = _DEVICES if change.figure.cut == "device" else _SALES_CHANNELS
        values["cut"] = Words(f"{change.figure.cut}_{cut}" if cut in known else "cut_other", {"name": cut})
    return Words(key if site == ALL else f"{key}_site", values)


def _direction(change: Change) -> str:
    return "rose" if change.sign > 0 else "fell"


def row(con: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    """The only row of a query, by column name."""
    cursor = con.execute(sql)
    names = [str(column[0]) for column in cursor.description or ()]
    (row,) = cursor.fetchall()
    return dict(zip(names, row, strict=True))
