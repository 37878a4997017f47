"""When a month's judgement still holds: a digest of all that the back-tests read."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta

import duckdb

from mandje.predict.inputs.histories import INPUTS, ORDER_CHANGES

# Raise it when the back-tests, a form or the rule that chooses change: every month is then judged anew.
RULE = 5

# Sums of hashes do not depend on the order of rows.
_READ = f"""
select count(*), sum(cast(hash(person_id, order_date, known_date, net_sales_amount) as hugeint))
from {ORDER_CHANGES} where known_date <= $known
union all
select count(*), sum(cast(hash(
    person_id, first_order_date, history_start_date, is_in_fit, has_consent
) as hugeint))
from {INPUTS} where first_order_date <= $known
"""


def judgement_key(con: duckdb.DuckDBPyConnection, as_of_date: date, horizon_days: int) -> str:
    """64 hex digits, equal for all nights of a month while what was known at its start stays as it was."""
    known = as_of_date.replace(day=1) - timedelta(days=1)
    sums = con.execute(_READ, {"known": known}).fetchall()
    read = [RULE, duckdb.__version__, known.isoformat(), horizon_days, sums]
    return hashlib.sha256(json.dumps(read).encode()).hexdigest()
