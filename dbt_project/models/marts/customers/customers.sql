{% set zero = number('0') %}
with first_orders as (
    select
        orders.person_id,
        attributed.channel,
        attributed.last_non_direct_channel,
        attributed.first_touch_channel
    from {{ ref('int_orders_identified') }} as orders
    inner join {{ ref('int_orders_attributed') }} as attributed on orders.order_id = attributed.order_id
    where orders.is_new_customer
)

select
    persons.person_id,
    persons.customer_id,
    persons.person_kind,
    known.country_code,
    known.postal_area,
    known.gender,
    known.first_seen_at,
    known.first_seen_date,
    first_orders.channel as first_order_channel,
    first_orders.last_non_direct_channel as first_order_last_non_direct_channel,
    first_orders.first_touch_channel,
    categories.first_category,
    orders.first_order_date,
    orders.last_order_date,
    known.birth_year,
    coalesce(orders.order_count, 0) as order_count,
    coalesce(orders.order_day_count, 0) as order_day_count,
    coalesce(orders.unit_quantity, {{ zero }}) as unit_quantity,
    coalesce(orders.gross_sales_amount, {{ zero }}) as gross_sales_amount,
    coalesce(orders.discount_amount, {{ zero }}) as discount_amount,
    cast(
        coalesce(orders.sales_correction_amount, 0) + coalesce(others.sales_correction_amount, 0)
        as decimal(18, 4)
    ) as sales_correction_amount,
    cast(
        coalesce(orders.returned_amount, 0) + coalesce(others.returned_amount, 0) as decimal(18, 4)
    ) as returned_amount,
    cast(
        coalesce(orders.net_sales_amount, 0)
        - coalesce(others.returned_amount, 0) - coalesce(others.sales_correction_amount, 0) as decimal(18, 4)
    ) as net_sales_amount,
    cast(
        coalesce(orders.contribution_amount, 0) + coalesce(others.contribution_amount, 0) as decimal(18, 4)
    ) as contribution_amount,
    persons.person_kind <> 'customer' as is_guest,
    persons.is_email_ambiguous,
    coalesce(orders.order_count, 0) >= 2 as is_repeat_customer,
    coalesce(orders.is_cost_estimated, false)
    or coalesce(others.is_cost_estimated, false) as is_cost_estimated,
    known.consent_marketing as has_marketing_consent,
    coalesce(known.consent_profiling, {{ var('consent_when_unknown') }}) as has_profiling_consent
from {{ ref('int_persons_listed') }} as persons
left join {{ ref('int_customers_dated') }} as known on persons.customer_id = known.customer_id
left join {{ ref('int_person_orders_summed') }} as orders on persons.person_id = orders.person_id
left join {{ ref('int_person_corrections_summed') }} as others on persons.person_id = others.person_id
left join first_orders on persons.person_id = first_orders.person_id
left join {{ ref('int_first_categories_found') }} as categories on persons.person_id = categories.person_id
