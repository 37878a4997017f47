"""Deliveries of the newest two weeks that did not come, or were refused and did not come again."""

from __future__ import annotations

from datetime import date
from math import inf

import duckdb

from mandje.report.sentences.sentence import Sentence

KNOWN = inf  # known, not judged: above every figure
_DAYS = 14
_LACKING = """
SELECT source, CAST(delivery_date AS DATE) AS delivery_date, count(*) OVER () AS all_count
FROM ops.deliveries
WHERE state = '{state}'
    AND CAST(delivery_date AS DATE) BETWEEN DATE '{as_of_date}' - {days} + 1 AND DATE '{as_of_date}'
ORDER BY delivery_date DESC, source
LIMIT 1
"""


def lacking(con: duckdb.DuckDBPyConnection, as_of_date: date) -> list[Sentence]:
    """One sentence for what is missing, one for what was refused."""
    found = []
    for state in ("missing", "refused"):
        sql = _LACKING.format(state=state, as_of_date=as_of_date, days=_DAYS).strip()
        for source, day, count in con.execute(sql).fetchall():
            kind = f"delivery_{state}" if count == 1 else f"deliveries_{state}"
            values = {"source": source, "delivery_date": day, "all_count": count}
            found.append(Sentence(kind, "whole", KNOWN, values, sql))
    return found
