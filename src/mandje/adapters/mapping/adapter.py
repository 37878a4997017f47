"""The adapter of a mapping file: what `adapter = "mapping:<name>"` in shop.toml stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from mandje.adapters.base import Kind, Mapped, account
from mandje.adapters.feed_frames import count_derived, feed_frame, site_of, with_money
from mandje.adapters.mapping.source_tables import SourceTable, kinds_of, source_tables
from mandje.adapters.mapping.ties import DOCUMENT, refused_orders, refused_returns, worth_of_lines
from mandje.adapters.mapping.verbs import targets, tax_taken_out
from mandje.adapters.refusals import one_each
from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import DECIMAL, TOTAL, Table
from mandje.errors import MandjeError
from mandje.shop.known_adapters import MAPPING
from mandje.shop.mapping_file import MappingFile
from mandje.shop.mapping_folder import shipped_mapping, shipped_names
from mandje.shop.settings import ShopSettings

# A file is recognised by so many names, whatever it is called.
_LEAST_NAMES = 3
Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class MappingAdapter:
    """Maps one source by its mapping file. An order's rows may lie anywhere in a delivery: it is read whole.

    `site` is that of rows whose table names none.
    """

    sources: Mapping[str, SourceTable]
    kinds: tuple[Kind, ...]
    feeds: tuple[str, ...]
    site: str | None
    held: tuple[str, ...] = ()
    maps_rows_alone: bool = False

    @property
    def tables(self) -> Mapping[str, Table]:
        """What each [[tables]] reads, by its name."""
        return {name: one.table for name, one in self.sources.items()}

    def refused(self, tables: Frames) -> pl.DataFrame:
        """Orders that do not tie, or have an amount that no order has, lines without their order; returns."""
        made = self._made(tables)
        named = {one.made.feed: made[name] for name, one in self.sources.items()}
        backs = [name for name, one in self.sources.items() if one.made.feed == "returns"]
        returns = [refused_returns(made[name]) for name in backs]
        return one_each([refused_orders(named.get("orders"), named.get("order_lines")), *returns])

    def map(self, tables: Frames) -> Mapped:
        """Map what was given; a table that is not there has no rows."""
        made = self._made(tables)
        feeds = {
            feed: pl.concat(
                made[name].select(FEEDS[feed].polars_schema().keys())
                for name, one in self.sources.items()
                if one.made.feed == feed
            )
            for feed in self.feeds
        }
        accounts = [self._account(one, tables.get(name), made[name]) for name, one in self.sources.items()]
        taxes = [_taxes(one, made[name]) for name, one in self.sources.items()]
        derived = count_derived({}, ())
        return Mapped(feeds, pl.concat(accounts), derived, pl.concat(taxes))

    def _made(self, tables: Frames) -> dict[str, pl.DataFrame]:
        """Rows by table with columns of their feed, `document_id`, and `tax`, taken out of their amounts."""
        made = {name: self._rows(one, tables.get(name)) for name, one in self.sources.items()}
        lines = next(
            (made[name] for name, one in self.sources.items() if one.made.feed == "order_lines"), None
        )
        for name, one in self.sources.items():
            made[name] = _with_sums(one, made[name], lines)
        return made

    def _rows(self, one: SourceTable, given: pl.DataFrame | None) -> pl.DataFrame:
        rows = pl.DataFrame(schema=one.table.polars_schema()) if given is None else given
        own = rows.filter(one.table.is_own()) if one.table.only else rows
        values = {"site": pl.lit(self.site)} | targets(one)
        name = one.table.document
        document = pl.lit(one.table.document_prefix) + (
            pl.lit(None, pl.String) if name is None else pl.col(name)
        )
        more = own.with_columns(tax=tax_taken_out(one), document_id=document).select("tax", "document_id")
        return feed_frame(one.made.feed, own, values).hstack(more)

    def _account(self, one: SourceTable, given: pl.DataFrame | None, made: pl.DataFrame) -> pl.DataFrame:
        """Where the rows of a table went: into their feed with their money, or aside."""
        feed = FEEDS[one.made.feed]
        worth = with_money(made, feed).with_columns(pl.lit(feed.name).alias("destination"))
        accounts = [account(worth, one.made.called)]
        if one.table.only and given is not None:
            aside = given.filter(~one.table.is_own()).with_columns(
                pl.lit(one.made.otherwise).alias("destination"),
                pl.lit(None, pl.String).alias("currency_code"),
                pl.lit(0).cast(DECIMAL).alias("money_amount"),
            )
            accounts.append(account(aside, one.made.called))
        return pl.concat(accounts)


def _with_sums(one: SourceTable, rows: pl.DataFrame, lines: pl.DataFrame | None) -> pl.DataFrame:
    """Rows with the columns that are sums: the tax of an order and its lines, or of the row; its total."""
    columns = one.made.columns
    taxed, summed = ((columns.get(name)) for name in ("tax_amount", "total_amount"))
    is_taxed = taxed is not None and taxed.sum_of_taxes is True
    if one.made.feed != "orders" or lines is None:
        return rows.with_columns(pl.col("tax").alias("tax_amount")) if is_taxed else rows
    worth = worth_of_lines(lines)
    sums = rows.join(worth, on=DOCUMENT, how="left", maintain_order="left")
    if is_taxed:
        tax = pl.col("tax").cast(TOTAL) + pl.col("lines_tax").fill_null(0)
        sums = sums.with_columns(tax.cast(DECIMAL).alias("tax_amount"))
    if summed is not None and summed.sum_of_lines is True:
        parts = (
            pl.col("worth").fill_null(0)
            - pl.col("discount_amount")
            + pl.sum_horizontal("shipping_amount", "other_charges_amount", "tax_amount")
        )
        sums = sums.with_columns(parts.cast(DECIMAL).alias("total_amount"))
    return sums.drop("worth", "lines_tax", "many")


def _taxes(one: SourceTable, rows: pl.DataFrame) -> pl.DataFrame:
    """Accounts of the tax that was taken out of amounts: rows of their own."""
    feed, value = one.made.feed, one.made.columns.get("tax_amount")
    if value is None or value.sum_of_taxes is None:
        return account(_nothing(), one.made.called)
    sign = 1 if feed == "orders" else -1
    taxed = rows.filter(pl.col("tax_amount") != 0).with_columns(
        pl.lit(f"{feed}:tax_amount").alias("destination"), (pl.col("tax_amount") * sign).alias("money_amount")
    )
    return account(taxed, f"{one.made.called}_taxes")


def _nothing() -> pl.DataFrame:
    schema: dict[str, Any] = {"delivery_date": pl.Date, "destination": pl.String, "currency_code": pl.String}
    return pl.DataFrame(schema=schema | {"money_amount": DECIMAL})


def mapping_adapter(source_name: str, settings: ShopSettings) -> MappingAdapter:
    """The adapter of a source of any name.

    Raises:
        MandjeError: there is no such mapping, or neither it nor shop.toml tells the site of its rows.
    """
    mapping = settings.mapping_of(source_name)
    if mapping is None:
        raise _no_mapping(settings.sources[source_name].adapter)
    sources = source_tables(mapping, settings.sources[source_name].time_zone or mapping.time_zone)
    is_silent = any(
        "site" in FEEDS[one.made.feed].names and "site" not in one.made.columns for one in sources.values()
    )
    site = site_of(settings, source_name) if is_silent else None
    return MappingAdapter(sources, kinds_of(mapping, sources), mapping.feeds, site)


def _no_mapping(adapter: str) -> MandjeError:
    return MandjeError(
        "there is no such mapping file",
        file="shop.toml",
        found=adapter,
        expected="mappings/<name>.toml in the shop's folder, or one of " + ", ".join(shipped_names()),
        next_step="write that file, or name another",
    )


@cache
def shipped_kinds() -> dict[str, tuple[Kind, ...]]:
    """Kinds of files of the mappings that come with Mandje, by adapter, of those that enough names tell."""
    found = {name: shipped_mapping(name) for name in shipped_names()}
    return {f"{MAPPING}{name}": _telling(mapping) for name, mapping in found.items() if mapping is not None}


def _telling(mapping: MappingFile) -> tuple[Kind, ...]:
    kinds = kinds_of(mapping, source_tables(mapping, mapping.time_zone))
    return tuple(kind for kind in kinds if len(kind.needed) >= _LEAST_NAMES)
