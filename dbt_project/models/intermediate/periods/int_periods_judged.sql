-- Which days, ISO weeks and months are whole, on each site and on all: the one place that says so.
with periods as (
    {% for grain in grains() -%}
        select distinct
            '{{ grain }}' as grain,
            {{ period_start('calendar_date', grain) }} as period_start_date,
            {{ period_end(period_start('calendar_date', grain), grain) }} as period_end_date
        from {{ ref('int_days_listed') }}
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
),

lacking as (
    {% for grain in grains() -%}
        select
            '{{ grain }}' as grain,
            site,
            {{ period_start('missing_date', grain) }} as period_start_date,
            max(case when {{ holds_money_of_orders('feed') }} then 1 else 0 end) as lacks_money
        from {{ ref('int_missing_days_listed') }}
        group by all
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
),

judged as (
    select
        periods.grain,
        sites.site,
        periods.period_start_date,
        periods.period_end_date,
        periods.period_start_date >= sites.first_date as is_begun,
        periods.period_end_date <= sites.last_complete_date as is_over,
        lacking.site is not null as has_missing_delivery,
        coalesce(lacking.lacks_money, 0) = 1 as lacks_money
    from periods
    cross join {{ ref('int_sites_timed') }} as sites
    left join lacking
        on
            periods.grain = lacking.grain
            and periods.period_start_date = lacking.period_start_date
            and sites.site = lacking.site
)

select
    grain,
    site,
    period_start_date,
    period_end_date,
    has_missing_delivery,
    is_begun and is_over and not has_missing_delivery as is_complete,
    is_over and not lacks_money as is_money_complete
from judged
