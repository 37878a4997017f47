-- Spend, visits and orders by day, site and channel, for each and for all sites and channels.
{% set facts = ['spent', 'visited', 'ordered', 'touched'] %}
{% set zero = number('0') %}
with spent as (
    select
        {{ channel_key() }},
        cast(sum(spend_amount) as decimal(18, 4)) as spend_amount,
        cast(sum(click_count) as bigint) as click_count,
        cast(sum(impression_count) as bigint) as impression_count
    {{ from_by_channel(ref('int_ad_spend_converted'), 'spend_date', 'channel') }}
),

visited as (
    select
        {{ channel_key() }},
        count(*) as session_count
    {{ from_by_channel(ref('session_facts'), 'session_date', 'channel') }}
),

ordered as (
    select
        {{ channel_key() }},
        count(*) as order_count,
        count(case when is_new_customer then 1 end) as new_customer_count,
        cast(sum(net_sales_amount) as decimal(18, 4)) as net_sales_amount,
        cast(sum(contribution_amount) as decimal(18, 4)) as contribution_amount
    {{ from_by_channel(ref('orders'), 'order_date', 'last_non_direct_channel', 'is_counted') }}
),

touched as (
    select
        {{ channel_key() }},
        count(*) as first_touch_order_count,
        count(case when is_new_customer then 1 end) as first_touch_new_customer_count,
        cast(sum(net_sales_amount) as decimal(18, 4)) as first_touch_net_sales_amount
    {{ from_by_channel(ref('orders'), 'order_date', 'first_touch_channel', 'is_counted') }}
),

-- Spend is known from its first day on.
known as (
    select
        site,
        min(channel_date) as first_spend_date
    from spent
    group by site
),

channels as (
    select
        site,
        '(all)' as channel
    from {{ ref('int_sites_timed') }}
    {% for name in facts -%}
        union
        select
            site,
            channel
        from {{ name }}
    {% endfor %}
)

select
    channels.site,
    days.calendar_date as channel_date,
    channels.channel,
    spent.click_count,
    spent.impression_count,
    {{ if_told('coalesce(session_count, 0)', ['has_visits']) }} as session_count,
    {{ if_told('coalesce(order_count, 0)', ['has_orders']) }} as order_count,
    {{ if_told('coalesce(new_customer_count, 0)', ['has_orders']) }} as new_customer_count,
    {{ if_told('coalesce(first_touch_order_count, 0)', ['has_orders']) }} as first_touch_order_count,
    {{ if_told('coalesce(first_touch_new_customer_count, 0)', ['has_orders']) }}
        as first_touch_new_customer_count,
    {{ if_told('coalesce(net_sales_amount, ' ~ zero ~ ')', ['has_order_lines']) }} as net_sales_amount,
    {{ if_told('coalesce(contribution_amount, ' ~ zero ~ ')', ['has_order_lines']) }} as contribution_amount,
    {{ if_told('coalesce(first_touch_net_sales_amount, ' ~ zero ~ ')', ['has_order_lines']) }}
        as first_touch_net_sales_amount,
    case
        when days.calendar_date >= known.first_spend_date then coalesce(spent.spend_amount, {{ zero }})
    end as spend_amount
from channels
cross join {{ ref('int_days_listed') }} as days
inner join {{ ref('int_sites_told') }} as told on channels.site = told.site
left join known on channels.site = known.site
{% for name in facts -%}
    left join {{ name }}
        on
            channels.site = {{ name }}.site
            and days.calendar_date = {{ name }}.channel_date
            and channels.channel = {{ name }}.channel
{% endfor %}
