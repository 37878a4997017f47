-- Sessions with every group of the funnel that they count in, and whether they are all that the visitor began
-- that day.
with cuts as (
    {{ funnel_cuts() }}
),

numbered as (
    select
        *,
        count(*) over (partition by visitor_id, session_date) = 1 as is_only_session
    from {{ ref('sessions') }}
)

select
    sessions.session_id,
    sessions.visitor_id,
    sessions.session_date,
    case when cuts.by_site then sessions.site else '(all)' end as site,
    case when cuts.by_channel then sessions.channel else '(all)' end as channel,
    case
        when cuts.by_device then coalesce(sessions.device_category, '(unknown)')
        else '(all)'
    end as device_category,
    case
        when not cuts.by_visitor_kind then '(all)'
        when sessions.is_new_visitor then 'new'
        else 'returning'
    end as visitor_kind,
    sessions.is_only_session
from numbered as sessions
cross join cuts
