{% set names = ['visitor_count', 'customer_count', 'return_count'] %}
with days as (
    select
        site,
        {{ week_start('kpi_date') }} as week_start_date,
        {{ month_start('kpi_date') }} as month_start_date,
        {{ names | join(', ') }}
    from {{ ref('daily_kpis') }}
),

bounds as (
    {% for table, start in [('weekly_kpis', 'week_start_date'), ('monthly_kpis', 'month_start_date')] -%}
        select
            periods.site,
            periods.{{ start }} as period_start_date,
        {% for name in names -%}
            max(periods.{{ name }}) as {{ name }},
            max(days.{{ name }}) as least_{{ name }},
            sum(days.{{ name }}) as most_{{ name }}{{ ',' if not loop.last }}
        {% endfor %}
        from {{ ref(table) }} as periods
        inner join days on periods.site = days.site and periods.{{ start }} = days.{{ start }}
        group by periods.site, periods.{{ start }}
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
    union all
    select
        '(all)',
        shop.kpi_date,
    {% for name in names -%}
        max(shop.{{ name }}) as {{ name }},
        max(sites.{{ name }}) as least_{{ name }},
        sum(sites.{{ name }}) as most_{{ name }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('daily_kpis') }} as shop
    inner join {{ ref('daily_kpis') }} as sites on shop.kpi_date = sites.kpi_date and sites.site <> '(all)'
    where shop.site = '(all)'
    group by shop.kpi_date
)

select * from bounds
where
{%- for name in names %}
        {{ name }} not between least_{{ name }} and most_{{ name }}{{ ' or' if not loop.last }}
{%- endfor %}
