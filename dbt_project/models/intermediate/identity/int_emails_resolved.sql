-- Which customer an e-mail hash belongs to, as far as the customers or any order of them tell.
with known as (
    select
        email_hash,
        customer_id
    from {{ ref('int_customers_dated') }}
    where email_hash is not null
    union
    select
        email_hash,
        customer_id
    from {{ ref('int_orders_dated') }}
    where email_hash is not null and customer_id is not null
)

select
    email_hash,
    min(customer_id) as customer_id,
    count(*) as customer_count
from known
group by email_hash
