-- How each order was paid for: all its payments, and the method of the largest.
with ranked as (
    select
        *,
        row_number() over (
            partition by order_id
            order by
                converted_amount desc nulls last, amount desc nulls last, paid_at asc nulls last,
                payment_id asc nulls last
        ) as payment_rank
    from {{ ref('int_payments_converted') }}
    where order_id is not null
)

select
    order_id,
    max(case when payment_rank = 1 and amount > 0 then method end) as payment_method,
    min(case when amount > 0 then paid_at end) as paid_at,
    cast(sum(converted_amount) as decimal(18, 4)) as paid_amount
from ranked
group by order_id
