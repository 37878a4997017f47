"""What deliveries would change: their rows beside those that are loaded, by key, in DuckDB.

Reads raw Parquet only. Rows are compared as the winner rule ranks them; nothing of them comes into Python.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import Table
from mandje.errors import MandjeError
from mandje.ingest.store.partitions import READ_ANEW, Partition, paths_by_feed
from mandje.ingest.trial import Trial
from mandje.shop.settings import Shop
from mandje.system.machine import machine_fault
from mandje.system.own_files import first_damaged

# Rows by what would become of them: new, replaced, same, older, repeated, leaves, dropped. `repeated`: a
# better row of the same key stands beside it; `older`: what is loaded is newer and stays; `leaves`: loaded
# from a former delivery of the same day, and not in this one; `dropped`: loaded lines of a document that this
# version does not hold. These move what is loaded:
_MOVING = ("new", "replaced", "leaves", "dropped")
_Files = Mapping[str, Sequence[Path]]

# One row of a feed, with what `_query` compares and adds up.
_SHOWN = """
    *, (coalesce({updated_at}, '-infinity'), delivery_date) AS version, ({names}) AS content,
    row_number() OVER (
        PARTITION BY {keys}
        ORDER BY {updated_at} DESC NULLS LAST, delivery_date DESC, delivery_file DESC, delivery_line DESC
    ) AS place,
    (delivery_source, delivery_date) IN (SELECT DISTINCT delivery_source, delivery_date FROM former)
        AS is_former
"""
_QUERY = """
    WITH ranked AS (SELECT {shown} FROM mine),
    best AS (SELECT * FROM ranked WHERE place = 1),
    held AS (SELECT {shown} FROM loaded SEMI JOIN best USING ({keys})),
    paired AS (
        SELECT
            CASE
                WHEN held.place IS NULL THEN 'new'
                WHEN best.content IS NOT DISTINCT FROM held.content THEN 'same'
                WHEN NOT held.is_former AND held.version > best.version THEN 'older'
                ELSE 'replaced'
            END AS kind,
            best.told AS told, held.told AS held_told
        FROM best LEFT JOIN (SELECT * FROM held WHERE place = 1) AS held USING ({keys})
    ),
    effects AS (
        SELECT kind, told, 1 AS row_count, 0 AS was, 1 AS becomes FROM paired
        UNION ALL SELECT kind, held_told, 0, 1, 0 FROM paired WHERE kind = 'replaced'
        UNION ALL SELECT 'repeated', told, 1, 0, 0 FROM ranked WHERE place > 1
        UNION ALL SELECT 'leaves', told, 1, 1, 0
        FROM former ANTI JOIN best USING ({keys})
        {dropped}
    )
    SELECT kind, told.day AS day, told.currency_code AS currency_code,
        CAST(sum(row_count) AS BIGINT) AS row_count,
        CAST(sum(was * told.amount) AS DECIMAL(38,4)) AS before_amount,
        CAST(sum(becomes * told.amount) AS DECIMAL(38,4)) AS after_amount
    FROM effects GROUP BY ALL ORDER BY ALL NULLS LAST
"""
# Lines of the loaded version of a document that its newer version does not hold: they go with it.
_DROPPED = """
        UNION ALL SELECT 'dropped', told, 1, 1, 0
        FROM (
            SELECT {shown}, rank() OVER (PARTITION BY {document} ORDER BY version_of DESC) AS nth
            FROM (
                SELECT *,
                    (max(coalesce({updated_at}, '-infinity')) OVER one_version, delivery_date) AS version_of
                FROM loaded SEMI JOIN best USING ({document})
                WINDOW one_version AS (PARTITION BY {document}, delivery_source, delivery_date)
            )
        ) AS lines
        INNER JOIN (SELECT {document}, max(version) AS newest FROM best GROUP BY ALL) AS versions
            USING ({document})
        ANTI JOIN best USING ({keys})
        WHERE nth = 1 AND place = 1 AND NOT is_former AND newest >= version_of
"""


@dataclass(frozen=True, slots=True)
class FeedChange:
    """Effects on one feed: `kind`, `day`, `currency_code`, `row_count`, `before_amount`, `after_amount`.

    `day` is the site's local day of what a row tells of (a line's is its order's), empty where it has none or
    where its order is not known. Amounts are what rows are worth before and after.
    """

    feed: str
    effects: pl.DataFrame

    def rows(self, kind: str) -> int:
        """Rows of one kind."""
        return int(self.effects.filter(pl.col("kind") == kind)["row_count"].sum())

    @property
    def days(self) -> list[object]:
        """Days whose figures would move."""
        moving = self.effects.filter(pl.col("kind").is_in(_MOVING))
        return moving["day"].drop_nulls().unique().sort().to_list()

    def money(self) -> pl.DataFrame:
        """Per currency what the rows that would move are worth before and after."""
        moving = self.effects.filter(pl.col("kind").is_in(_MOVING)).drop_nulls("currency_code")
        sums = moving.group_by("currency_code").agg(pl.col("before_amount", "after_amount").sum())
        return sums.sort("currency_code")


def changes(shop: Shop, trial: Trial, loaded: Sequence[Partition]) -> list[FeedChange]:
    """What the accepted rows of a trial would change, feed by feed; `loaded` is all that is loaded.

    Raises:
        MandjeError: a raw file is damaged, or the machine is at its end.
    """
    former = [one for one in loaded if one.source == trial.source and one.delivery_date in trial.replaced]
    places = {"mine": trial.paths, "loaded": paths_by_feed(loaded), "former": paths_by_feed(former)}
    # A shop may say that a delivery of lines holds what changed of a document, and not all of it.
    is_whole = shop.settings.sources[trial.source].documents == "whole"
    with _connection(shop, trial.spill) as connection:
        try:
            return [
                FeedChange(feed, _effects(connection, shop, feed, places, is_whole=is_whole))
                for feed in trial.paths
            ]
        except duckdb.Error as fault:
            raise machine_fault(fault) or _damaged(connection, places["loaded"]) or _unknown(fault) from None


@contextmanager
def _connection(shop: Shop, spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine of its own, within the shop's memory."""
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = $limit", {"limit": shop.settings.engine.memory_limit})
        connection.execute("SET temp_directory = $spill", {"spill": str(spill)})
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        yield connection


def _damaged(connection: duckdb.DuckDBPyConnection, loaded: _Files) -> MandjeError | None:
    query = "SELECT max(hash(COLUMNS(*))) FROM read_parquet($path)"

    def read(path: Path) -> object:
        return connection.execute(query, {"path": glob.escape(str(path))}).fetchall()

    return first_damaged([path for files in loaded.values() for path in files], read, READ_ANEW)


def _unknown(fault: duckdb.Error) -> MandjeError:
    return MandjeError(
        "what is loaded cannot be compared",
        found=str(fault).splitlines()[0],
        next_step="run a night: it reads again what an earlier version loaded",
    )


def _effects(
    connection: duckdb.DuckDBPyConnection,
    shop: Shop,
    feed: str,
    places: Mapping[str, _Files],
    *,
    is_whole: bool,
) -> pl.DataFrame:
    table = FEEDS[feed]
    orders = [path for part in ("mine", "loaded") for path in places[part].get("orders", ())]
    connection.execute(f"CREATE OR REPLACE TEMP VIEW known_orders AS {_over(FEEDS['orders'], orders)}")
    for name, files in places.items():
        rows = _rows(shop, table, files.get(feed, ()))
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {rows}")
    return pl.DataFrame(connection.sql(_query(table, is_whole=is_whole)).to_arrow_table())


def _query(table: Table, *, is_whole: bool) -> str:
    updated_at = "updated_at" if "updated_at" in table.names else "CAST(NULL AS TIMESTAMPTZ)"
    parts = {"keys": ", ".join(table.key), "updated_at": updated_at}
    shown = _SHOWN.format(**parts, names=", ".join(table.names))
    has_lines = is_whole and table.document is not None and table.key != (table.document,)
    dropped = _DROPPED.format(**parts, shown=shown, document=table.document) if has_lines else ""
    return _QUERY.format(**parts, shown=shown, dropped=dropped)


def _rows(shop: Shop, table: Table, files: Sequence[Path]) -> str:
    """A query over raw files that adds `told`: day, currency and amount of a row."""
    money, currency = (table.money.sql(), table.money.currency) if table.money else ("0", "NULL")
    day, placed = _day(shop, table)
    return (
        f"SELECT rows.*, {{'day': CAST({day} AS DATE), 'currency_code': CAST({currency} AS VARCHAR), "
        f"'amount': CAST({money} AS DECIMAL(18,4))}} AS told FROM ({_over(table, files)}) AS rows {placed}"
    )


def _day(shop: Shop, table: Table) -> tuple[str, str]:
    """The local day that a row tells of, and what it is looked up in: a line's is that of its order."""
    at = next((c for c in table.columns if c.type in {"timestamp", "date"} and c.name != "updated_at"), None)
    if at is not None and table.name != "customers":
        return (at.name if at.type == "date" else _local(shop, table, at.name)), ""
    if "order_id" not in table.names:
        return "NULL", ""
    placed = (
        f"SELECT order_id, max({_local(shop, FEEDS['orders'], 'ordered_at')}) AS placed_day FROM known_orders"
    )
    return "placed_day", f"LEFT JOIN ({placed} GROUP BY order_id) AS placed USING (order_id)"


def _local(shop: Shop, table: Table, at: str) -> str:
    zones = " ".join(
        f"WHEN {_quoted(name)} THEN {_quoted(site.time_zone)}" for name, site in shop.settings.sites.items()
    )
    own = _quoted(shop.settings.time_zone)
    zone = f"CASE site {zones} ELSE {own} END" if "site" in table.names else own
    return f"CAST(timezone({zone}, {at}) AS DATE)"


def _over(table: Table, files: Sequence[Path]) -> str:
    """A query over raw files in the contract's columns; no files: no rows."""
    typed = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in table.sql_schema().items())
    rows = f"SELECT {typed} WHERE false"
    if not files:
        return rows
    paths = ", ".join(_quoted(glob.escape(str(path))) for path in files)
    return f"{rows} UNION ALL BY NAME SELECT * FROM read_parquet([{paths}], hive_partitioning = false)"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
