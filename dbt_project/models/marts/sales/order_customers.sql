select
    orders.order_id,
    orders.order_date,
    orders.person_id,
    case when attributed.attributed_by = 'person' then attributed.session_id end as session_id,
    attributed.attributed_by,
    attributed.channel,
    attributed.last_non_direct_channel,
    attributed.first_touch_channel,
    orders.is_guest,
    orders.is_email_ambiguous,
    orders.is_new_customer,
    orders.is_new_to_site,
    orders.order_number,
    orders.days_since_previous_order
from {{ ref('int_orders_identified') }} as orders
inner join {{ ref('int_orders_attributed') }} as attributed on orders.order_id = attributed.order_id
