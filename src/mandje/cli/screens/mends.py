"""What to do about rejected rows, and about a delivery of which nothing came: words of `mandje check`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from mandje.shop.known_adapters import mapping_name
from mandje.shop.mapping_file import MappingFile
from mandje.shop.settings import ShopSettings

if TYPE_CHECKING:
    from mandje.ingest.trial import Trial

# What to do about a row that breaks a rule.
_MEND = {
    "missing": "fill the column, or leave the row out",
    "type": "write the value as expected",
    "precision": "round it in the shop's system",
    "allowed": "write one of the expected values; a new site goes into shop.toml as [sites.<name>]",
    "pattern": "write the value in the expected form",
    "range": "mend the value; money given back goes into returns or adjustments",
    "impossible_date": "mend the time, or deliver the row under the day that it belongs to",
    "email": "deliver an address or its hash, or leave the column empty",
    "encoding": "write UTF-8; a file in Windows-1252: iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW",
    "quoting": 'put the whole field in quotes, and double the quotes inside it: "5"" nails"',
    "field_count": "put fields that hold a comma in quotes, and give every row as many fields as the header",
    "json": "write one object per line, each key once",
    "does_not_tie": "look at the document in the shop's system: one of its amounts is wrong in the export",
    "refund_missing": "deliver refunds beside the orders that name them",
    "no_order": "deliver a refund together with its order",
    "no_site": "name the currency in `sites` of its source in shop.toml",
}
# Of rows that a mapping made.
_MEND_MAPPING = {
    "does_not_tie": "or the mapping is wrong: ex_tax, times or the column of an amount in {file}",
    "range": "or turn its sign in {file}",
    "type": "or name decimal or time_form in {file}",
}


def mend_of(rule: str, source: str, table: str, column: str | None, settings: ShopSettings) -> str | None:
    """What to do about rows that break a rule; of a mapping also what may be wrong in its file."""
    usual, mapping = _MEND.get(rule), settings.mapping_of(source)
    if mapping is None or usual is None:
        return usual
    file = f"mappings/{mapping_name(settings.sources[source].adapter)}.toml"
    if rule == "allowed" and (key := _mapped_key(mapping, table, column)):
        return f"add the word to map of {key} in {file}, or write one of the expected values"
    more = _MEND_MAPPING.get(rule)
    return f"{usual}; {more.format(file=file)}" if more else usual


def _mapped_key(mapping: MappingFile, table: str, column: str | None) -> str | None:
    """The column of the feed for which a mapping gives words for those of a source's column."""
    values = (item for one in mapping.tables if one.called == table for item in one.columns.items())
    return next((key for key, value in values if value.map and column in value.reads), None)


def nothing_made(tried: Trial, mapping: MappingFile | None) -> Iterator[str]:
    """Where no order is left of those read, and lists of a mapping that no document has."""
    if len(tried.refusals) == len(tried.deliveries):
        return
    rejected = set(tried.rejected["table_name"])
    of_orders = {one.called for one in mapping.tables if one.feed == "orders"} if mapping else {"orders"}
    if rejected & of_orders and not _rows(tried, "orders"):
        yield "NOTHING IS LEFT: every order of it is rejected, so none would be loaded"
    for one in mapping.tables if mapping is not None else ():
        if one.each and one.called not in rejected and not _rows(tried, one.feed):
            yield f'no row for {one.feed} was found: no document has a list at each = "{one.each}"'


def _rows(tried: Trial, feed: str) -> int:
    paths = tried.paths.get(feed, [])
    return sum(
        pl.scan_parquet(path, hive_partitioning=False).select(pl.len()).collect().item() for path in paths
    )
