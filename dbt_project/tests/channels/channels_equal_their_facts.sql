with facts as (
    select
        (
            select coalesce(sum({{ at_rate('spend.cost_amount', 'rates.rate') }}), 0)
            from {{ ref('stg_ad_spend') }} as spend
            inner join {{ source('raw', 'sites') }} as sites on spend.site = sites.site
            inner join {{ ref('int_rates_found') }} as rates
                on spend.spend_date = rates.rate_date and spend.currency_code = rates.currency_code
            where spend.spend_date <= {{ as_of_date() }}
        ) as spend_amount,
        (select count(*) from {{ ref('sessions') }}) as session_count,
        count(case when is_counted then 1 end) as order_count,
        count(case when is_new_customer then 1 end) as new_customer_count,
        coalesce(sum(net_sales_amount), 0) as net_sales_amount,
        coalesce(sum(contribution_amount), 0) as contribution_amount
    from {{ ref('orders') }}
),

-- Both ways of sites and both of channels hold everything.
shown as (
    select
        site = '(all)' as is_all_sites,
        channel = '(all)' as is_all_channels,
        coalesce(sum(spend_amount), 0) as spend_amount,
        sum(session_count) as session_count,
        sum(order_count) as order_count,
        sum(new_customer_count) as new_customer_count,
        sum(net_sales_amount) as net_sales_amount,
        sum(contribution_amount) as contribution_amount,
        sum(first_touch_order_count) as first_touch_order_count,
        sum(first_touch_new_customer_count) as first_touch_new_customer_count,
        sum(first_touch_net_sales_amount) as first_touch_net_sales_amount
    from {{ ref('channel_performance') }}
    group by is_all_sites, is_all_channels
)

select
    shown.is_all_sites,
    shown.is_all_channels
from shown
cross join facts
where
    shown.spend_amount <> facts.spend_amount
    or shown.session_count <> facts.session_count
    or shown.contribution_amount <> facts.contribution_amount
    {% for name in ['order_count', 'new_customer_count', 'net_sales_amount'] -%}
        or shown.{{ name }} <> facts.{{ name }}
        or shown.first_touch_{{ name }} <> facts.{{ name }}
    {% endfor %}
