"""What is told of how deliveries were read: placeholders, floats as ids, addresses, columns nobody reads."""

from __future__ import annotations

import json
from collections.abc import Iterable

import polars as pl

from mandje.findings.finding import Finding
from mandje.findings.keys import MOST_KEYS
from mandje.ingest.store.partitions import Partition
from mandje.ingest.values.reading_notes import Kind

# The check that each kind is told as, and what is said of it.
_CHECKS: dict[Kind, str] = {
    "placeholder": "placeholder_ids",
    "whole_float": "ids_as_floats",
    "kept_float": "ids_like_floats",
    "cut_number": "ids_cut_by_a_tool",
    "address": "addresses_out_of_place",
    "no_offset": "times_without_offset",
    "unknown_column": "columns_not_read",
    "unknown_status": "states_not_known",
    "unknown_host": "hosts_without_site",
    "unused_event": "events_not_used",
}
_SENTENCES: dict[Kind, str] = {
    "placeholder": "{count} id(s) or address(es) are a placeholder such as 0 or null (`ids.placeholders` in"
    " shop.toml) and count as empty: {places}.",
    "whole_float": "{count} id(s) were written as floats (70001.0) and read as the whole numbers that they"
    " are: {places}.",
    "kept_float": "{count} id(s) look like floats (70001.0) beside ids that are no numbers, and are kept"
    " as they are, so that none of them meets 70001: {places}.",
    "cut_number": "{count} id(s) look cut by a spreadsheet (1.23457E+12), several may have become one;"
    " have the source write ids as text: {places}.",
    "address": "{count} value(s) held an e-mail address where none belongs; ids of them are hashed, in other"
    " texts (address) stands for them: {places}.",
    "no_offset": "{count} time(s) name no offset and are read as UTC; say on which clock they are, such as"
    ' time_zone = "Europe/Amsterdam" (or "UTC") for their source in shop.toml: {places}.',
    "unknown_column": "{count} unknown column(s) of the shop's systems are not read: {places}.",
    "unknown_status": "{count} order(s) are in a state that nobody explained; paid ones count, others"
    " wait. Say what it is with `statuses` of their source in shop.toml: {places}.",
    "unknown_host": "{count} event(s) are of hosts of no known site and are not used. Say whose they are with"
    ' `sites` of their source in shop.toml, or "*" for all others: {places}.',
    "unused_event": "{count} event(s) tell nothing of shopping and are not used: {places}.",
}
# Of these the column is a value (the name of an event): each is told once, with all of its rows.
_VALUES: tuple[Kind, ...] = ("unknown_host", "unused_event")
# Nothing that anybody must look at.
_NOTES: tuple[Kind, ...] = ("unused_event",)
_PLACES = 4
_COLUMNS = 8
_NOTED = {
    "source": pl.String(),
    "delivery_date": pl.String(),
    "table": pl.String(),
    "column": pl.String(),
    "kind": pl.String(),
    "rows": pl.Int64(),
}


def told_of_reading(partitions: Iterable[Partition]) -> tuple[Finding, ...]:
    """A finding for each kind of thing that was noted while these deliveries were read."""
    entries = [
        {"source": one.source, "delivery_date": one.delivery_date.isoformat(), **entry}
        for one in partitions
        for entry in one.ledger.get("noted", ())
    ]
    noted = pl.DataFrame(entries, schema=_NOTED)
    noted = _each_value_once(_each_column_once(noted))
    parts = ((kind, noted.filter(pl.col("kind") == kind)) for kind in _CHECKS)
    return tuple(_finding(kind, part) for kind, part in parts if not part.is_empty())


def _each_column_once(noted: pl.DataFrame) -> pl.DataFrame:
    """An unknown column is one thing, however many deliveries have it: it stays with the first of them."""
    is_column = pl.col("kind") == "unknown_column"
    columns = noted.filter(is_column).sort("delivery_date")
    first = columns.unique(["source", "table", "column"], keep="first", maintain_order=True)
    return pl.concat([noted.filter(~is_column), first])


def _each_value_once(noted: pl.DataFrame) -> pl.DataFrame:
    """A value with all of its rows, beside the newest delivery that has it."""
    is_value = pl.col("kind").is_in(_VALUES)
    keys = ("source", "table", "column", "kind")
    summed = noted.filter(is_value).group_by(keys).agg(pl.col("delivery_date").max(), pl.col("rows").sum())
    return pl.concat([noted.filter(~is_value), summed.select(noted.columns)])


def _finding(kind: Kind, noted: pl.DataFrame) -> Finding:
    is_column = kind == "unknown_column"
    count = noted.height if is_column else int(noted["rows"].sum())
    places = _columns_by_source(noted) if is_column else _places(noted, are_values=kind in _VALUES)
    newest_first = noted.sort(
        "delivery_date", "source", "table", "column", descending=[True, False, False, False]
    )
    keys = newest_first.head(MOST_KEYS).select(
        pl.concat_str("source", "delivery_date", separator=" ").alias("delivery"), "column", "rows"
    )
    return Finding(
        check=_CHECKS[kind],
        origin="delivery",
        severity="note" if kind in _NOTES else "warn",
        sentence=_SENTENCES[kind].format(count=f"{count:,}", places=places),
        count=count,
        keys=tuple(json.dumps(key) for key in keys.iter_rows(named=True)),
        note=f"only the newest {MOST_KEYS:,} are kept" if noted.height > MOST_KEYS else "",
    )


def _places(noted: pl.DataFrame, *, are_values: bool) -> str:
    """The columns, or values, with the most of them, each with its count."""
    sums = noted.group_by("table", "column").agg(pl.col("rows").sum())
    most = sums.sort("rows", "table", "column", descending=[True, False, False])
    shown, what = (_COLUMNS, "more") if are_values else (_PLACES, "more columns")
    named = [
        f"{column if are_values else f'{table}.{column}'} ({rows:,})"
        for table, column, rows in most.head(shown).iter_rows()
    ]
    more = [f"{most.height - shown} {what}"] if most.height > shown else []
    return ", ".join([*named, *more])


def _columns_by_source(noted: pl.DataFrame) -> str:
    """The names of unknown columns, each source with the first delivery that had such a one."""
    by_source = noted.group_by("source").agg(
        pl.col("delivery_date").min(),
        pl.col("column").sort_by("delivery_date", "column", descending=[True, False]),
    )
    return "; ".join(
        f"{source} since {day}: {_listed(columns)}"
        for source, day, columns in by_source.sort("source").iter_rows()
    )


def _listed(columns: list[str]) -> str:
    more = [f"{len(columns) - _COLUMNS} more"] if len(columns) > _COLUMNS else []
    return ", ".join([*columns[:_COLUMNS], *more])
