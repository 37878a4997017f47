-- What each cart held of each product: at most, and at its end.
select
    cart_id,
    product_id,
    max(product_quantity) as fullest_quantity,
    max(case when is_product_end then product_quantity end) as end_quantity,
    max(case when is_product_end then product_amount end) as end_amount,
    min(case when is_valued then 1 else 0 end) = 1 as is_value_complete
from (
    select
        *,
        row_number() over (
            partition by cart_id, product_id
            order by entry_number desc nulls last
        ) = 1 as is_product_end
    from {{ ref('int_cart_events_valued') }}
    where event_type in ('add_to_cart', 'remove_from_cart')
) as events
group by cart_id, product_id
having max(product_quantity) > 0
