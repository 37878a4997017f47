-- Sessions of visitors who are neither robots nor the shop's own, each with its traffic and its place in what
-- the visitor did. All of it follows from the visitor's own events: who becomes known moves nothing here.
{% set in_order = 'order by started_us asc nulls last, session_id asc nulls last' %}
with told as (
    select
        sessions.session_id,
        sessions.site,
        sessions.visitor_id,
        sessions.session_date,
        sessions.started_us,
        sessions.last_event_us,
        coalesce(traffic.source, '(direct)') as source,
        coalesce(traffic.medium, '(none)') as medium,
        traffic.campaign,
        traffic.keyword,
        traffic.click_id_type,
        traffic.referrer_host,
        sites_told.has_traffic,
        sites_told.has_orders as is_selling_site
    from {{ ref('int_sessions_summed') }} as sessions
    inner join {{ ref('int_sites_told') }} as sites_told on sessions.site = sites_told.site
    left join {{ ref('int_sessions_excluded') }} as excluded on sessions.session_id = excluded.session_id
    left join {{ ref('int_traffic_found') }} as traffic on sessions.session_id = traffic.session_id
    where excluded.session_id is null
),

channelled as (
    select
        told.*,
        case when told.has_traffic then channels.channel else '(unknown)' end as channel,
        case when told.has_traffic and channels.channel <> 'Direct' then channels.channel end as known_channel
    from told
    inner join {{ ref('int_channels_matched') }} as channels
        on
            lower(told.source) = channels.source
            and lower(told.medium) = channels.medium
            and coalesce(lower(told.campaign), '') = channels.campaign
            and told.session_date >= channels.valid_from_date
            and told.session_date < channels.valid_until_date
),

looked_back as (
    select
        *,
        cast(row_number() over (partition by visitor_id {{ in_order }}) as bigint) as visitor_session_number,
        row_number() over (partition by visitor_id, site {{ in_order }}) = 1 as is_new_to_site,
        {{ channels_looked_back() }}
    from channelled
    window life as ({{ life_of('visitor_id') }})
)

select
    session_id,
    site,
    visitor_id,
    session_date,
    started_us,
    last_event_us,
    case when has_traffic then source else '(unknown)' end as source,
    case when has_traffic then medium else '(unknown)' end as medium,
    campaign,
    keyword,
    click_id_type,
    referrer_host,
    channel,
    known_channel,
    {{ last_non_direct_channel() }} as last_non_direct_channel,
    first_touch_channel,
    visitor_session_number,
    visitor_session_number = 1 as is_new_visitor,
    is_new_to_site,
    is_selling_site
from looked_back
