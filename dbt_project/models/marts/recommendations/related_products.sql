-- Pairs beyond chance, seen from either product.
with pairs as (
    select
        product_id,
        paired_product_id as related_product_id,
        order_count,
        product_order_count,
        lift,
        lift_low,
        q_value
    from {{ ref('product_pairs') }}
    union all
    select
        paired_product_id,
        product_id,
        order_count,
        paired_product_order_count,
        lift,
        lift_low,
        q_value
    from {{ ref('product_pairs') }}
),

ranked as (
    select
        *,
        cast(
            row_number() over (
                partition by product_id order by lift_low desc nulls last, related_product_id asc nulls last
            ) as bigint
        ) as related_rank
    from pairs
)

select
    ranked.product_id,
    listed.name as product_name,
    ranked.related_rank,
    ranked.related_product_id,
    related.name as related_product_name,
    ranked.order_count,
    {{ ratio('ranked.order_count', 'ranked.product_order_count') }} as together_ratio,
    ranked.lift,
    ranked.lift_low,
    ranked.q_value
from ranked
left join {{ ref('stg_products') }} as listed on ranked.product_id = listed.product_id
left join {{ ref('stg_products') }} as related on ranked.related_product_id = related.product_id
where ranked.related_rank <= 10
