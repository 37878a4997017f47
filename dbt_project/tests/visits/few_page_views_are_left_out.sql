{{ config(severity='warn') }}
-- Of the newest 28 days: page views of robots by what they do, not by the shop's own lists.
with days as (
    select
        summed.site,
        summed.page_view_count,
        case
            when excluded.exclusion_reason in ('bot', 'too_long', 'superhuman') then summed.page_view_count
            else 0
        end as excluded_count
    from {{ ref('int_sessions_summed') }} as summed
    left join {{ ref('int_sessions_excluded') }} as excluded on summed.session_id = excluded.session_id
    where summed.session_date > {{ add_days(as_of_date(), -28) }}
)

select
    site,
    cast(sum(page_view_count) as bigint) as page_view_count,
    cast(sum(excluded_count) as bigint) as excluded_page_view_count
from days
group by site
having sum(page_view_count) >= 100 and 4 * sum(excluded_count) > sum(page_view_count)
