{{ config(severity='warn') }}
select distinct lines.order_id
from {{ ref('stg_order_lines') }} as lines
left join {{ ref('stg_orders') }} as orders on lines.order_id = orders.order_id
where orders.order_id is null
