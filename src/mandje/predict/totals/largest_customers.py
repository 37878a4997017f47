"""Whether the value of the next year hangs on a few customers."""

from __future__ import annotations

from decimal import Decimal

import duckdb

# Of the customers with a value.
_SHARE = 0.01
_LARGEST = f"""
with valued as (
    select
        predicted_value_365d_amount as value_amount,
        row_number() over (order by predicted_value_365d_amount desc, person_id) as place,
        ceil(count(*) over () * {_SHARE}) as few
    from predictions.customer_predictions
    where predicted_value_365d_amount is not null
)

select
    max(value_amount) as largest_amount,
    cast(sum(value_amount) filter (place <= few) as decimal(18, 4)) as few_amount,
    cast(any_value(few) as bigint) as few_count
from valued
"""


def largest_customers(con: duckdb.DuckDBPyConnection) -> dict[str, Decimal | int | None]:
    """The value of the next year of the one customer with the highest, and of the highest 1 % (rounded up).

    Reporting currency; all None where nobody has a value.
    """
    one, few, count = con.execute(_LARGEST).fetchall()[0]
    return {"largest_amount": one, "few_amount": few, "few_count": count}
