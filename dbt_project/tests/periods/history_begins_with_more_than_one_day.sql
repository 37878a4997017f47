{{ config(severity='warn') }}
-- A lone day of orders or returns more than a year before all others is a mistyped year or a wrong clock.
with days as (
    select
        order_date as history_date,
        'order' as kind,
        min(order_id) as first_id
    from {{ ref('int_orders_dated') }}
    group by order_date
    union all
    select
        cast(returned_at as date),
        'return',
        min(return_id)
    from {{ ref('stg_returns') }}
    group by cast(returned_at as date)
),

followed as (
    select
        *,
        lead(history_date) over (order by history_date asc nulls last, kind asc nulls last) as next_date
    from days
)

select
    first_id,
    kind,
    history_date,
    next_date
from followed
where {{ day_diff('history_date', 'next_date') }} > 365
