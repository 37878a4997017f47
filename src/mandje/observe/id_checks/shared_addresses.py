"""Addresses that many people share (a relay, a till's own), and customers that have many addresses."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from mandje.findings.finding import Finding
from mandje.findings.keys import failing_keys

# A household shares an address, a person changes it: fewer say nothing. A guest orders so often in no week.
LEAST = 5
_DAYS = 7

_NAMED_ORDERS = "work.staging.stg_orders WHERE customer_id IS NOT NULL AND email_hash IS NOT NULL"

_CHECKS = {
    "addresses_many_customers": (
        "{count} e-mail address(es) have orders of {least} customers or more: a relay or the shop's own.",
        f"""SELECT email_hash, count(DISTINCT customer_id) AS customers, count(*) AS orders
        FROM {_NAMED_ORDERS} GROUP BY 1 HAVING count(DISTINCT customer_id) >= {LEAST}""",
    ),
    "customers_many_addresses": (
        "{count} customer_id(s) ordered with {least} e-mail addresses or more: a till or a placeholder.",
        f"""SELECT customer_id, count(DISTINCT email_hash) AS addresses, count(*) AS orders
        FROM {_NAMED_ORDERS} GROUP BY 1 HAVING count(DISTINCT email_hash) >= {LEAST}""",
    ),
    "addresses_many_guests": (
        "{count} e-mail address(es) of guests have {least} orders or more within {days} days: a relay?",
        f"""SELECT email_hash, count(*) AS guest_orders FROM (
            SELECT email_hash, ordered_at - lag(ordered_at, {LEAST - 1}) OVER (
                PARTITION BY email_hash ORDER BY ordered_at, order_id) AS span
            FROM work.staging.stg_orders WHERE customer_id IS NULL AND email_hash IS NOT NULL)
        GROUP BY 1 HAVING min(span) <= INTERVAL {_DAYS} DAY""",
    ),
}


def shared_addresses(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """A warning per check that finds any, by the staged orders of schema `work`."""
    for check, (sentence, sql) in _CHECKS.items():
        count = con.execute(f"SELECT count(*) FROM ({sql})").fetchall()[0][0]
        if count:
            keys = failing_keys(con, sql)
            told = sentence.format(count=f"{count:,}", least=LEAST, days=_DAYS)
            yield Finding(check, "set check", "warn", told, count, keys.keys, keys.note)
