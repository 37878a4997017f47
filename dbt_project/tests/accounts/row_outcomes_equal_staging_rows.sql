with staging_rows as (
    {% for name in feeds() %}
        select
            '{{ name }}' as feed,
            count(*) as row_count
        from {{ ref('stg_' ~ name) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

outcomes as (
    select
        feed,
        sum(row_count) as row_count
    from {{ ref('int_row_outcomes') }}
    where outcome in ('kept', 'priced_later', 'not_yet_due', 'without_header', 'too_old')
    group by feed
)

select
    staging_rows.feed,
    staging_rows.row_count as staging_row_count,
    outcomes.row_count as outcome_row_count
from staging_rows
left join outcomes on staging_rows.feed = outcomes.feed
where staging_rows.row_count <> coalesce(outcomes.row_count, 0)
