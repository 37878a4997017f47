"""What each unit did in its window, and what was forecast of it before it was assigned."""

from __future__ import annotations

import duckdb
import polars as pl

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
    from marts.experiments as units
    inner join predictions.customer_predictions_history as told
        on units.person_id = told.person_id and told.as_of_date < units.assigned_date
    where units.experiment_id = $experiment
        and told.expected_orders_90d is not null and told.expected_spend_90d_amount is not null
    group by units.unit_id
)

select
    units.unit_id,
    units.variant,
    units.assigned_date,
    cast(coalesce(outcomes.order_count, 0) as double) as order_count,
    cast(coalesce(outcomes.order_count, 0) > 0 as double) as has_ordered,
    cast(coalesce(outcomes.net_spend, 0) as double) as net_spend,
    cast(coalesce(outcomes.lines, 0) as double) as lines,
    cast(coalesce(outcomes.returned_lines, 0) as double) as returned_lines,
    forecasts.known_on,
    cast(forecasts.expected_orders as double) as expected_orders,
    cast(forecasts.expected_spend as double) as expected_spend
from marts.experiments as units
left join outcomes on units.unit_id = outcomes.unit_id
left join forecasts on units.unit_id = forecasts.unit_id
where units.experiment_id = $experiment and not units.has_many_variants
order by units.assigned_date, units.unit_id
"""


def unit_outcomes(con: duckdb.DuckDBPyConnection, experiment_id: str, window_days: int) -> pl.DataFrame:
    """One row per unit with one variant, by day of assignment: what it did so long from its assignment on.

    Columns: unit_id, variant, assigned_date; order_count, has_ordered, net_spend, lines, returned_lines, 0
    where nothing was ordered (`int_experiment_orders`); known_on, expected_orders, expected_spend, its last
    forecast of a day before (90 days ahead), empty where there is none. From the working database.
    """
    asked = {"experiment": experiment_id, "window": window_days}
    frame: pl.DataFrame = con.sql(_UNITS, params=asked).pl()
    return frame
