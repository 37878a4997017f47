{{ config(severity='warn') }}
select
    order_id,
    currency_code,
    total_amount,
    lines_amount,
    other_parts_amount,
    difference_amount,
    line_count
from {{ ref('int_order_totals_compared') }}
where not is_tied
