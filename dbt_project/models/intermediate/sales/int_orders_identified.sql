-- Every due order with its person: who placed it, and whether it was the person's first.
with resolved as (
    select
        orders.*,
        coalesce(orders.customer_id, emails.customer_id) as person_customer_id,
        orders.customer_id is null and coalesce(emails.customer_count, 0) > 1 as is_email_ambiguous
    from {{ ref('int_orders_dated') }} as orders
    left join {{ ref('int_emails_resolved') }} as emails on orders.email_hash = emails.email_hash
),

identified as (
    select
        *,
        case
            when person_customer_id is not null then 'customer:' || person_customer_id
            when email_hash is not null then 'email:' || email_hash
            else 'order:' || order_id
        end as person_id,
        case
            when person_customer_id is not null then 'customer'
            when email_hash is not null then 'email'
            else 'order'
        end as person_kind
    from resolved
)

select
    *,
    person_kind <> 'customer' as is_guest,
    is_counted and row_number() over life = 1 as is_new_customer,
    case when is_counted and person_kind <> 'order' then cast(row_number() over life as bigint) end
        as order_number,
    -- The clocks of two sites may show another day at one moment.
    case
        when is_counted and row_number() over life > 1
            then greatest({{ day_diff('lag(order_date) over life', 'order_date') }}, 0)
    end as days_since_previous_order,
    is_counted and row_number() over (
        partition by person_id, site, is_counted
        order by ordered_at asc nulls last, order_id asc nulls last
    ) = 1 as is_new_to_site
from identified
window life as (
    partition by person_id, is_counted
    order by ordered_at asc nulls last, order_id asc nulls last
)
