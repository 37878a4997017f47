with published as (
    select * from {{ source('raw', 'published_daily_kpis') }}
),

snapshot as (
    select as_of_date as published_as_of_date from {{ source('raw', 'published_snapshot') }}
),

today as (
    select * from {{ ref('int_kpis_measured') }}
    where grain = 'day'
),

compared as (
    select
        coalesce(today.site, published.site) as site,
        coalesce(today.period_start_date, published.kpi_date) as kpi_date,
    {% for name in kpis_watched() -%}
        cast(published.{{ name }} as decimal(18, 4)) as published_{{ name }},
        cast(today.{{ name }} as decimal(18, 4)) as current_{{ name }}{{ ',' if not loop.last }}
    {% endfor %}
    from today
    full outer join published on today.site = published.site and today.period_start_date = published.kpi_date
),

unpivoted as (
    {% for name in kpis_watched() -%}
        select
            site,
            kpi_date,
            '{{ name }}' as kpi_name,
            published_{{ name }} as published_value,
            current_{{ name }} as current_value,
            -- A snapshot of before the figure was made says nothing of it.
            count(published_{{ name }}) over () > 0 as was_published
        from compared
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
)

select
    unpivoted.site,
    unpivoted.kpi_name,
    unpivoted.kpi_date,
    snapshot.published_as_of_date,
    unpivoted.published_value,
    unpivoted.current_value,
    cast(coalesce(unpivoted.current_value, 0) - coalesce(unpivoted.published_value, 0) as decimal(18, 4))
        as change_value,
    unpivoted.kpi_name in ('net_sales_by_order_date_amount') as is_moved_by_returns,
    unpivoted.kpi_name = 'abandoned_cart_count'
    and coalesce(unpivoted.current_value, 0) < coalesce(unpivoted.published_value, 0) as is_moved_by_recovery,
    unpivoted.kpi_name = 'abandoned_cart_count'
    and coalesce(unpivoted.current_value, 0) > coalesce(unpivoted.published_value, 0) as is_moved_by_silence
from unpivoted
inner join snapshot on unpivoted.kpi_date <= snapshot.published_as_of_date
where
    unpivoted.was_published
    and coalesce(unpivoted.current_value, 0) <> coalesce(unpivoted.published_value, 0)
