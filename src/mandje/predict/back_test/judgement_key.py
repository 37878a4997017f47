"""When a month's judgement still holds: a digest of all that the back-tests read."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta

import duckdb

from mandje.predict.inputs.histories import INPUTS, KNOWN_PERSONS, ORDER_CHANGES

# Raise it when the back-tests, a form or the rule that chooses change: every month is then judged anew.
RULE = 7

# Sums of hashes do not depend on the order of rows. What became known since the month began is as unknown as
# what nobody knows yet, but for orders that were delivered late: they count in what came.
_READ = f"""
select count(*), sum(cast(hash(
    person_id, order_date, happened_date, least(known_from_date, $known + 1),
    least(known_until_date, $known + 1), net_sales_amount
) as hugeint))
from {ORDER_CHANGES} where happened_date <= $known
union all
select count(*), sum(cast(hash(
    person_id, known_as_person_id, has_consent, first_seen_date, left_truncation_days,
    known_from_date, least(known_until_date, $known + 1)
) as hugeint))
from {KNOWN_PERSONS} where known_from_date <= $known
union all
select 1, cast(hash(min(history_start_date)) as hugeint) from {INPUTS}
"""


def judgement_key(con: duckdb.DuckDBPyConnection, as_of_date: date, horizon_days: int) -> str:
    """64 hex digits, equal for all nights of a month while what was known at its start stays as it was."""
    known = as_of_date.replace(day=1) - timedelta(days=1)
    sums = con.execute(_READ, {"known": known}).fetchall()
    read = [RULE, duckdb.__version__, known.isoformat(), horizon_days, sums]
    return hashlib.sha256(json.dumps(read).encode()).hexdigest()
