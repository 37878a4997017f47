with days as (
    {% for grain in grains()[1:] -%}
        select
            site,
            '{{ grain }}' as grain,
            {{ period_start('kpi_date', grain) }} as period_start_date,
            count(case when is_complete then 1 end) as whole_day_count,
            max(case when has_missing_delivery then 1 else 0 end) as lacks_delivery
        from {{ ref('daily_kpis') }}
        group by all
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
),

periods as (
    select
        site,
        'week' as grain,
        week_start_date as period_start_date,
        7 as day_count,
        is_complete,
        has_missing_delivery
    from {{ ref('weekly_kpis') }}
    union all
    select
        site,
        'month',
        month_start_date,
        {{ day_diff('month_start_date', month_end('month_start_date')) }} + 1,
        is_complete,
        has_missing_delivery
    from {{ ref('monthly_kpis') }}
),

sites as (
    select
        kpi_date,
        count(case when site = '(all)' and is_complete then 1 end) as whole_count,
        count(case when site <> '(all)' and not is_complete then 1 end) as not_whole_count
    from {{ ref('daily_kpis') }}
    group by kpi_date
)

select
    periods.grain,
    periods.site,
    periods.period_start_date
from periods
left join days
    on
        periods.grain = days.grain
        and periods.site = days.site
        and periods.period_start_date = days.period_start_date
where
    days.site is null
    or periods.is_complete <> (days.whole_day_count = periods.day_count)
    or periods.has_missing_delivery <> (days.lacks_delivery = 1)
union all
select
    'day',
    '(all)',
    kpi_date
from sites
where (whole_count = 1) <> (not_whole_count = 0)
