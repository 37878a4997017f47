select
    kpis.site,
    kpis.month_start_date
from {{ ref('monthly_kpis') }} as kpis
left join {{ ref('channel_performance') }} as channels
    on
        kpis.site = channels.site
        and kpis.month_start_date = channels.month_start_date
        and channels.channel = '(all)'
where
    channels.site is null
    or kpis.is_complete <> channels.is_complete
    {% for name in [
        'session_count', 'visitor_count', 'order_count', 'new_customer_count', 'spend_amount', 'cpa_amount'
    ] -%}
        or kpis.{{ name }} is distinct from channels.{{ name }}
    {% endfor %}
