-- The traffic of a session: that of its first event that carries any.
with carried as (
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
        {{ host_name('referrer_host') }} as referrer_host
    from {{ ref('int_events_sessionised') }}
    where coalesce(source, medium, campaign, click_id_type, referrer_host) is not null
),

own_hosts as (
    select distinct
        site,
        {{ host_name('host') }} as host
    from {{ ref('int_events_sessionised') }}
    where host is not null
),

-- A page of the site itself, or of who takes its payments, is no source of traffic.
referrers as (
    select
        told.site,
        told.referrer_host,
        coalesce(hosts.kind, brands.kind, 'other') as kind
    from (
        select distinct
            site,
            referrer_host
        from carried
        where referrer_host <> ''
    ) as told
    left join {{ ref('traffic_sites') }} as hosts on told.referrer_host = hosts.traffic_site
    left join {{ ref('traffic_sites') }} as brands
        on {{ site_brand('told.referrer_host') }} = brands.traffic_site
    left join own_hosts on told.site = own_hosts.site and told.referrer_host = own_hosts.host
    where own_hosts.host is null and coalesce(hosts.kind, brands.kind, 'other') <> 'payment'
),

first_told as (
    select
        carried.*,
        referrers.referrer_host as foreign_host,
        referrers.kind
    from carried
    left join referrers on carried.site = referrers.site and carried.referrer_host = referrers.referrer_host
    where
        coalesce(
            carried.source, carried.medium, carried.campaign, carried.click_id_type, referrers.referrer_host
        ) is not null
    qualify row_number() over (
        partition by carried.session_id
        order by {{ event_order() }}
    ) = 1
)

-- What is not named is told by a click id, or where neither source nor medium is named, by the referrer.
select
    told.session_id,
    coalesce(
        case when told.source is not null then told.delivered_source end,
        case when told.medium is null or click_ids.is_paid then click_ids.source end,
        case when told.medium is null then told.foreign_host end,
        '(not set)'
    ) as source,
    coalesce(
        case when told.medium is not null then told.delivered_medium end,
        case when told.source is null or click_ids.is_paid then click_ids.medium end,
        case
            when told.source is not null or told.foreign_host is null then '(not set)'
            when told.kind = 'search' then 'organic'
            else 'referral'
        end
    ) as medium,
    case when told.campaign is not null then told.delivered_campaign end as campaign,
    told.keyword,
    told.click_id_type,
    told.foreign_host as referrer_host
from first_told as told
left join {{ ref('click_ids') }} as click_ids on told.click_id_type = click_ids.click_id_type
