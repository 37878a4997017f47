{{ config(severity='warn') }}
select
    returns.return_id,
    returns.line_number,
    returns.quantity
from {{ ref('int_returns_converted') }} as returns
left join {{ ref('int_returns_priced') }} as priced
    on
        returns.return_id = priced.return_id
        and returns.line_number = priced.line_number
        and returns.part_number = priced.part_number
where returns.is_priced_later and priced.return_id is null
