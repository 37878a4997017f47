-- What kind of site each host is that brought a visit, and whether it is none: the site's own, or a payment.
with told as (
    select distinct
        site,
        host
    from (
        select
            site,
            {{ host_name('referrer_host') }} as host
        from {{ ref('int_events_sessionised') }}
        union all
        select
            site,
            {{ host_name('source') }} as host
        from {{ ref('int_events_sessionised') }}
        where lower(trim(medium)) = 'referral'
    ) as named
    where host <> ''
),

own_hosts as (
    select distinct
        site,
        {{ host_name('host') }} as host
    from {{ ref('int_events_sessionised') }}
    where host is not null
    {% for one in var('site_hosts') %}
        union
        select
            {{ as_text(one.site) }} as site,
            {{ host_name(as_text(one.host)) }} as host
    {% endfor %}
),

-- A host below one of the site's is the site's as well, such as its checkout.
no_sources as (
    select
        told.site,
        told.host
    from told
    inner join own_hosts
        on told.site = own_hosts.site and {{ is_within('told.host', 'own_hosts.host') }}
    union
    select
        told.site,
        told.host
    from told
    inner join {{ ref('traffic_sites') }} as payments
        on
            payments.is_payment
            and payments.traffic_site in (
                told.host, {{ bought_domain('told.host') }}, {{ bought_name('told.host') }}
            )
    union
    select
        site,
        host
    from told
    where {{ is_listed('host', var('internal_hosts')) }}
)

select
    told.site,
    told.host,
    coalesce(hosts.kind, brands.kind, 'other') as kind,
    no_sources.host is not null as is_no_source
from told
{{ join_traffic_sites('told.host') }}
left join no_sources on told.site = no_sources.site and told.host = no_sources.host
