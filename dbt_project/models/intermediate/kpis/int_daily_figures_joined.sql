-- Every day of the history for every site, with what happened on it: nothing where nothing did, and empty
-- what the site was never told of.
{% set zero = number('0') %}
with returns as (
    select
        site,
        return_date as kpi_date,
        {{ counted_once('return', 'return_date', 'previous_on_site_date', 'previous_date') }},
        cast(sum(quantity) as decimal(18, 4)) as returned_quantity,
        cast(sum(returned_amount) as decimal(18, 4)) as returned_amount,
        cast(sum(case when order_id is null then returned_amount else 0 end) as decimal(18, 4))
            as unmatched_returned_amount
    from (
        select
            *,
            lag(return_date) over (
                partition by return_id, site
                order by return_date asc nulls last, line_number asc nulls last, part_number asc nulls last
            ) as previous_on_site_date,
            lag(return_date) over (
                partition by return_id
                order by return_date asc nulls last, line_number asc nulls last, part_number asc nulls last
            ) as previous_date
        from {{ ref('int_returns_converted') }}
        where is_counted
    ) as looked_back
    group by site, return_date
),

adjustments as (
    select
        site,
        adjustment_date as kpi_date,
        {% for name, holds in [
            ('sales_correction', 'is_sales_correction'),
            ('unlinked_sales_correction', 'is_sales_correction and order_id is null'),
            ('shipping_refund', "kind = 'shipping_refund'"), ('charge_refund', "kind = 'charge_refund'"),
            ('shop_cost', "kind = 'shop_cost'"), ('bad_debt', "kind = 'bad_debt'")
        ] -%}
        cast(sum(case when {{ holds }} then converted_amount else 0 end) as decimal(18, 4))
            as {{ name }}_amount{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('int_adjustments_converted') }}
    where is_counted
    group by site, adjustment_date
),

spend as (
    select
        site,
        spend_date as kpi_date,
        cast(sum(spend_amount) as decimal(18, 4)) as spend_amount
    from {{ ref('int_ad_spend_converted') }}
    group by site, spend_date
),

first_spend as (
    select
        site,
        min(kpi_date) as first_spend_date
    from spend
    group by site
)

select
    sites.site,
    days.calendar_date as kpi_date,
    {% for name in kpi_counts() -%}
        {{ if_told('coalesce(' ~ name ~ ', 0)', kpi_needs(name)) }} as {{ name }},
    {% endfor -%}
    {% for prefix in ['', 'shop_'] -%}
        {% for name in kpi_different() -%}
            {% for grain in grains() -%}
                {% set counted = prefix ~ name ~ '_count_' ~ grain -%}
                {{ if_told('coalesce(' ~ counted ~ ', 0)', kpi_needs(name)) }} as {{ counted }},
            {% endfor -%}
        {% endfor -%}
    {% endfor -%}
    {% for name in kpi_sums() -%}
        {{ if_told('coalesce(' ~ name ~ ', ' ~ zero ~ ')', kpi_needs(name)) }} as {{ name }},
    {% endfor -%}
    {{ if_told('coalesce(visits.time_on_site_seconds, 0)', kpi_needs('time_on_site_seconds')) }}
        as time_on_site_seconds,
    -- Before the first that a site tells of, its spend is not known.
    case
        when days.calendar_date >= first_spend.first_spend_date then coalesce(spend.spend_amount, {{ zero }})
    end as spend_amount
from {{ ref('int_days_listed') }} as days
cross join {{ source('raw', 'sites') }} as sites
inner join {{ ref('int_sites_told') }} as told on sites.site = told.site
left join {{ ref('int_daily_orders_summed') }} as orders
    on sites.site = orders.site and days.calendar_date = orders.kpi_date
left join returns on sites.site = returns.site and days.calendar_date = returns.kpi_date
left join adjustments on sites.site = adjustments.site and days.calendar_date = adjustments.kpi_date
left join {{ ref('int_daily_visits_summed') }} as visits
    on sites.site = visits.site and days.calendar_date = visits.kpi_date
left join {{ ref('daily_cart_abandonment') }} as carts
    on sites.site = carts.site and days.calendar_date = carts.cart_date
left join spend on sites.site = spend.site and days.calendar_date = spend.kpi_date
left join first_spend on sites.site = first_spend.site
