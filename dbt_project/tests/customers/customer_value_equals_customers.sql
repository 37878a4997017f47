{{ config(tags=['after_predictions']) }}
select coalesce(customers.person_id, valued.person_id) as person_id
from {{ ref('customers') }} as customers
full outer join {{ ref('customer_value') }} as valued on customers.person_id = valued.person_id
where
    customers.person_id is null
    or valued.person_id is null
    or customers.contribution_amount <> valued.historic_contribution_amount
    or customers.net_sales_amount <> valued.historic_net_sales_amount
    or (valued.reason is null and valued.no_order_90d_probability is null)
