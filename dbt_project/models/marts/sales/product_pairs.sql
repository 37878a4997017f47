{% set shown_pairs = 10000 %}
with measured as (
    select
        product_number,
        paired_product_number,
        order_count,
        expected_order_count,
        cast(order_count as double) as seen,
        cast(expected_order_count as double) as expected
    from {{ ref('int_product_pairs_expected') }}
),

judged as (
    select
        *,
        {{ chance_of_at_least('seen', 'expected') }} as chance,
        {{ lower_count('seen') }} / expected as lift_low
    from measured
),

-- All pairs that could have met in enough orders were looked at, those too that met in none.
looked_at as (
    select cast(count(*) as double) * (count(*) - 1) / 2 as pair_count
    from (
        select distinct product_number
        from {{ ref('int_basket_products_numbered') }}
        where shared_order_count >= {{ fewest_orders_of_a_pair() }}
    ) as products
),

ranked as (
    select
        judged.*,
        looked_at.pair_count,
        row_number() over (
            order by
                judged.chance asc nulls last,
                judged.product_number asc nulls last,
                judged.paired_product_number asc nulls last
        ) as chance_rank
    from judged
    cross join looked_at
),

corrected as (
    select
        *,
        min(least(cast(1 as double), chance * pair_count / chance_rank)) over (
            order by chance_rank desc nulls last
            rows between unbounded preceding and current row
        ) as q_value
    from ranked
),

products as (
    select distinct
        product_number,
        product_id,
        order_count
    from {{ ref('int_basket_products_numbered') }}
),

baskets as (
    select
        count(case when not is_left_out then 1 end) as basket_count,
        count(case when is_left_out then 1 end) as left_out_basket_count
    from {{ ref('int_baskets_sized') }}
)

select
    a.product_id,
    a_listed.name as product_name,
    b.product_id as paired_product_id,
    b_listed.name as paired_product_name,
    corrected.order_count,
    a.order_count as product_order_count,
    b.order_count as paired_product_order_count,
    baskets.basket_count,
    baskets.left_out_basket_count,
    {{ ratio('corrected.order_count', 'baskets.basket_count') }} as support_ratio,
    cast(corrected.expected_order_count as decimal(18, 4)) as expected_order_count,
    corrected.seen / corrected.expected as lift,
    corrected.lift_low,
    corrected.q_value
from corrected
cross join baskets
inner join products as a on corrected.product_number = a.product_number
inner join products as b on corrected.paired_product_number = b.product_number
left join {{ ref('stg_products') }} as a_listed on a.product_id = a_listed.product_id
left join {{ ref('stg_products') }} as b_listed on b.product_id = b_listed.product_id
where corrected.q_value <= 0.05 and corrected.lift_low > 1
qualify row_number() over (
    order by corrected.lift_low desc nulls last, a.product_id asc nulls last, b.product_id asc nulls last
) <= {{ shown_pairs }}
