-- One row: where the shop's history begins and ends.
with days as (
    select
        order_date as history_date,
        order_date
    from {{ ref('int_orders_dated') }}
    union all
    select
        return_date,
        null
    from {{ ref('int_returns_dated') }}
    union all
    select
        adjustment_date,
        null
    from {{ ref('int_adjustments_dated') }}
    union all
    select
        contact_date,
        null
    from {{ ref('int_service_contacts_dated') }}
    union all
    select
        min(spend_date),
        null
    from {{ ref('int_ad_spend_dated') }}
    union all
    select
        min(event_date),
        null
    from {{ ref('int_events_sessionised') }}
)

select
    coalesce(min(history_date), {{ as_of_date() }}) as first_date,
    coalesce(min(order_date), {{ as_of_date() }}) as history_start_date,
    {{ as_of_date() }} as as_of_date
from days
