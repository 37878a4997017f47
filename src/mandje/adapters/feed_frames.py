"""What all adapters do: know their source and site, and give rows the shape of a feed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl

from mandje.adapters.base import DERIVED_SCHEMA, NOTED_SCHEMA
from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import DECIMAL, DELIVERY_COLUMNS, Table
from mandje.errors import MandjeError
from mandje.shop.settings import ShopSettings
from mandje.shop.sources import ALL


def feed_frame(feed: str, rows: pl.DataFrame, values: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """Rows of a feed in its schema; a column that is not given is null, as is the part of a derived row."""
    schema = FEEDS[feed].polars_schema()
    given = {name: pl.col(name) for name in DELIVERY_COLUMNS if name in rows.columns} | dict(values)
    return rows.select(given.get(name, pl.lit(None)).cast(kind).alias(name) for name, kind in schema.items())


def all_tables(given: Mapping[str, pl.DataFrame], tables: Iterable[Table]) -> dict[str, pl.DataFrame]:
    """The rows of each table by its name; one that is not given has none."""
    return {table.name: pl.DataFrame(schema=table.polars_schema()) for table in tables} | dict(given)


def noted_values(rows: pl.DataFrame, value: pl.Expr, table: str, kind: str) -> pl.DataFrame:
    """Values to be told of, counted: NOTED_SCHEMA, the value as `column_name`."""
    named = rows.select("delivery_date", value.alias("column_name"))
    counted = named.group_by("delivery_date", "column_name").agg(pl.len().alias("row_count"))
    noted = counted.sort("delivery_date", "column_name").with_columns(
        pl.lit(table).alias("table_name"), pl.lit(kind).alias("kind")
    )
    return noted.select(pl.col(name).cast(kind) for name, kind in NOTED_SCHEMA.items())


def with_money(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Rows with `money_amount` by the table's rule, as the source signs it, and `currency_code`.

    The rule's currency is a column or, where the table has no such column, the code itself. Without a rule
    the currency is null and the money 0.
    """
    rule = table.money
    if rule is None:
        money, code = pl.lit(0).cast(DECIMAL), pl.lit(None, pl.String)
    else:
        money = rule.polars()
        code = pl.col(rule.currency) if rule.currency in table.names else pl.lit(rule.currency)
    return rows.with_columns(money.alias("money_amount"), code.alias("currency_code"))


def on_clock(table: Table, time_zone: str | None) -> Table:
    """The table with its times without an offset on the clock of `time_zone`; None: on UTC, as they are."""
    if time_zone is None:
        return table
    columns = tuple(
        replace(column, time_zone=time_zone) if column.type == "timestamp" else column
        for column in table.columns
    )
    return replace(table, columns=columns)


def count_derived(feeds: Mapping[str, pl.DataFrame], names: Iterable[str]) -> pl.DataFrame:
    """Rows per delivery of the feeds whose rows were derived, in DERIVED_SCHEMA."""
    counts = [
        feeds[name]
        .group_by("delivery_date", maintain_order=True)
        .agg(pl.lit(name).alias("feed"), pl.len().cast(pl.Int64).alias("row_count"))
        for name in names
    ]
    return pl.concat([pl.DataFrame(schema=DERIVED_SCHEMA), *counts])


def only_site(settings: ShopSettings, adapter: str) -> str:
    """The one site of a shop whose source does not name sites.

    Raises:
        MandjeError: shop.toml has several sites.
    """
    sites = list(settings.sites)
    if len(sites) != 1:
        raise MandjeError(
            f"adapter {adapter} reads exports that name no site, so shop.toml must have exactly one",
            file="shop.toml",
            found=", ".join(sites),
            next_step="keep one [sites.<name>]",
        )
    return sites[0]


def site_of(settings: ShopSettings, source_name: str) -> str:
    """The site of all rows of a source that does not name sites: what `sites` says, or the shop's only one.

    Raises:
        MandjeError: shop.toml has several sites and does not say which.
    """
    sites = list(settings.sites)
    told = settings.sources[source_name].sites.get(ALL)
    if told is None and len(sites) != 1:
        raise MandjeError(
            f"shop.toml does not say of which site the rows of source {source_name} are",
            file="shop.toml",
            found=f"the sites {', '.join(sites)}",
            expected=f"sites in [sources.{source_name}]",
            next_step=f'add sites = {{"{ALL}" = "{sites[0]}"}}, for example, to [sources.{source_name}]',
        )
    return told or sites[0]


def sites_of(settings: ShopSettings, source_name: str) -> dict[str, str]:
    """The sites of a source that names stores, by store: what `sites` says, or the shop's only one for `*`.

    Raises:
        MandjeError: shop.toml has several sites and does not say which.
    """
    told = settings.sources[source_name].sites
    return told if told and ALL not in told else {**told, ALL: site_of(settings, source_name)}


def unknown_source(adapter: str, source: str, known: Iterable[str]) -> MandjeError:
    """The error for a source that an adapter cannot read."""
    return MandjeError(
        f"adapter {adapter} knows no source named {source}",
        file="shop.toml",
        found=source,
        expected=", ".join(known),
        next_step="rename [sources.<name>] and its folder under exports/, or choose another adapter",
    )


def no_changes(source: str, what: str) -> MandjeError:
    """The error for a source that cannot tell changes alone."""
    return MandjeError(
        f'sources.{source}: {what} cannot have documents = "changes"',
        file="shop.toml",
        found='"changes"',
        expected='"whole"',
        next_step="remove that line; it is for canonical sources that hold lines of orders or returns",
    )
