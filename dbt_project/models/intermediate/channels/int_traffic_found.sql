-- The traffic of a session: that of its first event that carries any.
with named as (
    select
        event_id,
        session_id,
        event_us,
        type_number,
        site,
        trim(source) as delivered_source,
        trim(medium) as delivered_medium,
        trim(campaign) as delivered_campaign,
        keyword,
        {{ traffic_name('source') }} as source,
        {{ traffic_name('medium') }} as medium,
        {{ traffic_name('campaign') }} as campaign,
        {{ traffic_name('click_id_type') }} as click_id_type,
        {{ host_name('source') }} as source_host,
        {{ host_name('referrer_host') }} as referrer_host,
        coalesce(lower(trim(source)) = '(not set)', false) as is_not_set
    from {{ ref('int_events_sessionised') }}
    where coalesce(source, medium, campaign, click_id_type, referrer_host) is not null
),

-- A page of the site itself, or of who takes its payments, is no source of traffic, however it is told.
carried as (
    select
        named.event_id,
        named.session_id,
        named.event_us,
        named.type_number,
        named.delivered_source,
        named.delivered_medium,
        named.delivered_campaign,
        named.keyword,
        named.click_id_type,
        named.is_not_set,
        case when not coalesce(sources.is_no_source, false) then named.source end as source,
        case when not coalesce(sources.is_no_source, false) then named.medium end as medium,
        case when not coalesce(sources.is_no_source, false) then named.campaign end as campaign,
        case when not referrers.is_no_source then referrers.host end as foreign_host,
        referrers.kind
    from named
    left join {{ ref('int_referrers_judged') }} as sources
        on named.site = sources.site and named.source_host = sources.host and named.medium = 'referral'
    left join {{ ref('int_referrers_judged') }} as referrers
        on named.site = referrers.site and named.referrer_host = referrers.host
),

-- "Not set" is told by who saw a visit come and could not tell from where: it counts where nothing else does.
first_told as (
    select *
    from (
        select
            *,
            coalesce(source, medium, campaign, click_id_type, foreign_host) is not null as is_told
        from carried
    ) as judged
    where is_told or is_not_set
    qualify row_number() over (
        partition by session_id
        order by is_told desc nulls last, {{ event_order() }}
    ) = 1
),

-- A paid click knows better than the referrer, from which `organic` and `referral` are told.
clicked as (
    select
        told.*,
        click_ids.source as click_source,
        click_ids.medium as click_medium,
        coalesce(click_ids.is_paid, false) as is_paid,
        coalesce(click_ids.is_paid and told.medium in ('organic', 'referral'), false) as is_overruled
    from first_told as told
    left join {{ ref('click_ids') }} as click_ids on told.click_id_type = click_ids.click_id_type
)

-- What is not named is told by a click id, or where neither source nor medium is named, by the referrer.
select
    session_id,
    coalesce(
        case when source is not null and not is_overruled then delivered_source end,
        case when medium is null or is_paid then click_source end,
        case when medium is null then foreign_host end,
        '(not set)'
    ) as source,
    coalesce(
        case when medium is not null and not is_overruled then delivered_medium end,
        case when source is null or is_paid then click_medium end,
        case
            when source is not null or foreign_host is null then '(not set)'
            when kind = 'search' then 'organic'
            when kind = 'assistant' then 'ai-assistant'
            else 'referral'
        end
    ) as medium,
    case when campaign is not null then delivered_campaign end as campaign,
    keyword,
    click_id_type,
    foreign_host as referrer_host
from clicked
