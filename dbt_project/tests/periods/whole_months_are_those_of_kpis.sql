{% set marts = [
    'channel_performance', 'landing_pages', 'page_performance', 'search_terms', 'keyword_performance',
    'path_transitions'
] %}
with months as (
    {% for mart in marts -%}
        select
            '{{ mart }}' as table_name,
            site,
            month_start_date,
            is_complete
        from {{ ref(mart) }}
        {% if not loop.last %}union
        {% endif %}
    {%- endfor %}
)

select
    months.table_name,
    months.site,
    months.month_start_date
from months
left join {{ ref('monthly_kpis') }} as kpis
    on months.site = kpis.site and months.month_start_date = kpis.month_start_date
where kpis.site is null or months.is_complete <> kpis.is_complete
