-- Sales and unlinked returns of a person and product as a stack of units: a sale puts units on top, a return
-- takes them from the top, and what it finds no units for is lost. The height after each event is the running
-- sum, lifted by the deepest point below zero so far. A return comes before a sale of the same moment.
with returned as (
    select
        person_id,
        product_id,
        returned_at as event_at,
        0 as event_rank,
        return_id as document_id,
        line_number,
        quantity,
        -quantity as step
    from {{ ref('int_returns_dated') }}
    where is_to_match
),

sold as (
    select
        person_id,
        product_id,
        ordered_at as event_at,
        1 as event_rank,
        order_id as document_id,
        cast(0 as bigint) as line_number,
        free_quantity as quantity,
        free_quantity as step
    from {{ ref('int_sales_summed') }} as sales
    where
        free_quantity > 0
        and exists (
            select 1 from returned
            where returned.person_id = sales.person_id and returned.product_id = sales.product_id
        )
),

summed as (
    select
        *,
        row_number() over event_order as event_number,
        sum(step) over event_order as running_sum
    from (
        select * from returned
        union all
        select * from sold
    ) as events
    window event_order as (
        partition by person_id, product_id
        order by
            event_at asc nulls last, event_rank asc nulls last,
            document_id asc nulls last, line_number asc nulls last
        rows between unbounded preceding and current row
    )
)

select
    person_id,
    product_id,
    event_number,
    event_rank = 0 as is_return,
    document_id,
    line_number,
    quantity,
    cast(
        running_sum - least(0, min(running_sum) over (
            partition by person_id, product_id
            order by event_number asc nulls last
            rows between unbounded preceding and current row
        )) as decimal(18, 4)
    ) as height
from summed
