with raw_rows as (
    {% for name in feeds() %}
        select
            '{{ name }}' as feed,
            count(*) as row_count
        from {{ source('raw', name) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

outcomes as (
    select
        feed,
        sum(row_count) as row_count
    from {{ ref('int_row_outcomes') }}
    group by feed
)

select
    raw_rows.feed,
    raw_rows.row_count as raw_row_count,
    outcomes.row_count as outcome_row_count
from raw_rows
left join outcomes on raw_rows.feed = outcomes.feed
where raw_rows.row_count <> coalesce(outcomes.row_count, 0)
