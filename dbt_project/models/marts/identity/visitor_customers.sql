select
    visitor_id,
    first_customer_id as customer_id,
    customer_count
from {{ ref('int_visitors_identified') }}
-- Robots and the shop's own people are in no mart.
where visitor_id in (select visitor_id from {{ ref('int_sessions_channelled') }})
