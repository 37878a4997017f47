"""Rows that an adapter made, looked at before they are staged: what no feed may hold refuses the delivery.

Rows of the source were checked as they were read. What a mapping makes of them is looked at here, delivery by
delivery, so that no later night stops at a row that nobody can place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from mandje.adapters.base import Mapped
from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import DELIVERY_COLUMNS, POLARS_TYPES, Table
from mandje.ingest.exports.deliveries import Delivery, shown
from mandje.ingest.rules.refusals import Refusal
from mandje.ingest.rules.row_rules import checks_of_value, one_of_expected

Frames = Mapping[str, pl.DataFrame]

_LINE = ("delivery_date", "delivery_file", "delivery_line")
_MOST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Source:
    """What an adapter was given: accepted rows by table, the contracts of these tables, the shop's sites."""

    rows: Frames
    tables: Mapping[str, Table]
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with some rows of a feed, the first of which is told."""

    feed: str
    column: str
    expected: str
    rows: pl.DataFrame


def refuse_mapped(deliveries: Sequence[Delivery], source: Source, mapped: Mapped) -> dict[date, Refusal]:
    """Deliveries of which the adapter made a row that its feed does not allow, each with its first fault.

    Rows that the adapter passed on as they were read are sound.
    """
    made = {
        feed: rows
        for feed, rows in mapped.feeds.items()
        if not any(rows is own for own in source.rows.values())
    }
    derived = set(mapped.derived["feed"].unique())
    faults = [
        fault
        for feed, rows in made.items()
        for fault in (
            *_of_values(feed, rows, source),
            *_of_keys(feed, rows, source, is_derived=feed in derived),
        )
        if fault.rows.height
    ]
    found = ((delivery, fault, _of_day(fault.rows, delivery)) for delivery in deliveries for fault in faults)
    refused: dict[date, Refusal] = {}
    for delivery, fault, own in found:
        if own.height:
            refused.setdefault(delivery.delivery_date, _refusal(delivery, fault, own))
    return refused


def _of_day(rows: pl.DataFrame, delivery: Delivery) -> pl.DataFrame:
    return rows.filter(pl.col("delivery_date") == delivery.delivery_date)


def _of_values(feed: str, rows: pl.DataFrame, source: Source) -> Iterator[_Fault]:
    for column in FEEDS[feed].columns:
        if not column.nullable:
            yield _Fault(feed, column.name, "a value", rows.filter(pl.col(column.name).is_null()))
        known = replace(column, allowed=source.sites) if column.name == "site" else column
        for check in checks_of_value(known):
            yield _Fault(feed, column.name, check.expected, rows.filter(check.broken))
    for group in FEEDS[feed].one_of:
        is_missing = pl.all_horizontal(pl.col(name).is_null() for name in group)
        yield _Fault(feed, group[0], one_of_expected(group), rows.filter(is_missing))


def _of_keys(feed: str, rows: pl.DataFrame, source: Source, *, is_derived: bool) -> Iterator[_Fault]:
    key = FEEDS[feed].key
    twice = rows.filter(pl.struct("delivery_date", *key).is_duplicated())
    again = twice.filter(pl.struct(*_LINE, *key).is_duplicated())
    yield _Fault(feed, ", ".join(key), "one row of a key from one line of the source", again)
    if twice.height:
        other = _of_other_things(FEEDS[feed], twice, source, is_derived=is_derived)
        yield _Fault(feed, ", ".join(key), "rows of one key only from one thing of the source", other)


def _of_other_things(table: Table, twice: pl.DataFrame, source: Source, *, is_derived: bool) -> pl.DataFrame:
    """Rows of one key with other content that are not rows of one thing, known by the source's own key.

    Two rows of one thing are the shop's own: which of them counts is a rule, and it is told. Where the source
    has no key, only rows that the adapter derived are its own.
    """
    key = ["delivery_date", *table.key]
    if "updated_at" in table.names:
        twice = twice.filter(pl.col("updated_at").eq_missing(pl.col("updated_at").max().over(key)))
    content = [name for name in table.names if name != "updated_at"]
    differing = twice.filter(pl.struct(content).n_unique().over(key) > 1)
    things = pl.col("source_key").drop_nulls().n_unique().over(key)
    is_own = (things > 1) | ((things == 0) & is_derived)
    known = differing.join(_source_keys(source), on=_LINE, how="left", maintain_order="left")
    return known.filter(is_own)


def _source_keys(source: Source) -> pl.DataFrame:
    """`source_key` of each source line whose table has a key."""
    keys = [
        rows.select(
            *_LINE, pl.concat_str(pl.lit(name), *source.tables[name].key, separator="\n").alias("source_key")
        )
        for name, rows in source.rows.items()
        if source.tables[name].key
    ]
    schema = {name: POLARS_TYPES[DELIVERY_COLUMNS[name]] for name in _LINE}
    return pl.concat([pl.DataFrame(schema=schema | {"source_key": pl.String()}), *keys])


def _refusal(delivery: Delivery, fault: _Fault, rows: pl.DataFrame) -> Refusal:
    first = rows.sort("delivery_file", "delivery_line", maintain_order=True).row(0, named=True)
    key = " ".join(f"{name}={_shown(first[name])}" for name in FEEDS[fault.feed].key)
    day = delivery.delivery_date.isoformat()
    return Refusal(
        delivery.source,
        day,
        delivery.sha256,
        "mapped",
        f"its adapter makes {rows.height} row(s) of {fault.feed} that may not be, first {key}",
        f"exports/{delivery.name}/{shown(first['delivery_file'])}",
        first["delivery_line"],
        fault.column,
        _shown(first[fault.column]) if fault.column in first else f"{rows.height} rows",
        fault.expected,
        f"mend the adapter, remove raw/{delivery.source}/{day} and run the night: it reads the delivery anew",
    )


def _shown(value: object) -> str:
    """A value in words; an address is not told."""
    if value is None:
        return "nothing"
    return "(address)" if "@" in str(value) else f"'{str(value)[:_MOST_SHOWN]}'"
