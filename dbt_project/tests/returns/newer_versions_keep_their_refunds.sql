{{ config(severity='warn') }}
-- A return has no total to be set beside: what is lost is told for a week.
select
    delivered.return_id,
    delivered.currency_code,
    count(distinct delivered.line_number) as lost_line_count,
    max(newest.delivery_date) as delivery_date
from {{ source('raw', 'returns') }} as delivered
inner join {{ ref('stg_return_versions') }} as newest
    on
        delivered.return_id = newest.return_id
        and newest.is_winner
        and newest.delivery_date > {{ add_days(as_of_date(), -7) }}
left join {{ ref('stg_returns') }} as standing
    on delivered.return_id = standing.return_id and delivered.line_number = standing.line_number
where standing.return_id is null
group by delivered.return_id, delivered.currency_code
