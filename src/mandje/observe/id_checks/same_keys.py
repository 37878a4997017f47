"""Two rows of one key with other content in one delivery, where nothing says which is the newer one.

The last one counts, by file name and line: a rule that makes figures the same every night, and no knowledge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import duckdb

from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import Table
from mandje.findings.finding import Finding
from mandje.findings.keys import failing_keys

_SHOWN = 4
_FOUND = "SELECT * REPLACE (concat(delivery, ': ', array_to_string(told, ', ')) AS told) FROM same_keys"


def rows_of_one_key(con: duckdb.DuckDBPyConnection, of_two_sites: Collection[str]) -> Iterator[Finding]:
    """A warning per feed of `work.raw` that has such rows, where they decide what staging shows of the key.

    Exact repeats say nothing, nor do rows of which one was changed later than the others. `of_two_sites` are
    feeds whose ids with two sites are told already.
    """
    for feed, table in FEEDS.items():
        has_sites = feed in of_two_sites
        con.execute(f"CREATE OR REPLACE TEMP TABLE same_keys AS {_same_keys_sql(table, has_sites)}")
        count = con.execute("SELECT count(*) FROM same_keys").fetchall()[0][0]
        if count:
            yield _told(con, table, count)


def _same_keys_sql(table: Table, has_sites: bool) -> str:  # noqa: FBT001
    keys = ", ".join(table.key)
    place = f"{keys}, delivery_source, delivery_date"
    changed = "updated_at" if "updated_at" in table.names else "NULL"
    content = ", ".join(name for name in table.names if name not in {*table.key, "updated_at"})
    one_site = "AND min(site) = max(site)" if has_sites else ""
    return f"""
        WITH repeated AS (
            SELECT hash({place}) AS place_hash FROM work.raw.{table.name} GROUP BY 1 HAVING count(*) > 1
        ),
        differing AS (
            SELECT hash({place}) AS place_hash FROM work.raw.{table.name}
            WHERE hash({place}) IN (SELECT place_hash FROM repeated)
            GROUP BY 1 HAVING min(hash({content})) <> max(hash({content}))
        ),
        best AS (
            SELECT *, hash({content}) AS content_hash FROM work.raw.{table.name}
            WHERE hash({place}) IN (SELECT place_hash FROM differing)
            QUALIFY rank() OVER (PARTITION BY {place} ORDER BY {changed} DESC NULLS LAST) = 1
        )
        SELECT {keys}, concat(delivery_source, '/', delivery_date) AS delivery,
            list({_content_sql(table)} ORDER BY delivery_file, delivery_line)[:{_SHOWN}] AS told
        FROM best
        WHERE ({place}) IN (SELECT ({place}) FROM work.staging.stg_{table.name})
        GROUP BY {place} HAVING count(DISTINCT content_hash) > 1 {one_site}"""


def _content_sql(table: Table) -> str:
    """What a row is worth and where it stands, in words."""
    where = "concat(delivery_file, ' line ', delivery_line)"
    if table.money is None:
        return where
    code = table.money.currency if table.money.currency in table.names else f"'{table.money.currency}'"
    amount = f"rtrim(rtrim(CAST({table.money.sql()} AS VARCHAR), '0'), '.')"
    return f"concat({amount}, ' ', {code}, ' in ', {where})"


def _told(con: duckdb.DuckDBPyConnection, table: Table, count: int) -> Finding:
    keys = failing_keys(con, _FOUND)
    return Finding(
        check=f"{table.name}_same_key",
        origin="set check",
        severity="warn",
        sentence=f"{count:,} key(s) of {table.name} ({', '.join(table.key)}) come again in one delivery,"
        " with other content and no updated_at that decides; the last row counts.",
        count=count,
        keys=keys.keys,
        note=keys.note,
    )
