"""What each feed may hold, in words for whoever makes the files."""

from __future__ import annotations

from collections.abc import Iterable

from mandje.contracts.types import Column, Table

_GUIDE = """# What each feed may hold

Files are csv, csv.gz, jsonl or Parquet in UTF-8. Columns marked "may be empty" may be left out. Times are
ISO 8601 (`2026-11-20T18:22:01+01:00`); **without an offset they are on the clock that `time_zone` of their
source names, unless set on UTC**: an hour that the change to winter time repeats is taken the first time,
and one that the change to summer time skips is refused. Decimals are plain (`12.50`), with at most four
places, rates with twelve; values and quantities of events may have more and are rounded. An event without
`visitor_id` is set apart and counted (`skipped:no_visitor`). What a feed never told is empty in every
table, not 0.

Ids are text: white space around them is nothing, `007` is not `7`. A whole number that a tool wrote as a
float (`70001.0`) is that number where all ids of its column in that file are numbers; floats from 2^53 on are
refused, since another id may have become the same. Words that stand for no id (`0`, `null`, `(not set)`, …:
`[ids]` in `shop.toml`) are empty. An e-mail address in an id becomes the same hash everywhere; in other texts
it becomes `(address)`.
"""


def feed_guide(feeds: Iterable[Table]) -> str:
    """A page in Markdown: what all files keep to, then a table of columns for each feed."""
    return _GUIDE + "".join(map(_described, feeds))


def header(feed: Table) -> str:
    """The columns of a file; an e-mail may come as it is, and is hashed on reading."""
    return ",".join(map(_delivered_name, feed.columns)) + "\n"


def _delivered_name(column: Column) -> str:
    return "email" if column.is_email else column.name


def _described(feed: Table) -> str:
    rows = "".join(
        f"| {_delivered_name(column)} | {column.type} | {_unit(column)} | {_need(column, feed)} | "
        f"{column.description} |\n"
        for column in feed.columns
    )
    head = "| column | type | unit or allowed values | | meaning |\n|---|---|---|---|---|\n"
    return f"\n## {feed.name}\n\n{feed.description}\n\n{head}{rows}"


def _unit(column: Column) -> str:
    if column.is_email:
        return f"an address, or as `{column.name}` its hash: {column.unit}"
    if column.minimum is None:
        return column.unit
    return f"{column.unit}, {'above' if column.minimum_exclusive else 'at least'} {column.minimum}"


def _need(column: Column, feed: Table) -> str:
    others = [name for group in feed.one_of if column.name in group for name in group if name != column.name]
    if others:
        return f"this or {' or '.join(others)}"
    return "key" if column.key else "may be empty" if column.nullable else "needed"
