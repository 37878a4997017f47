"""What each unit did in its window, and what was forecast of it before it was assigned."""

from __future__ import annotations

import duckdb
import polars as pl

# A forecast is found by the unit's own id. By whom a visitor is known to be tonight, it would be found of
# those alone who logged in or ordered since: who has one would follow from what the variant may change.
_UNITS = """
with outcomes as (
    select
        unit_id,
        count(*) as order_count,
        sum(spend_amount - returned_amount) as net_spend,
        sum(line_count) as lines,
        sum(returned_line_count) as returned_lines
    from intermediate.int_experiment_orders
    where experiment_id = $experiment and days_since_assigned < $window
    group by unit_id
),

forecasts as (
    select
        units.unit_id,
        max(told.as_of_date) as known_on,
        arg_max(told.expected_orders_90d, told.as_of_date) as expected_orders,
        arg_max(told.expected_spend_90d_amount, told.as_of_date) as expected_spend
    from intermediate.int_experiment_units_resolved as units
    inner join predictions.customer_predictions_history as told
        on units.unit_kind || ':' || units.unit_id = told.person_id and told.as_of_date < units.assigned_date
    where units.experiment_id = $experiment
        and told.expected_orders_90d is not null and told.expected_spend_90d_amount is not null
    group by units.unit_id
)

select
    units.unit_id,
    units.variant,
    units.assigned_date,
    units.has_changed as is_excluded,
    cast(coalesce(outcomes.order_count, 0) as double) as order_count,
    cast(coalesce(outcomes.order_count, 0) > 0 as double) as has_ordered,
    cast(coalesce(outcomes.net_spend, 0) as double) as net_spend,
    cast(coalesce(outcomes.lines, 0) as double) as lines,
    cast(coalesce(outcomes.returned_lines, 0) as double) as returned_lines,
    forecasts.known_on,
    cast(forecasts.expected_orders as double) as expected_orders,
    cast(forecasts.expected_spend as double) as expected_spend
from intermediate.int_experiment_units_resolved as units
left join outcomes on units.unit_id = outcomes.unit_id
left join forecasts on units.unit_id = forecasts.unit_id
where units.experiment_id = $experiment
order by units.assigned_date, units.unit_id
"""


def unit_outcomes(con: duckdb.DuckDBPyConnection, experiment_id: str, window_days: int) -> pl.DataFrame:
    """One row per unit, by day of assignment: what it did so long from its assignment on.

    Columns: unit_id, variant, assigned_date; is_excluded, where the unit itself was delivered with several
    variants; order_count, has_ordered, net_spend, lines, returned_lines, 0 where nothing was ordered
    (`int_experiment_orders`); known_on, expected_orders, expected_spend, its last forecast of a day before
    (90 days ahead), empty where there is none: a customer's or an address's, never a visitor's. From the
    working database.
    """
    asked = {"experiment": experiment_id, "window": window_days}
    frame: pl.DataFrame = con.sql(_UNITS, params=asked).pl()
    return frame
