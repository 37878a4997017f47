-- The days of channels added up to months; visitors are counted anew, since different ones are no sum.
{% set counts = [
    'click_count', 'impression_count', 'session_count', 'order_count', 'new_customer_count',
    'first_touch_order_count', 'first_touch_new_customer_count'
] %}
{% set amounts = [
    'spend_amount', 'net_sales_amount', 'contribution_amount', 'first_touch_net_sales_amount'
] %}
with summed as (
    select
        site,
        channel,
        {% for name in counts -%}
            cast(sum({{ name }}) as bigint) as {{ name }},
        {% endfor -%}
        {% for name in amounts -%}
            cast(sum({{ name }}) as decimal(18, 4)) as {{ name }},
        {% endfor -%}
        {{ month_start('channel_date') }} as month_start_date
    from {{ ref('int_channel_days_joined') }}
    group by all
),

visited as (
    select
        {{ channel_key() }},
        count(distinct visitor_id) as visitor_count
    {{ from_by_channel(ref('session_facts'), month_start('session_date'), 'channel') }}
)

select
    summed.site,
    summed.month_start_date,
    summed.channel,
    summed.click_count,
    summed.impression_count,
    summed.session_count,
    {{ if_told('coalesce(visitor_count, 0)', ['has_visits']) }} as visitor_count,
    summed.order_count,
    summed.new_customer_count,
    summed.first_touch_order_count,
    summed.first_touch_new_customer_count,
    summed.net_sales_amount,
    summed.contribution_amount,
    summed.first_touch_net_sales_amount,
    summed.spend_amount
from summed
inner join {{ ref('int_sites_told') }} as told on summed.site = told.site
left join visited
    on
        summed.site = visited.site
        and summed.month_start_date = visited.channel_date
        and summed.channel = visited.channel
