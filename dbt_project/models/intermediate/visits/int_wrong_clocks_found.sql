{{ config(
    materialized=incremental_on_duckdb(), incremental_strategy='deliveries', on_schema_change='fail',
    post_hook="{{ remember_partitions() }}"
) }}
-- Deliveries that hold events of a clock that is wrong, with the last day of such events: see `history_rule`.
{% set epoch = day("1970-01-01") %}
{% set oldest_day = "(" ~ day_diff(epoch, "delivery_date") ~ " - " ~ var("oldest_event_days") ~ ")" %}
{% set rule = history_rule() %}
with rows_read as (
    {% if is_incremental() %}
        {{ touched_rows() }}
    {% else %}
        select * from {{ source('raw', 'session_events') }}
    {% endif %}
),

-- Nearly all deliveries hold none that is old: the others are counted by day.
old_deliveries as (
    select distinct
        delivery_source,
        delivery_date
    from rows_read
    where {{ epoch_us('event_at') }} < {{ oldest_day }} * 86400000000
),

event_days as (
    select
        rows_read.delivery_source,
        rows_read.delivery_date,
        cast({{ whole_quotient(epoch_us('rows_read.event_at'), '86400000000') }} as bigint) as day_number,
        cast(count(*) as bigint) as event_count
    from rows_read
    inner join old_deliveries
        on
            rows_read.delivery_source = old_deliveries.delivery_source
            and rows_read.delivery_date = old_deliveries.delivery_date
    group by all
),

counted as (
    select
        *,
        {{ oldest_day }} as oldest_day,
        (lead(day_number) over days) - day_number as gap_days,
        sum(event_count) over (
            partition by delivery_source, delivery_date
            order by day_number asc nulls last
            rows between unbounded preceding and current row
        ) as running_count,
        sum(event_count) over delivery as total_count,
        sum(case when day_number < {{ oldest_day }} then event_count else 0 end) over delivery as old_count
    from event_days
    window
        delivery as (partition by delivery_source, delivery_date),
        days as (partition by delivery_source, delivery_date order by day_number asc nulls last)
)

select
    delivery_source,
    delivery_date,
    cast(max(day_number) as bigint) as last_day_number
from counted
where
    day_number < oldest_day
    and (
        old_count < {{ rule.events }}
        or 100 * old_count < {{ rule.percent }} * total_count
        or (gap_days > {{ rule.gap_days }} and 2 * running_count < total_count)
    )
group by delivery_source, delivery_date
