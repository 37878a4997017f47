{{ config(severity='warn') }}
with gone as (
    select
        delivered.order_id,
        delivered.line_number
    from {{ source('raw', 'order_lines') }} as delivered
    left join {{ ref('stg_order_lines') }} as standing
        on delivered.order_id = standing.order_id and delivered.line_number = standing.line_number
    where standing.order_id is null
    group by delivered.order_id, delivered.line_number
    -- One that came with quantity 0 was taken away on purpose.
    having min(delivered.quantity) > 0
)

select
    totals.order_id,
    totals.currency_code,
    totals.total_amount,
    totals.lines_amount,
    totals.difference_amount,
    count(*) as lost_line_count
from {{ ref('int_order_totals_compared') }} as totals
inner join gone on totals.order_id = gone.order_id
where not totals.is_tied
group by all
