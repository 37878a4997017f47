-- What a person is not offered: sent back lately, or in the cart already.
select
    person_id,
    product_id,
    'returned' as withheld_because
from {{ ref('int_returns_converted') }}
where
    is_counted and person_id is not null and quantity > {{ number('0') }}
    and return_date > {{ add_days(as_of_date(), -90) }}
union
select
    person_id,
    product_id,
    'in_cart' as withheld_because
from {{ ref('int_cart_products_open') }}
