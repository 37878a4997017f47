-- What each campaign cost and brought, named in small letters. Before the site's first spend, it is unknown.
{% set zero = number('0') %}
{% set counts = ['click_count', 'impression_count', 'session_count', 'order_count', 'new_customer_count'] %}
with facts as (
    select
        {{ month_start('spend_date') }} as month_start_date,
        site,
        channel,
        lower(source) as source,
        lower(medium) as medium,
        lower(campaign) as campaign,
        spend_amount,
        click_count,
        impression_count,
        0 as session_count,
        0 as order_count,
        0 as new_customer_count,
        {{ zero }} as net_sales_amount
    from {{ ref('int_ad_spend_converted') }}
    union all
    select
        {{ month_start('session_date') }},
        site,
        channel,
        lower(source),
        lower(medium),
        lower(campaign),
        null,
        null,
        null,
        1,
        0,
        0,
        {{ zero }}
    from {{ ref('session_facts') }}
    union all
    select
        {{ month_start('orders.order_date') }},
        orders.site,
        orders.channel,
        coalesce(lower(sessions.source), orders.channel),
        coalesce(lower(sessions.medium), orders.channel),
        lower(sessions.campaign),
        null,
        null,
        null,
        0,
        1,
        case when orders.is_new_customer then 1 else 0 end,
        orders.net_sales_amount
    from {{ ref('orders') }} as orders
    left join {{ ref('session_facts') }} as sessions on orders.session_id = sessions.session_id
    where orders.is_counted
),

summed as (
    select
        month_start_date,
        site,
        channel,
        source,
        medium,
        coalesce(campaign, '(none)') as campaign,
        {% for name in counts -%}
            cast(sum({{ name }}) as bigint) as {{ name }},
        {% endfor -%}
        cast(sum(spend_amount) as decimal(18, 4)) as spend_amount,
        cast(sum(net_sales_amount) as decimal(18, 4)) as net_sales_amount
    from facts
    group by all
)

select
    summed.month_start_date,
    summed.site,
    summed.channel,
    summed.source,
    summed.medium,
    summed.campaign,
    case when months.spend_amount is not null then coalesce(summed.spend_amount, {{ zero }}) end
        as spend_amount,
    summed.click_count,
    summed.impression_count,
    {{ if_told('summed.session_count', ['has_visits']) }} as session_count,
    {{ if_told('summed.order_count', ['has_orders']) }} as order_count,
    {{ if_told('summed.new_customer_count', ['has_orders']) }} as new_customer_count,
    {{ if_told('summed.net_sales_amount', ['has_order_lines']) }} as net_sales_amount,
    periods.is_complete
from summed
inner join {{ ref('int_sites_told') }} as told on summed.site = told.site
inner join {{ ref('int_channel_months_joined') }} as months
    on
        summed.site = months.site
        and summed.month_start_date = months.month_start_date
        and months.channel = '(all)'
inner join {{ ref('int_periods_judged') }} as periods
    on
        summed.site = periods.site
        and summed.month_start_date = periods.period_start_date
        and periods.grain = 'month'
