{{ config(severity='warn') }}
select
    lines.order_id,
    lines.currency_code,
    count(*) as line_count,
    sum({{ line_gross('lines.') }} - lines.discount_amount) as lines_amount
from {{ ref('stg_order_lines') }} as lines
left join {{ ref('stg_orders') }} as orders on lines.order_id = orders.order_id
where orders.order_id is null
group by lines.order_id, lines.currency_code
