-- Sessions of visitors who are neither robots nor the shop's own, each with its customer and channels.
{% set reach_us = 30 * 86400000000 %}
{% set in_order = 'order by started_us asc nulls last, session_id asc nulls last' %}
with shared_sessions as (
    select session_id from {{ ref('int_events_identified') }}
    where
        visitor_id in (
            select visitor_id from {{ ref('int_visitors_identified') }}
            where customer_count > 1
        )
    group by session_id
    having min(customer_id) <> max(customer_id)
),

told as (
    select
        sessions.session_id,
        sessions.site,
        sessions.visitor_id,
        sessions.session_date,
        sessions.started_us,
        sessions.last_event_us,
        starts.customer_id,
        starts.shopper_id,
        shared_sessions.session_id is not null as has_many_customers,
        coalesce(traffic.source, '(direct)') as source,
        coalesce(traffic.medium, '(none)') as medium,
        traffic.campaign,
        traffic.keyword,
        traffic.click_id_type,
        traffic.referrer_host,
        sites_told.has_traffic
    from {{ ref('int_sessions_summed') }} as sessions
    inner join {{ ref('int_events_identified') }} as starts
        on sessions.session_id = starts.session_id and starts.is_session_start
    inner join {{ ref('int_sites_told') }} as sites_told on sessions.site = sites_told.site
    left join shared_sessions on sessions.session_id = shared_sessions.session_id
    left join {{ ref('int_traffic_found') }} as traffic on sessions.session_id = traffic.session_id
    where not starts.is_excluded
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
        row_number() over (partition by visitor_id {{ in_order }}) = 1 as is_new_visitor,
        row_number() over (partition by visitor_id, site {{ in_order }}) = 1 as is_new_to_site,
        first_value(channel) over life as first_touch_channel,
        {{ last_known('known_channel') }} over life as last_channel,
        {{ last_known('case when known_channel is not null then started_us end') }} over life
            as last_channel_us
    from channelled
    window life as (
        partition by shopper_id
        {{ in_order }}
        rows between unbounded preceding and current row
    )
)

select
    session_id,
    site,
    visitor_id,
    customer_id,
    shopper_id,
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
    case when started_us - last_channel_us <= {{ reach_us }} then last_channel else channel end
        as last_non_direct_channel,
    first_touch_channel,
    has_many_customers,
    is_new_visitor,
    is_new_to_site
from looked_back
