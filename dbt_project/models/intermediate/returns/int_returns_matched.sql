-- Which sales an unlinked return consumes: latest first, as far as units are left. The units of a sale lie
-- between two heights of the stack; those still there when a return comes lie below the lowest height since.
with returned as (
    select * from {{ ref('int_returns_stacked') }}
    where is_return
),

paired as (
    select
        returned.document_id as return_id,
        returned.line_number,
        sales.document_id as order_id,
        sales.event_number as sale_number,
        sales.height - sales.quantity as sale_floor,
        returned.height as return_floor,
        least(sales.height, coalesce(
            min(returned.height) over (
                partition by sales.person_id, sales.product_id, sales.event_number
                order by returned.event_number asc nulls last
                rows between unbounded preceding and 1 preceding
            ), sales.height
        )) as lowest_height
    from {{ ref('int_returns_stacked') }} as sales
    inner join returned
        on
            sales.person_id = returned.person_id
            and sales.product_id = returned.product_id
            and sales.event_number < returned.event_number
    where not sales.is_return
)

select
    return_id,
    line_number,
    order_id,
    sale_number,
    cast(lowest_height - greatest(sale_floor, return_floor) as decimal(18, 4)) as quantity
from paired
where lowest_height > greatest(sale_floor, return_floor)
