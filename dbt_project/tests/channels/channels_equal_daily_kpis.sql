select
    kpis.site,
    kpis.kpi_date
from {{ ref('daily_kpis') }} as kpis
left join {{ ref('daily_channels') }} as channels
    on
        kpis.site = channels.site
        and kpis.kpi_date = channels.channel_date
        and channels.channel = '(all)'
where
    channels.site is null
    or kpis.is_complete <> channels.is_complete
    {% for name in ['session_count', 'order_count', 'new_customer_count', 'spend_amount'] -%}
        or kpis.{{ name }} is distinct from channels.{{ name }}
    {% endfor %}
