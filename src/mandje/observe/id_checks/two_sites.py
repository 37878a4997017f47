"""Documents and events whose id comes with two sites or from two sources: systems that number alike.

Of two documents of one id only one counts. Looked for in raw rows of all loaded deliveries: staging holds one
row per id, whatever else was delivered.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from mandje.contracts.ids import PREFIXED
from mandje.findings.finding import Finding
from mandje.findings.holds import Hold
from mandje.findings.keys import failing_keys

# The id that names a document or event of one site, by feed.
IDS = {
    "orders": "order_id",
    "returns": "return_id",
    "adjustments": "adjustment_id",
    "session_events": "event_id",
}
_NAMED = 3
_MEND = (
    "where two systems number alike, give their source an `id_prefix` in shop.toml (a table from site to text"
    " where one source holds both) and run the night"
)
# No prefix goes before what is one shop's.
_MEND_OTHERS = "have the source give each of them an id of its own, replace its delivery and run the night"


def ids_of_two_sites(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[Finding, Hold]]:
    """What is found in schema `work.raw`, once per feed that has any: a hold, and the rows behind it.

    The hold stands for exactly these ids with exactly these sites, whatever delivery repeats them.
    """
    for feed, column in IDS.items():
        con.execute(f"CREATE OR REPLACE TEMP TABLE two_sites AS {_two_sites_sql(feed, column, 'site')}")
        count, digest = con.execute(_DIGEST).fetchall()[0]
        if count:
            yield _told(con, feed, column, count, digest)


def ids_of_two_sources(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """A warning per feed whose ids of one site come from two sources: two tills, or one order told twice.

    Which of these it is, nobody can see; so it is told and holds nothing.
    """
    for feed, column in IDS.items():
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE two_sources AS {_two_sites_sql(feed, column, 'delivery_source')}"
        )
        of_one_site = "FROM two_sources WHERE NOT contains(of_sites, ' ')"
        count = con.execute(f"SELECT count(*) {of_one_site}").fetchall()[0][0]
        if count:
            keys = failing_keys(con, f"SELECT id AS {column}, places AS told {of_one_site}")
            differ = "an `id_prefix` makes them differ" if column in PREFIXED else "their ids must differ"
            sentence = (
                f"{count:,} {column}(s) of {feed} come from two sources, so that one of the two is in no"
                f" figure: {differ} where they are not the same."
            )
            yield Finding(f"{feed}_two_sources", "set check", "warn", sentence, count, keys.keys, keys.note)


# A hash is smaller than an id and cheap to group by; what it lets through is then looked at by the id itself.
def _two_sites_sql(feed: str, column: str, of: str) -> str:
    return f"""
        WITH suspects AS (
            SELECT hash({column}) AS id_hash FROM work.raw.{feed} GROUP BY 1 HAVING min({of}) <> max({of})
        ),
        of_each AS (
            SELECT {column} AS id, {of} AS one, string_agg(DISTINCT site, ' ') AS sites,
                max((delivery_date, delivery_source, delivery_file, delivery_line)) AS newest
            FROM work.raw.{feed} WHERE hash({column}) IN (SELECT id_hash FROM suspects)
            GROUP BY {column}, {of}
        )
        SELECT id, string_agg(one, ' ' ORDER BY one) AS sites, string_agg(DISTINCT sites, ' ') AS of_sites,
            max(newest) AS newest,
            string_agg(concat(one, ' in ', newest[2], '/', newest[1], '/', newest[3], ' line ', newest[4]),
                ', ' ORDER BY one) AS places
        FROM of_each GROUP BY id HAVING count(*) > 1"""


_DIGEST = """
    SELECT count(*), left(md5(string_agg(concat(id, ' ', sites), chr(10) ORDER BY id)), 8) FROM two_sites"""


def _told(
    con: duckdb.DuckDBPyConnection, feed: str, column: str, count: int, digest: str
) -> tuple[Finding, Hold]:
    check = f"{feed}_two_sites"
    keys = failing_keys(con, f"SELECT id AS {column}, places AS told FROM two_sites")
    first = con.execute(
        f"SELECT id, places FROM two_sites ORDER BY newest DESC, id LIMIT {_NAMED}"
    ).fetchall()
    named = "; ".join(f"{column}={one} ({places})" for one, places in first)
    sentence = f"{count:,} {column}(s) of {feed} come with two sites, so that one of the two is in no figure"
    found = f"{sentence}: {named}{_others(count, check)}"
    mend = _MEND if column in PREFIXED else _MEND_OTHERS
    hold = Hold(check, "one site each", f"{count} with {digest}", found, lasts=True, mend=mend)
    return Finding(check, "set check", "hold", f"{sentence}.", count, keys.keys, keys.note), hold


def _others(count: int, check: str) -> str:
    return f"; `mandje warnings SHOP {check}` lists all" if count > _NAMED else ""
