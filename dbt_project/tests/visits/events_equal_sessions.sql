with numbered as (
    select
        session_id,
        count(*) as event_count,
        max(event_number) as last_number,
        count(case when is_page_view then 1 end) as page_view_count,
        count(case when event_type = 'search' then 1 end) as search_count,
        count(case when event_type = 'purchase' then 1 end) as purchase_count
    from {{ ref('event_facts') }}
    group by session_id
)

select
    coalesce(sessions.session_id, numbered.session_id) as session_id,
    sessions.event_count,
    numbered.event_count as events_event_count,
    numbered.last_number
from {{ ref('sessions') }} as sessions
full outer join numbered on sessions.session_id = numbered.session_id
where
    sessions.event_count is distinct from numbered.event_count
    or sessions.event_count is distinct from numbered.last_number
    or sessions.page_view_count is distinct from numbered.page_view_count
    or sessions.search_count is distinct from numbered.search_count
    or sessions.purchase_count is distinct from numbered.purchase_count
