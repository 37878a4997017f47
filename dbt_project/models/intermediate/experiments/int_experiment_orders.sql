-- What each unit ordered from its assignment on: a visitor by its own orders, all others by the person's.
with ordered as (
    select
        orders.order_id,
        orders.person_id,
        coalesce(orders.visitor_id, sessions.visitor_id) as visitor_id,
        orders.ordered_at,
        orders.gross_sales_amount - orders.discount_amount as spend_amount
    from {{ ref('orders') }} as orders
    left join {{ ref('sessions') }} as sessions on orders.session_id = sessions.session_id
    where orders.is_counted
),

returned as (
    select
        order_id,
        product_id,
        sum(quantity) as quantity,
        sum(returned_amount) as returned_amount
    from {{ ref('returns') }}
    where is_counted and order_id is not null and days_since_order <= 30
    group by order_id, product_id
),

refunded as (
    select
        order_id,
        cast(sum(returned_amount) as decimal(18, 4)) as returned_amount
    from returned
    group by order_id
),

sold as (
    select
        order_id,
        product_id
    from {{ ref('order_lines') }}
    group by order_id, product_id
),

products as (
    select
        sold.order_id,
        cast(count(*) as bigint) as line_count,
        cast(count(*) filter (where returned.quantity > 0) as bigint) as returned_line_count
    from sold
    left join returned on sold.order_id = returned.order_id and sold.product_id = returned.product_id
    group by sold.order_id
),

found as (
    {% for unit, unit_is in [
        ('visitor_id', "units.unit_kind = 'visitor'"), ('person_id', "units.unit_kind <> 'visitor'")
    ] -%}
        select
            units.experiment_id,
            units.unit_id,
            ordered.order_id,
            ordered.spend_amount,
            {{ epoch_us('ordered.ordered_at') }} - {{ epoch_us('units.assigned_at') }} as since_us
        from {{ ref('int_experiment_units_resolved') }} as units
        inner join ordered on units.{{ unit }} = ordered.{{ unit }}
        where {{ unit_is }} and ordered.ordered_at >= units.assigned_at
        {{ 'union all' if not loop.last }}
    {% endfor -%}
)

select
    found.experiment_id,
    found.unit_id,
    found.order_id,
    cast(floor(found.since_us / 86400000000) as bigint) as days_since_assigned,
    cast(found.spend_amount as decimal(18, 4)) as spend_amount,
    coalesce(refunded.returned_amount, 0) as returned_amount,
    coalesce(products.line_count, 0) as line_count,
    coalesce(products.returned_line_count, 0) as returned_line_count
from found
left join refunded on found.order_id = refunded.order_id
left join products on found.order_id = products.order_id
